// check_call: whether a helper may be called here, with these arguments.
//
//   auto call = check_call(rules, state, *platform.helper(1), pc);
//   if (!call) return reject(call.error());
//   call->map ...                           // what the call is about, for its effects
//
// The rules are Linux's (check_helper_call), for what the rows of platform/helpers.def say.
#pragma once

#include <array>
#include <expected>

#include "verifier/check/access.h"
#include "verifier/platform/kfunc.h"

namespace zext::verifier {

// What a checked call does beside giving a result.
struct Call {
  const Helper* helper = nullptr;
  const Map* map = nullptr;        // the last map argument
  bool inner_map = false;          // it was looked up in a map of maps
  const Map* value_map = nullptr;  // the map whose value a timer, lock or kptr argument is in
  uint32_t field_type = kNoType;   // kKptr: the BTF type of the field
  ObjectId released = kNoObject;   // the reference that ends
  ObjectId locked = kNoObject;     // kSpinLock: of the map value
  Value cast;                      // kStructure: what is cast to another structure
  const Kfunc* kfunc = nullptr;    // where it is no helper
  StackObject used;                // kDynptr, kIterator: as handed over; 0 bytes: none
  StackObject made;                // the one that the call makes; 0 bytes: none
  Value buffer;                    // kMemory before a kConstantSize
  Value variable;                  // kPerCpuBtf
  uint32_t memory_bytes = 0;       // kConstantSize
  bool constant_key = false;       // kMapKey: an array's index that is in range
  const Value* size = nullptr;     // of the last kSize or kSizeOrZero
  uint32_t function = 0;           // kFunction: first slot
  Callback callback = Callback::kNone;
  // Memory that the helper may write, and whether it writes all of at least its first `bytes`.
  struct Written {
    Value pointer;
    uint32_t most = 0;
    uint32_t least = 0;
    bool fills = false;
  };
  std::array<Written, 5> written;
  uint8_t written_count = 0;
};

std::expected<Call, Failure> check_call(const Rules& rules, const State& state,
                                        const Helper& helper);

// How sure it is that a kernel object is there.
Trust trust_of(const Value& object, const State& state);

// Whether bytes there may be read and written by whoever is handed a pointer.
bool is_memory(Type type);

// Whether the memory of `bytes` at a pointer may be handed to a helper or global function.
// Uninitialised stack will do where `fills`.
Checked check_memory(const Rules& rules, const State& state, const Reference& where, bool fills);

}  // namespace zext::verifier
