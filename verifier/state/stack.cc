#include "verifier/state/stack.h"

#include <algorithm>

#include "verifier/state/bytes.h"

namespace zext::verifier {
namespace {

using ebpf::AluOp;

// Calls f(word, bits) for the words that hold the bytes' bits.
template <class F>
void each_word(uint32_t at, uint32_t bytes, F f) {
  const uint32_t end = at + bytes;
  while (at < end) {
    const uint32_t first = at % 64;
    const uint32_t count = std::min(64 - first, end - at);
    const uint64_t ones = count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
    f(at / 64, ones << first);
    at += count;
  }
}

// Cells as assemble() reads them: numbers.
struct NumberBytes {
  using Value = Number;
  static Number constant(uint64_t value) { return constant_number(static_cast<int64_t>(value)); }
  static Number alu(AluOp op, const Number& a, const Number& b) {
    return abstract_alu(op, 64, a, b);
  }
  static Number low(const Number& a, uint32_t bytes) { return low_bytes(a, bytes); }
  static Number any(uint32_t /*at*/, uint32_t bytes) { return number_of_bytes(bytes); }
  static bool is_address(const Stack::Cell& cell) { return is_pointer(cell.value.type); }
  static const Number& value(const Stack::Cell& cell) { return cell.value.number; }
};

}  // namespace

std::vector<Stack::Cell>::iterator Stack::lower_bound(uint32_t at) {
  return std::lower_bound(cells_.begin(), cells_.end(), at,
                          [](const Cell& cell, uint32_t wanted) { return cell.at < wanted; });
}

bool Stack::initialised(uint32_t at, uint32_t bytes) const {
  bool all = true;
  each_word(at, bytes,
            [&](uint32_t word, uint64_t bits) { all = all && (written_[word] & bits) == bits; });
  return all;
}

bool Stack::holds_pointer(uint32_t at, uint32_t bytes) const {
  return std::any_of(cells_.begin(), cells_.end(), [&](const Cell& cell) {
    return overlaps(cell, at, bytes) && is_pointer(cell.value.type);
  });
}

const Stack::Cell* Stack::cell(uint32_t at, uint32_t bytes) const {
  return const_cast<Stack*>(this)->cell(at, bytes);
}

Stack::Cell* Stack::cell(uint32_t at, uint32_t bytes) {
  const auto found = lower_bound(at);
  return found != cells_.end() && found->at == at && found->bytes == bytes ? &*found : nullptr;
}

Value Stack::load(uint32_t at, uint32_t bytes) const {
  if (const Cell* whole = cell(at, bytes)) return whole->value;
  const std::optional<Number> number = assemble(NumberBytes(), cells_, at, bytes);
  return Value::of(number ? *number : number_of_bytes(bytes));
}

void Stack::store(uint32_t at, uint32_t bytes, const Value& value) {
  fill(at, bytes);
  Cell cell{.at = static_cast<uint16_t>(at), .bytes = static_cast<uint8_t>(bytes), .value = value};
  if (is_pointer(value.type) && bytes < 8) return;  // some bytes of an address: a number
  if (value.type == Type::kNumber && bytes < 8) {
    const bool whole = unsigned_max(value.number) >> (8 * bytes) == 0;
    cell.value.number = low_bytes(value.number, bytes);
    if (!whole) cell.value.linear = {};
    if (!whole) cell.value.shifted = {};
  }
  cells_.insert(lower_bound(at), cell);
}

void Stack::forget(uint32_t at, uint32_t bytes) {
  // What a cell keeps outside of the bytes written is worth keeping for constants, zeros above all.
  std::vector<Cell> kept;
  std::erase_if(cells_, [&](const Cell& cell) {
    if (!overlaps(cell, at, bytes)) return false;
    if (cell.value.type == Type::kNumber && is_zero(cell.value.number)) {
      for (uint32_t i = cell.at; i < uint32_t{cell.at} + cell.bytes; ++i) {
        if (i >= at && i < at + bytes) continue;
        kept.push_back(
            {.at = static_cast<uint16_t>(i), .bytes = 1, .value = Value::of(constant_number(0))});
      }
    }
    return true;
  });
  for (const Cell& cell : kept) cells_.insert(lower_bound(cell.at), cell);
}

void Stack::fill(uint32_t at, uint32_t bytes) {
  forget(at, bytes);
  each_word(at, bytes, [&](uint32_t word, uint64_t bits) { written_[word] |= bits; });
}

void Stack::invalidate(uint32_t at, uint32_t bytes) {
  forget(at, bytes);
  each_word(at, bytes, [&](uint32_t word, uint64_t bits) { written_[word] &= ~bits; });
}

void Stack::restrict(const Mask& mask) {
  for (size_t i = 0; i < mask.size(); ++i) written_[i] &= mask[i];
  std::erase_if(cells_, [&](const Cell& cell) { return !initialised(cell.at, cell.bytes); });
}

}  // namespace zext::verifier
