// The corner cases of division, where RFC 9669 and the RISC-V manual (table 13.1) say different
// things or could: both tables state what their documents do, operation by operation.
#include "proofs/lowerings/division.h"

#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "isa/rv64/semantics.h"
#include "proofs/exact.h"
#include "proofs/theorem.h"
#include "word/bv.h"

namespace zext::proofs {
namespace {

using ebpf::AluOp;
using rv64::Op;

template <unsigned N>
Bv<N> smallest() {
  return Bv<N>::of(uint64_t{1} << (N - 1));
}
template <unsigned N>
Bv<N> minus_one() {
  return ~Bv<N>::of(0);
}

// rd of a division of words whose low halves are a and b (or all of them).
template <unsigned N>
Bv<64> machine(Op op, const Bv<N>& a, const Bv<N>& b) {
  const rv64::Instruction<Bv<64>> insn{.op = op};
  return rv64::compute(insn, sext<64>(a), sext<64>(b), Bv<64>::of(0));
}

// Section 4.1 of the RFC.
template <unsigned N>
std::vector<Formula> rfc() {
  const auto a = Bv<N>::variable("a");
  const auto zero = Bv<N>::of(0);
  return {ebpf::alu(AluOp::kDiv, a, zero) == zero,
          ebpf::alu(AluOp::kSdiv, a, zero) == zero,
          ebpf::alu(AluOp::kMod, a, zero) == a,
          ebpf::alu(AluOp::kSmod, a, zero) == a,
          ebpf::alu(AluOp::kSdiv, smallest<N>(), minus_one<N>()) == smallest<N>(),
          ebpf::alu(AluOp::kSmod, smallest<N>(), minus_one<N>()) == zero};
}

// Table 13.1 of the manual.
template <unsigned N>
std::vector<Formula> manual(Op divu, Op div, Op remu, Op rem) {
  const auto a = Bv<N>::variable("a");
  const auto zero = Bv<N>::of(0);
  return {machine(divu, a, zero) == minus_one<64>(),
          machine(div, a, zero) == minus_one<64>(),
          machine(remu, a, zero) == sext<64>(a),
          machine(rem, a, zero) == sext<64>(a),
          machine(div, smallest<N>(), minus_one<N>()) == sext<64>(smallest<N>()),
          machine(rem, smallest<N>(), minus_one<N>()) == Bv<64>::of(0)};
}

TEST(Division, AsInTheRfc) {
  theorem("eBPF: by zero, overflow", 64, [] { return Claim{.show = rfc<64>()}; });
  theorem("eBPF: by zero, overflow", 32, [] { return Claim{.show = rfc<32>()}; });
}

TEST(Division, AsInTheManual) {
  theorem("RV64: by zero, overflow", 64,
          [] { return Claim{.show = manual<64>(Op::kDivu, Op::kDiv, Op::kRemu, Op::kRem)}; });
  theorem("RV64: by zero, overflow, .w", 32,
          [] { return Claim{.show = manual<32>(Op::kDivuw, Op::kDivw, Op::kRemuw, Op::kRemw)}; });
}

// The lemmas of division.h, by the definition of quotient and remainder: of numbers, and so of
// words (exact.h), since no term exceeds a.
TEST(Division, Lemmas) {
  theorem("a % b < b, a % b <= a, a / b <= a, a / b <= a / 2", 0,
          [] {
            const auto number = [](const char* name) { return Exact::variable(name); };
            const Exact a = number("a"), b = number("b"), q = number("quotient"),
                        r = number("remainder"), zero = Exact::of(0), one = Exact::of(1);
            const Formula divides =
                ule(one, b) && ule(zero, q) && ule(zero, r) && ult(r, b) && a == q * b + r;
            return Claim{.given = divides,
                         .show = {ult(r, b), ule(r, a), ule(q, a),
                                  implies(ule(Exact::of(2), b), ule(q + q, a))}};
          },
          {.logic = "QF_NRA"});
  theorem("all of them", 8,
          [] { return division_lemmas(Bv<8>::variable("a"), Bv<8>::variable("b")); });
  theorem("a / a == 1, a % a == 0", 64, [] {
    const auto a = Bv<64>::variable("a");
    return division_by_itself(a, a);
  });
  theorem("a / a == 1, a % a == 0", 32, [] {
    const auto a = Bv<32>::variable("a");
    return division_by_itself(a, a);
  });
  theorem("low half of a product", 64,
          [] { return product_is_of_low_halves(Bv<64>::variable("a"), Bv<64>::variable("b")); });
  const auto by_zero = [](const auto& a) {
    using W = std::decay_t<decltype(a)>;
    return urem(a, W::of(0)) == a && srem(a, W::of(0)) == a;
  };
  theorem("a % 0 == a", 64, [&] { return by_zero(Bv<64>::variable("a")); });
  theorem("a % 0 == a", 32, [&] { return by_zero(Bv<32>::variable("a")); });
}

// What makes the 32-bit lowerings' zero tests necessary: RV64's quotient by zero is not eBPF's.
TEST(Mutants, QuotientByZeroAsOnRv64) {
  refuted("divu is eBPF's division", 64, [] {
    const auto a = Bv<64>::variable("a"), b = Bv<64>::variable("b");
    return machine(Op::kDivu, a, b) == ebpf::alu(AluOp::kDiv, a, b);
  });
}

}  // namespace
}  // namespace zext::proofs
