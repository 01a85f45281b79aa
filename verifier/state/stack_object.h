// StackObject: what only kernel functions may touch, where it lies on the stack.
//
//   const StackObject* it = state.stack_object(frame, 504);      // a bpf_iter_num at r10 - 8
//   it->rounds                                                   // how many numbers it still gives
//
// Its bytes count as not written, so that nothing reads them. Writing to one of them ends the
// object, and what depends on it; where it was acquired, it can never be released then.
#pragma once

#include "verifier/platform/helper.h"
#include "verifier/state/value.h"

namespace zext::verifier {

struct StackObject {
  enum class Kind : uint8_t {
    kDynptr,
    kIterator,  // of an open-coded loop
    kBuffer,    // bytes that a slice of a dynptr may lie in; these may be read
  };
  Kind kind = Kind::kDynptr;
  uint8_t frame = 0;
  uint16_t at = 0;  // as class Stack counts
  uint16_t bytes = 0;
  DynptrKind dynptr = DynptrKind::kAny;
  bool read_only = false;  // kDynptr: its memory
  bool in_rcu = false;     // kIterator: ends with the RCU section
  const char* name = "";   // kIterator: "num"
  // Pointers with this reference end with it. A buffer ends with the dynptr it serves, `parent`.
  ObjectId object = kNoObject;
  ObjectId parent = kNoObject;
  ObjectId reference = kNoObject;  // what was acquired with it; clones share it
  Value rounds;                    // kIterator: elements still to come

  bool overlaps(uint8_t in_frame, uint32_t first, uint32_t count) const {
    return frame == in_frame && at < first + count && first < uint32_t{at} + bytes;
  }
  // Whether both are the same but for what they are numbered, and the rounds.
  bool alike(const StackObject& other) const;
};

}  // namespace zext::verifier
