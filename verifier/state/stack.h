// Stack: the 512 bytes below a frame pointer. Of each byte it is known whether it was written, and
// of whole stores what was written.
//
//   Stack stack;
//   stack.store(504, 8, Value::pointer(Type::kPacket));      // at r10 - 8
//   stack.load(504, 8);                                       // that pointer
//   stack.load(508, 4);                                       // some number: bytes of an address
//
// Addresses count from the lowest byte, r10 - 512. A cell is what one store of 1, 2, 4 or 8 bytes
// left behind; cells do not overlap. What several cells hold together is put together on loading.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "verifier/state/value.h"

namespace zext::verifier {

class Stack {
 public:
  static constexpr uint32_t kBytes = 512;

  struct Cell {
    uint16_t at = 0;
    uint8_t bytes = 0;
    Value value;  // a number below 2^(8 * bytes), or a pointer of 8 bytes
  };

  // Whether all bytes were written.
  bool initialised(uint32_t at, uint32_t bytes) const;
  // Whether a byte of an address is among them.
  bool holds_pointer(uint32_t at, uint32_t bytes) const;
  // The cell of just these bytes, or null.
  const Cell* cell(uint32_t at, uint32_t bytes) const;
  Cell* cell(uint32_t at, uint32_t bytes);

  // What a load of 1, 2, 4 or 8 bytes gives, all of them initialised.
  Value load(uint32_t at, uint32_t bytes) const;
  // Puts the value's low `bytes` there.
  void store(uint32_t at, uint32_t bytes, const Value& value);

  // A store of numbers to some of the bytes [at, at + bytes).
  void forget(uint32_t at, uint32_t bytes);
  // The same to all of them, which are initialised then.
  void fill(uint32_t at, uint32_t bytes);
  // Bytes that must not be read any more.
  void invalidate(uint32_t at, uint32_t bytes);

  std::vector<Cell>& cells() { return cells_; }
  const std::vector<Cell>& cells() const { return cells_; }

  // A bit for each byte, 64 to a word: those that were written.
  using Mask = std::array<uint64_t, kBytes / 64>;
  const Mask& written() const { return written_; }
  // Keeps only those bytes.
  void restrict(const Mask& mask);

 private:
  static constexpr bool overlaps(const Cell& cell, uint32_t at, uint32_t bytes) {
    return cell.at < at + bytes && at < uint32_t{cell.at} + cell.bytes;
  }
  std::vector<Cell>::iterator lower_bound(uint32_t at);

  std::vector<Cell> cells_;  // ascending by `at`
  Mask written_ = {};
};

}  // namespace zext::verifier
