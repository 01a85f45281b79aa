// Lemmas about products and quotients, for theorems that leave these opaque.
#pragma once

#include "isa/ebpf/insn.h"
#include "word/bv.h"
#include "word/formula.h"

namespace zext::proofs {

// The remainder by zero is the dividend, as SMT-LIB defines it and eBPF needs it; otherwise the
// remainder is below the divisor, neither it nor the quotient exceeds the dividend, and a quotient
// by two or more is at most half of it.
template <unsigned N>
Formula division_lemmas(const Bv<N>& a, const Bv<N>& b) {
  const auto zero = Bv<N>::of(0), one = Bv<N>::of(1);
  const Formula by_zero = urem(a, b) == a && srem(a, b) == a;
  const Formula bounds = ult(urem(a, b), b) && ule(urem(a, b), a) && ule(udiv(a, b), a);
  return implies(b == zero, by_zero) && implies(b != zero, bounds) &&
         implies(ult(one, b), ule(udiv(a, b), lshr(a, one)));
}

// What divides itself does so once.
template <unsigned N>
Formula division_by_itself(const Bv<N>& a, const Bv<N>& b) {
  const auto zero = Bv<N>::of(0), one = Bv<N>::of(1);
  return implies(a == b && b != zero, udiv(a, b) == one && sdiv(a, b) == one &&
                                          urem(a, b) == zero && srem(a, b) == zero);
}

// The low half of a product is that of the low halves' product.
inline Formula product_is_of_low_halves(const Bv<64>& a, const Bv<64>& b) {
  return trunc<32>(a * b) == trunc<32>(a) * trunc<32>(b);
}

// Those that a theorem about `dst op= src` needs, where products and quotients are opaque.
inline Formula opaque_lemmas(const ebpf::Instruction<Bv<64>>& insn, const Bv<64>& dst,
                             const Bv<64>& src) {
  const ebpf::Row& row = insn.row();
  if (!OpaqueArithmetic::active() || row.group != ebpf::Group::kDivMul) return true;
  const Bv<64>& right = row.source == ebpf::Source::kImmediate ? insn.imm : src;
  if (row.alu == ebpf::AluOp::kMul) return product_is_of_low_halves(dst, right);
  if (row.width == 64) return division_lemmas(dst, right) && division_by_itself(dst, right);
  const Bv<32> low = trunc<32>(dst), low_right = trunc<32>(right);
  return division_lemmas(low, low_right) && division_by_itself(low, low_right);
}

}  // namespace zext::proofs
