// The interpreter: the table's meanings computed over Bits, on memory that reports stray accesses.
//
//   Memory memory;
//   memory.add({.base = 0x1000, .bytes = buffer});
//   auto result = run(code, memory, {0x1000, buffer.size()});
//   if (result) use(result->r0);
//   else print(describe(result.error()));    // "slot 7: stray load of 4 bytes at 0x1040 ..."
//
// The reference the JIT, QEMU and the core are compared with. Registers not given are zero at
// entry; helpers leave r1 to r5 as they are; a frame is zeroed when its function is entered.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "isa/ebpf/addresses.h"
#include "isa/ebpf/decode.h"
#include "isa/ebpf/memory.h"

namespace zext::ebpf {

using Arguments = std::array<uint64_t, 5>;  // r1 to r5
using Registers = std::array<uint64_t, kRegisterCount>;

// The functions of the program that one call of a helper has had called so far.
struct Rounds {
  uint64_t count = 0;
  uint64_t result = 0;  // r0 of the last one
};

// What such a helper wants next. After kCall it is asked again, the call being executed once more
// with the registers r1 to r5 that it had at first.
struct Next {
  enum class Kind : uint8_t { kCall, kReturn, kFail };
  Kind kind = Kind::kFail;
  uint64_t value = 0;        // kCall: the function's address; kReturn: r0
  Arguments arguments = {};  // kCall
};

// A function a program may call. `call` gets `context` and r1 to r5 and returns r0, or nullopt to
// end the program with Fault kHelperFailed; it reaches the program's data through `memory`. One
// that calls the program back has `next` instead.
struct Helper {
  int32_t id = 0;  // the call's immediate
  std::optional<uint64_t> (*call)(void* context, Memory& memory,
                                  const Arguments& arguments) = nullptr;
  void* context = nullptr;
  bool btf = false;  // a kernel function by BTF id (CallBtf), not a helper by number
  Next (*next)(void* context, Memory& memory, const Arguments& arguments,
               const Rounds& rounds) = nullptr;
};

// What a tail call chooses from, at the address that the program has for it.
struct ProgramArray {
  uint64_t address = 0;                        // what r2 is
  std::span<const Code* const> programs = {};  // by index; null where there is none
};

struct Limits {
  uint64_t max_instructions = uint64_t{1} << 32;
  // Times each function activation may pass a may_goto before it is made to jump (Linux:
  // BPF_MAX_LOOPS).
  uint64_t may_goto_budget = uint64_t{1} << 23;
};

// Called before each instruction.
struct Trace {
  void (*step)(void* context, uint32_t pc, const Registers& registers) = nullptr;
  void* context = nullptr;
};

// Frames of 512 bytes, one a function activation, descend from `stack_top`, kFrameStride apart:
// what lies between them belongs to nobody, so that leaving a frame is a stray access. Each program
// of a chain of tail calls may have kMaxFrames.
inline constexpr unsigned kMaxFrames = 8;
inline constexpr uint64_t kFrameStride = 1024;
inline constexpr uint64_t kDefaultStackTop = 0x7fff'0000'0000;

struct Environment {
  std::span<const Helper> helpers = {};
  // What helper 12 takes, unless `helpers` has one of that number.
  std::span<const ProgramArray> program_arrays = {};
  Limits limits = {};
  uint64_t stack_top = kDefaultStackTop;  // r10 of the first frame
  // What LD_IMM64 of maps and kernel variables loads.
  Addresses addresses = {};
  // What LD_ABS and LD_IND read.
  std::optional<std::span<const uint8_t>> packet = {};
  Trace trace = {};
  // Slots of loads, ascending, that give 0 where others would be stray (Linux: BPF_PROBE_MEM).
  std::span<const uint32_t> probes = {};
  uint32_t start = 0;  // where to begin: one of Code::functions
};

struct Result {
  uint64_t r0 = 0;
  uint64_t instructions = 0;  // executed; LD_IMM64 counts once
  unsigned tail_calls = 0;    // taken
};

// Why a run ended without a result.
struct Fault {
  enum class Kind : uint8_t {
    kStrayLoad,         // `bytes` at `address` are in no region
    kStrayStore,        // likewise, or in a read-only one
    kMisalignedAtomic,  // RV64's atomics need aligned addresses, and Linux demands them
    kInstructionLimit,
    kCallDepth,      // more than kMaxFrames
    kStackOverlaps,  // the frame at `address` overlaps a region of memory
    kUnknownHelper,  // `address` is its number or BTF id
    kHelperFailed,   // likewise
    kBadCallTarget,  // callx or a helper's callback to `address`, which is no function's
    kNoPacket,       // LD_ABS or LD_IND without Environment::packet
    kTailCall,       // bpf_tail_call, and `address` is no program array's
    kUnresolved,     // a LD_IMM64 whose address is not in Environment::addresses: `unresolved`
    kNoArena,        // addr_space_cast: needs an arena
  };

  uint32_t pc = 0;
  const Code* code = nullptr;  // that `pc` is in: after a tail call another one than was run
  Kind kind = Kind::kStrayLoad;
  uint64_t address = 0;
  unsigned bytes = 0;
  uint64_t instructions = 0;  // executed, the faulting one included
  AddressError unresolved = {};
};

// One line: the slot, what happened and what to do.
std::string describe(const Fault& fault);

// Runs `code`, which decode_program made, from its start until its exit. `memory` is as before
// afterwards, less what the program stored. A Trace or a Helper may change what `environment` says
// of packet and probes for the instructions that follow.
//
// A tail call is taken as in Linux: if the index's low half is one of the array's and not empty,
// and fewer than kMaxTailCalls have been taken. The program then has the frame of the function that
// made the call and r6 to r9 of that one's caller, and returns to it. Otherwise nothing changes.
//
// An out-of-packet LD_ABS or LD_IND returns 0 from the
// function it is in, as in Linux.
std::expected<Result, Fault> run(const Code& code, Memory& memory, const Arguments& arguments = {},
                                 const Environment& environment = {});

}  // namespace zext::ebpf
