// What a BPF object file holds once loaded: programs ready to verify, their maps and source lines.
//
//   const Program& filter = object.programs[0];    // name "xdp_filter", type kXdp
//   filter.slots                                   // subprograms linked in, calls resolved
//   if (const Line* line = line_at(filter, pc)) ...   // "xdp_filter.c" 41:7 "if (ip->version !=
//   4)"
//
// load.h makes an Object from an ELF file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isa/ebpf/insn.h"
#include "object/error.h"

namespace zext::object {

// What starts the program and hands it its context. The numbers are Linux's BPF_PROG_TYPE_*.
enum class ProgramType : uint8_t {
  kUnspecified = 0,
  kSocketFilter = 1,
  kKprobe = 2,
  kSchedCls = 3,
  kSchedAct = 4,
  kTracepoint = 5,
  kXdp = 6,
  kPerfEvent = 7,
  kCgroupSkb = 8,
  kCgroupSock = 9,
  kLwtIn = 10,
  kLwtOut = 11,
  kLwtXmit = 12,
  kSockOps = 13,
  kSkSkb = 14,
  kCgroupDevice = 15,
  kSkMsg = 16,
  kRawTracepoint = 17,
  kCgroupSockAddr = 18,
  kLwtSeg6Local = 19,
  kLircMode2 = 20,
  kSkReuseport = 21,
  kFlowDissector = 22,
  kCgroupSysctl = 23,
  kRawTracepointWritable = 24,
  kCgroupSockopt = 25,
  kTracing = 26,
  kStructOps = 27,
  kExtension = 28,
  kLsm = 29,
  kSkLookup = 30,
  kSyscall = 31,
  kNetfilter = 32,
  // zext's own: no context, but r1 = address of a buffer and r2 = its length in bytes.
  kPlainMemory = 255,
};

// No expected_attach_type: the program type does not have one, or the section does not say it.
inline constexpr uint8_t kNoAttachType = 0xff;

// "xdp", "socket_filter", "plain_memory", ...: Linux's names in lower case.
const char* name_of(ProgramType type);

// A function inside Program::slots; the first one is the program's entry.
struct Function {
  std::string name;
  uint32_t first_slot = 0;
  uint32_t slots = 0;
  uint32_t btf_id = 0;  // its BTF_KIND_FUNC type, 0 where the object says none
  bool global = false;  // global functions may be verified on their own, by their BTF prototype
};

// The C source of the code from `slot` up to the next Line.
struct Line {
  uint32_t slot = 0;
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string text;  // the line itself, as the compiler saw it; may be empty
};

// A place in Program::slots that stands for something else. The slots say the same in the pseudo
// forms of LD_IMM64 and call, so a reader who knows those needs no Relocation.
struct Relocation {
  enum class Kind : uint8_t {
    kMap,       // LD_IMM64 src=1: address of maps[index]; imm = index
    kMapValue,  // LD_IMM64 src=2: address of byte `offset` of maps[index]'s value; imm, next imm
    kFunction,  // LD_IMM64 src=4: address of functions[index]; imm relative like a call's
    kCall,      // call src=1: of functions[index]; imm relative to the next slot
  };
  uint32_t slot = 0;
  Kind kind = Kind::kMap;
  uint32_t index = 0;   // into Object::maps, or Program::functions
  uint32_t offset = 0;  // kMapValue: bytes into the value
};

// A place whose value depends on the layout of types in the kernel that runs the program (CO-RE).
// The slot is as compiled: right where the kernel's type is laid out as the object's own.
struct CoreRelocation {
  uint32_t slot = 0;
  std::string type;     // "sk_buff"
  std::string access;   // "0:3:1": the members on the way, by index
  uint32_t kind = 0;    // Linux's enum bpf_core_relo_kind
  uint32_t btf_id = 0;  // of the type, in the object's BTF
};

// A use of what the kernel defines, not the object. `btf_id` is the declaration's, in the object's
// BTF.
struct Extern {
  enum class Kind : uint8_t {
    kFunction,  // call src=2 (imm = btf_id), or its address: LD_IMM64 src=3 (imm = btf_id)
    kVariable,  // LD_IMM64 src=3 (imm = btf_id): the address of a kernel variable
    kConfig,    // LD_IMM64 src=2: a place in the map ".kconfig"
  };
  uint32_t slot = 0;
  std::string name;
  Kind kind = Kind::kFunction;
  uint32_t btf_id = 0;
  bool weak = false;  // may be missing in the kernel: then its address is 0
};

struct Program {
  std::string name;     // of its entry function
  std::string section;  // "xdp", "socket", "tc/ingress", ...
  ProgramType type = ProgramType::kUnspecified;
  uint8_t attach_type = kNoAttachType;  // Linux's expected_attach_type, as the section says
  bool sleepable = false;
  // "sched_switch" of "tp_btf/sched_switch"; of a struct_ops program the member that calls it:
  // "tcp_congestion_ops.ssthresh". Empty where the object does not say it.
  std::string attach_target;
  std::optional<Error>
      broken;  // why it could not be linked: then it has no slots, and no functions
  std::vector<ebpf::Slot> slots;
  std::vector<Function> functions;      // sorted by first_slot, without gaps; the entry is first
  std::vector<Line> lines;              // sorted by slot, at most one for a slot
  std::vector<Relocation> relocations;  // sorted by slot
  std::vector<CoreRelocation> core;     // sorted by slot; core_relocation.h applies them
  std::vector<Extern> externs;          // sorted by slot
};

// An entry that a map of maps or of programs starts with.
struct InitialValue {
  uint32_t key = 0;
  std::string symbol;  // the name of a map or of a program
};

// Eight bytes of a data map's value that are an address, which is known once the maps have theirs.
struct Pointer {
  uint64_t at = 0;              // in the value
  std::optional<uint32_t> map;  // whose value it points into, or past its end; none: a function, or
                                // what has no place in a map's value
  uint64_t offset = 0;          // in that value
};

// A global variable, as a part of its section's value.
struct Variable {
  std::string name;
  uint32_t offset = 0;
  uint32_t bytes = 0;
  uint32_t btf_id = 0;  // of its type
};

// A map the programs use. Global variables are the value of a map as well, one for each section.
struct Map {
  enum class Kind : uint8_t {
    kBtf,     // described by a variable in section .maps
    kLegacy,  // described by a struct bpf_map_def in section maps
    kData,    // an array of one value: the section's bytes
  };
  std::string name;
  Kind kind = Kind::kBtf;
  uint32_t type = 0;  // Linux's BPF_MAP_TYPE_*
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;
  uint32_t pinning = 0;             // LIBBPF_PIN_*
  uint64_t extra = 0;               // map_extra
  uint32_t key_btf_id = 0;          // BTF types, 0 where none is given
  uint32_t value_btf_id = 0;        //
  bool read_only = false;           // kData: programs may not write it (.rodata, .kconfig)
  bool host_value = false;          // kData: the kernel sets the value, not the object (.kconfig)
  std::vector<uint8_t> value;       // kData: the initial value; shorter than value_size: then zeros
  std::vector<Pointer> pointers;    // kData: sorted by place; `value` holds their addends
  std::vector<Variable> variables;  // kData: those that BTF describes, sorted by offset
  std::optional<uint32_t> inner;    // maps of maps: Object::maps index of the inner map's pattern
  std::vector<InitialValue> initial;
};

struct Object {
  std::vector<Program> programs;
  std::vector<Map> maps;
  std::string license;
  std::vector<uint8_t> btf;        // the .BTF section as it was, checked; empty where none
  std::vector<std::string> notes;  // what was left out, and why nothing is lost by it
};

// The source line of a slot, or null where the object has no line information for it.
const Line* line_at(const Program& program, uint32_t slot);

// The function a slot belongs to, or null for a slot outside the program.
const Function* function_at(const Program& program, uint32_t slot);

}  // namespace zext::object
