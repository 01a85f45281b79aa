// Contexts of cgroups, of infrared receivers, and of tracing.
//
//   {.name = "kprobe", .context = contexts::kKprobe}
#pragma once

#include "verifier/platform/fields.h"

namespace zext::verifier::contexts {

using fields::at_start;
using fields::narrow;
using fields::packet;
using fields::pointer;
using fields::whole;
using fields::writable;

inline constexpr Field kCgroupDevice[] = {narrow("access_type", 0), whole("major", 4),
                                          whole("minor", 8)};

inline constexpr Field kSysctl[] = {narrow("write", 0), writable(narrow("file_pos", 4))};

inline constexpr Field kGetSockopt[] = {
    pointer("sk", 0, StructureId::kSocket),
    packet("optval", 8, 8, FieldKind::kPacketStart),
    packet("optval_end", 16, 8, FieldKind::kPacketEnd),
    whole("level", 24),
    whole("optname", 28),
    writable(whole("optlen", 32)),
    writable(whole("retval", 36)),
};

inline constexpr Field kSetSockopt[] = {
    pointer("sk", 0, StructureId::kSocket),
    packet("optval", 8, 8, FieldKind::kPacketStart),
    packet("optval_end", 16, 8, FieldKind::kPacketEnd),
    writable(whole("level", 24)),
    writable(whole("optname", 28)),
    writable(whole("optlen", 32)),
};

inline constexpr Field kLirc[] = {whole("sample", 0)};

// RISC-V's struct pt_regs: pc, 31 registers, status, badaddr, cause, orig_a0.
inline constexpr Field kKprobe[] = {narrow("regs", 0, 288)};

// A record of the tracepoint; its first 8 bytes are the kernel's.
inline constexpr Field kTracepoint[] = {narrow("record", 8, 8184)};

// RISC-V's struct user_regs_struct has pc and 31 registers.
inline constexpr Field kPerfEvent[] = {
    narrow("regs", 0, 256),
    narrow("sample_period", 256, 8),
    narrow("addr", 264, 8),
};

inline constexpr Field kRawTracepoint[] = {narrow("args", 0, 96)};

inline constexpr Field kRawTracepointWritable[] = {
    {.name = "buffer", .offset = 0, .bytes = 8, .kind = FieldKind::kTracepointBuffer},
    narrow("args", 8, 88),
};

// At most 12 arguments of a kernel function; what each is, its BTF says.
inline constexpr Field kTracing[] = {
    at_start("args[0]", 0, 8),  at_start("args[1]", 8, 8),   at_start("args[2]", 16, 8),
    at_start("args[3]", 24, 8), at_start("args[4]", 32, 8),  at_start("args[5]", 40, 8),
    at_start("args[6]", 48, 8), at_start("args[7]", 56, 8),  at_start("args[8]", 64, 8),
    at_start("args[9]", 72, 8), at_start("args[10]", 80, 8), at_start("args[11]", 88, 8),
};

// What user space hands in: as long as it said.
inline constexpr Field kSyscall[] = {
    {.name = "context",
     .offset = 0,
     .bytes = 65528,
     .narrow = true,
     .writable = true,
     .narrow_write = true},
};

}  // namespace zext::verifier::contexts
