// Bytes: a load put together from what stores left behind, little-endian.
//
//   assemble(NumberBytes(), stack.cells(), 504, 8)     // of cells of 4 bytes at 504 and 508: both
//
// A template over what values are: numbers in class Stack; words of a modelled memory in
// proofs/transfer/stack_test.cc, which shows that the result is what a machine loads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "isa/ebpf/insn.h"

namespace zext::verifier {

// The bytes [first, first + bytes) of a value.
template <class Bytes>
auto part_of(const Bytes& ops, const typename Bytes::Value& value, uint32_t first, uint32_t bytes) {
  if (first == 0) return ops.low(value, bytes);
  return ops.low(ops.alu(ebpf::AluOp::kRsh, value, ops.constant(8 * uint64_t{first})), bytes);
}

// The bytes [at, at + bytes) of cells that ascend and do not overlap; none if a byte of an address
// is among them. Bytes that no cell holds are ops.any().
template <class Bytes, class Cells>
std::optional<typename Bytes::Value> assemble(const Bytes& ops, const Cells& cells, uint32_t at,
                                              uint32_t bytes) {
  using Value = typename Bytes::Value;
  Value result = ops.constant(0);
  uint32_t next = at;
  const auto append = [&](const Value& value, uint32_t count) {
    const Value placed =
        next == at ? value
                   : ops.alu(ebpf::AluOp::kLsh, value, ops.constant(8 * uint64_t{next - at}));
    result = ops.alu(ebpf::AluOp::kOr, result, placed);
    next += count;
  };
  for (const auto& cell : cells) {
    const uint32_t end = uint32_t{cell.at} + cell.bytes;
    if (cell.at >= at + bytes || end <= at) continue;
    if (ops.is_address(cell)) return std::nullopt;
    if (cell.at > next) append(ops.any(next, cell.at - next), cell.at - next);
    const uint32_t first = next - cell.at;
    const uint32_t count = std::min(cell.bytes - first, at + bytes - next);
    append(part_of(ops, ops.value(cell), first, count), count);
  }
  if (next == at) return ops.any(at, bytes);
  if (next < at + bytes) append(ops.any(next, at + bytes - next), at + bytes - next);
  return result;
}

}  // namespace zext::verifier
