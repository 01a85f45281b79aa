// Helper: what a helper function takes and gives, one row each.
//
//   const Helper* lookup = find_helper(1);         // bpf_map_lookup_elem
//   lookup->arguments[1].kind                      // ArgumentKind::kMapKey
//   lookup->result.kind                            // ResultKind::kMapValue, nullable
//
// The rows are Linux 5.19's, numbers 1 to 211 (helpers.def). A host adds its own, see platform.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "verifier/platform/structure.h"

namespace zext::verifier {

enum class ArgumentKind : uint8_t {
  kNone,          // no such argument
  kAnything,      // any initialised value; addresses only where programs may leak them
  kNumber,        // a number: Linux's ARG_ANYTHING where an address would make no sense
  kContext,       // the program's context, unmoved
  kMap,           // a map of the types in `maps`
  kMapKey,        // memory of the map's key size, read
  kMapValue,      // memory of the map's value size, read; written where `uninitialised`
  kMemory,        // memory of the bytes that the next argument gives, or of `bytes` if that is > 0
  kSize,          // bytes of the argument before, at least 1
  kSizeOrZero,    // bytes of the argument before
  kConstantSize,  // a constant: the bytes of the memory that the result points to
  kStructure,     // one of `structures`, unmoved
  kBtf,           // a kernel object of the BTF type `type_name`, or of any where that is null
  kRecord,        // a ring buffer's record, from its beginning
  kSpinLock,      // a map value's bpf_spin_lock
  kTimer,         // a map value's bpf_timer
  kKptr,          // a map value's kptr field
  kFunction,      // a function of the program, called back as `callback` says
  kStackOrNull,   // a pointer into the caller's stack or 0, handed to the callback
  kString,        // a constant string in a read-only map, ended by 0
  kDynptr,        // a struct bpf_dynptr on the stack; made there where `uninitialised`
  kPerCpuBtf,     // a per-CPU kernel variable
  kIterator,      // a struct bpf_iter_`type_name` of `bytes` on the stack; made there where
                  // `uninitialised`
};

// How a callback's parameters come, and when it is called.
enum class Callback : uint8_t {
  kNone,
  kLoop,        // (u64 index, void *context), up to the first argument's times
  kMapElement,  // (map, key, value, context), at most once an element
  kTimer,       // (map, key, value), later, on a stack of its own
  kFindVma,     // (task, vma, context), once
  kUserRing,    // (dynptr, context)
};

// Where a dynptr's memory is.
enum class DynptrKind : uint8_t { kAny, kLocal, kRingBuffer, kSkb, kXdp };

// How sure it is that a kernel object is there.
enum class Trust : uint8_t {
  kUntrusted,  // any address, perhaps: its loads are probed, and nobody else may use it
  kNone,       // found by following pointers: its loads are probed
  kRcu,        // there until the RCU section ends
  kTrusted,    // there while the program runs, or until its reference ends
};

struct Argument {
  ArgumentKind kind = ArgumentKind::kNone;
  bool nullable = false;       // 0 will do as well
  bool uninitialised = false;  // memory that the helper fills: need not be initialised before
  bool writes = false;         // memory that the helper changes: not read-only
  bool releases = false;       // ends the reference that was acquired for it
  bool acquires = false;       // kDynptr: one that must be released, even where the helper failed
  bool aligned = false;        // kMemory of fixed `bytes`: at a multiple of them
  bool map_value = false;      // kMemory: only in a map's value
  DynptrKind dynptr = DynptrKind::kAny;
  Trust trust = Trust::kNone;       // kBtf: at least
  uint16_t bytes = 0;               // kMemory: of a fixed size
  uint32_t structures = 0;          // kStructure: a bit for each StructureId that will do; with a
                                    // `type_name`, a kernel object of that BTF type will do as well
  uint64_t maps = 0;                // kMap: a bit for each of Linux's BPF_MAP_TYPE_*; 0: all
  const char* type_name = nullptr;  // kBtf: "task_struct"
  Callback callback = Callback::kNone;  // kFunction
};

enum class ResultKind : uint8_t {
  kNumber,      // any; `low` to `high` where those are given
  kNothing,     // r0 must not be read
  kMapValue,    // of the map argument; of a map of maps, an inner map
  kMemory,      // as many bytes as the kConstantSize argument says, or `bytes`
  kRecord,      // the same, of a ring buffer
  kStructure,   // `structure`
  kBtf,         // a kernel object of the BTF type `type_name`
  kPerCpu,      // memory or object behind the per-CPU variable of the first argument
  kDynptrData,  // memory behind the dynptr argument
  kKptr,        // what was in the kptr field of the first argument
};

struct Result {
  ResultKind kind = ResultKind::kNumber;
  bool nullable = false;
  bool acquires = false;   // a reference that must be released
  bool casts = false;      // the object of the argument, seen otherwise: same reference, same end
  bool read_only = false;  // memory that must not be written
  int64_t low = 0;         // kNumber, signed; no range if low > high
  int64_t high = -1;
  bool at_most_size = false;  // kNumber: at most what the kSize or kSizeOrZero argument says
  uint16_t bytes = 0;
  StructureId structure = StructureId::kNone;
  const char* type_name = nullptr;
};

struct Helper {
  uint32_t number = 0;
  const char* name = nullptr;  // without the "bpf_"
  std::array<Argument, 5> arguments;
  Result result;
  bool takes_packet = false;    // memory arguments may lie in the packet (Linux's pkt_access)
  bool changes_packet = false;  // packet pointers and sizes known before are no longer
  bool may_sleep = false;       // only for sleepable programs
  bool gpl_only = false;
};

// Linux's rows, ascending by number.
std::span<const Helper> helpers();

}  // namespace zext::verifier
