// Stack: the 512 bytes below a frame pointer, of which each byte is initialised or not, and whole
// stores are kept as values.
//
//   Stack stack;
//   stack.store(504, 8, Value::pointer(Type::kPacket));      // at r10 - 8
//   stack.load(504, 8);                                       // that pointer
//   stack.load(504, 4);                                       // Reason::kSpilledPointer
//
// Addresses count from the lowest byte, r10 - 512. A slot is eight aligned bytes; it keeps at most
// one value, that of the last store into it that lies inside it.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "verifier/check/reason.h"
#include "verifier/state/value.h"

namespace zext::verifier {

class Stack {
 public:
  struct Slot {
    uint8_t index = 0;        // its lowest byte is 8 * index
    uint8_t initialised = 0;  // a bit for each byte
    uint8_t first = 0;        // the value's first byte
    uint8_t bytes = 0;        // and size; 0 where none is kept
    Value value;              // a number below 2^(8 * bytes), or a pointer of 8 bytes
  };

  // What a load of `bytes` at `address` gives; kUninitialisedStack or kSpilledPointer where the
  // bytes must not be read as such.
  std::expected<Value, Reason> load(uint32_t address, uint32_t bytes) const;

  // Puts the value's low `bytes` at `address`. A pointer that is partly overwritten leaves bytes
  // that must not be read.
  void store(uint32_t address, uint32_t bytes, const Value& value);

  // Whether a load from each address in [low, high] is of initialised bytes that are no pointer's.
  std::expected<void, Reason> check_load(uint32_t low, uint32_t high, uint32_t bytes) const;
  // A store of a number at one address in [low, high].
  void store_somewhere(uint32_t low, uint32_t high, uint32_t bytes);

  std::vector<Slot>& slots() { return slots_; }
  const std::vector<Slot>& slots() const { return slots_; }
  const Slot* slot(uint32_t index) const;

 private:
  Slot& slot_for_writing(uint32_t index);

  std::vector<Slot> slots_;  // ascending by index
};

}  // namespace zext::verifier
