// Short names for what the verifier asks of Scalar<Bits<64>> in terms of C++ integers.
//
//   unsigned_max(unsigned_range(0, 13));       // 13
//   number_of_bytes(2);                        // what a 16-bit load gives
#pragma once

#include <cstdint>
#include <limits>

#include "isa/ebpf/insn.h"
#include "verifier/facts.h"

namespace zext::verifier {

inline uint64_t unsigned_min(const Number& a) { return a.u.lo.value(); }
inline uint64_t unsigned_max(const Number& a) { return a.u.hi.value(); }
inline int64_t signed_min(const Number& a) { return a.s.lo.signed_value(); }
inline int64_t signed_max(const Number& a) { return a.s.hi.signed_value(); }
inline uint64_t known_ones(const Number& a) { return a.bits.value.value(); }
inline uint64_t unknown_bits(const Number& a) { return a.bits.mask.value(); }

inline bool is_zero(const Number& a) { return unsigned_max(a) == 0; }

inline Number constant_number(int64_t value) {
  return Number::constant(Bits<64>::of(static_cast<uint64_t>(value)));
}

inline Number unsigned_range(uint64_t lo, uint64_t hi) {
  return Number::range(Bits<64>::of(lo), Bits<64>::of(hi));
}

inline Number signed_range(int64_t lo, int64_t hi) {
  Number result = Number::top();
  result.s = {Bits<64>::of(static_cast<uint64_t>(lo)), Bits<64>::of(static_cast<uint64_t>(hi))};
  return reduce(result);
}

// Every number that `bytes` bytes hold.
inline Number number_of_bytes(unsigned bytes) {
  return bytes == 8 ? Number::top() : unsigned_range(0, (uint64_t{1} << (8 * bytes)) - 1);
}

inline Number low_bytes(const Number& a, unsigned bytes) { return zero_extend(bytes, a); }

inline Number abstract_alu(ebpf::AluOp op, unsigned width, const Number& a, const Number& b) {
  return alu(op, width, a, b);
}

}  // namespace zext::verifier
