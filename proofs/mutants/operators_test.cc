// Abstract operators broken on purpose, each the way a real one was or easily is: the theorem that
// proves the right one must refute it, with a counterexample.
#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::AluOp;
using ebpf::JumpOp;
using verifier::Order;
using verifier::Scalar;
using verifier::SignedInterval;
using verifier::Tnum;
using verifier::UnsignedInterval;
using W = Bv<64>;
using Half = Bv<32>;

// "If a contains x and b contains y, op(a, b) contains x op y" is refuted.
template <class A, class Operator>
void operator_refuted(const char* name, const A& a, const A& b, AluOp op, Operator mutant) {
  refuted(name, 64, [&] {
    const W x = any<W>("x");
    const W y = any<W>("y");
    return Claim{.given = contains(a, x) && contains(b, y),
                 .show = {contains(mutant(a, b), ebpf::alu(op, x, y))}};
  });
}

// "What a jump learns of its operand is true" is refuted.
template <class Refine>
void refinement_refuted(const char* name, JumpOp op, bool taken, Refine mutant) {
  refuted(name, 64, [&] {
    const auto a = any_scalar<W>("a");
    const auto b = any_scalar<W>("b");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const Formula jumps = ebpf::taken(op, x, y);
    return Claim{.given = contains(a, x) && contains(b, y) && (taken ? jumps : !jumps),
                 .show = {contains(mutant(a, b), x)}};
  });
}

TEST(TnumMutants, AddWithoutCarries) {
  const auto mutant = [](const Tnum<W>& a, const Tnum<W>& b) {
    const W mask = a.mask | b.mask;
    return Tnum<W>{(a.value + b.value) & ~mask, mask};
  };
  operator_refuted("tnum add without chi, the bits that carries change", any_tnum<W>("a"),
                   any_tnum<W>("b"), AluOp::kAdd, mutant);
}

TEST(TnumMutants, AndForgetsUnknownBits) {
  const auto mutant = [](const Tnum<W>& a, const Tnum<W>& b) {
    return Tnum<W>{a.value & b.value, a.mask & b.mask};
  };
  operator_refuted("tnum and keeps a bit unknown only if both are", any_tnum<W>("a"),
                   any_tnum<W>("b"), AluOp::kAnd, mutant);
}

TEST(TnumMutants, JoinIsMeet) {
  refuted("tnum join drops what the operands differ in", 64, [] {
    const auto a = any_tnum<W>("a");
    const auto b = any_tnum<W>("b");
    const W x = any<W>("x");
    const W mask = a.mask | b.mask;
    return Claim{.given = contains(a, x) && !is_bottom(b),
                 .show = {contains(Tnum<W>{(a.value | b.value) & ~mask, mask}, x)}};
  });
}

TEST(IntervalMutants, AddWithoutOverflowCheck) {
  const auto mutant = [](const auto& a, const auto& b) {
    return UnsignedInterval<W>{a.lo + b.lo, a.hi + b.hi};
  };
  operator_refuted("interval add without the overflow check",
                   any_interval<W, Order::kUnsigned>("a"), any_interval<W, Order::kUnsigned>("b"),
                   AluOp::kAdd, mutant);
}

TEST(IntervalMutants, SubSwapsNoEnds) {
  const auto mutant = [](const auto& a, const auto& b) {
    const SignedInterval<W> r{a.lo - b.lo, a.hi - b.hi};
    return select(is_bottom(r), r.top(), r);
  };
  operator_refuted("interval sub of equal ends", any_interval<W, Order::kSigned>("a"),
                   any_interval<W, Order::kSigned>("b"), AluOp::kSub, mutant);
}

TEST(IntervalMutants, DivisionForgetsZero) {
  refuted("quotient of an interval that may divide by zero", 8, [] {
    using Small = Bv<8>;
    const auto a = any_interval<Small, Order::kUnsigned>("a");
    const auto b = any_interval<Small, Order::kUnsigned>("b");
    const Small x = any<Small>("x");
    const Small y = any<Small>("y");
    const UnsignedInterval<Small> r{udiv(a.lo, b.hi), udiv(a.hi, b.lo)};
    return Claim{.given = contains(a, x) && contains(b, y),
                 .show = {contains(r, ebpf::alu(AluOp::kDiv, x, y))}};
  });
}

// CVE-2020-8835, CVE-2020-27194 and CVE-2021-31440 confused the order or the width of a bound.
TEST(ScalarMutants, SignedBoundsTakenAsUnsigned) {
  refuted("signed bounds taken as unsigned ones", 64, [] {
    const auto a = any_view<W>("a");
    const W x = any<W>("x");
    const UnsignedInterval<W> u{a.s.lo, a.s.hi};
    return Claim{.given = contains(a, x), .show = {contains(u, x)}};
  });
}

TEST(ScalarMutants, BoundsTruncatedToTheLowHalf) {
  refuted("64-bit bounds truncated to 32 bits", 64, [] {
    const auto a = any_scalar<W>("a");
    const W x = any<W>("x");
    const UnsignedInterval<Half> u32{trunc<32>(a.u.lo), trunc<32>(a.u.hi)};
    return Claim{.given = contains(a, x), .show = {contains(u32, trunc<32>(x))}};
  });
}

TEST(ScalarMutants, LowBoundsTakenForTheWhole) {
  refuted("32-bit bounds taken for the 64-bit word", 64, [] {
    const auto a = any_scalar<W>("a");
    const W x = any<W>("x");
    const UnsignedInterval<W> u{zext<64>(a.u32.lo), zext<64>(a.u32.hi)};
    return Claim{.given = contains(a, x), .show = {contains(u, x)}};
  });
}

TEST(ScalarMutants, Add32WithoutZeroExtension) {
  refuted("32-bit add that keeps the destination's upper half", 32, [] {
    const auto a = any_scalar<W>("a");
    const auto b = any_scalar<W>("b");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const auto mutant = with_low(a, alu(AluOp::kAdd, a.low(), b.low()));
    return Claim{.given = contains(a, x) && contains(b, y),
                 .show = {contains(mutant.bits, zext<64>(trunc<32>(x) + trunc<32>(y)))}};
  });
}

TEST(ScalarMutants, Mov32SignExtends) {
  refuted("32-bit move that extends the sign", 32, [] {
    const auto a = any_scalar<W>("a");
    const W x = any<W>("x");
    const auto mutant = verifier::internal::sign_extend_components(4, a);
    return Claim{.given = contains(a, x), .show = {contains(mutant, zext<64>(trunc<32>(x)))}};
  });
}

TEST(ScalarMutants, ShiftOfAmountBeyondTheWidth) {
  refuted("shift by an amount that is not masked", 64, [] {
    const auto a = any_interval<W, Order::kUnsigned>("a");
    const auto b = any_interval<W, Order::kUnsigned>("b");
    const W x = any<W>("x");
    const W y = any<W>("y");
    return Claim{.given = contains(a, x) && contains(b, y),
                 .show = {contains(shift_right(a, b), ebpf::alu(AluOp::kRsh, x, y))}};
  });
}

TEST(AssumeMutants, JsetTakenSetsEveryBit) {
  const auto mutant = [](Scalar<W> a, const Scalar<W>& b) {
    // Right only where b has one bit.
    a.bits = {a.bits.value | b.bits.value, a.bits.mask & ~b.bits.value};
    return a;
  };
  refinement_refuted("jset taken: all of the mask's bits are set", JumpOp::kJset, true, mutant);
}

TEST(AssumeMutants, JsetNotTakenClearsUnknownBits) {
  const auto mutant = [](Scalar<W> a, const Scalar<W>& b) {
    a.bits.mask = a.bits.mask & ~(b.bits.value | b.bits.mask);
    return a;
  };
  refinement_refuted("jset not taken: bits that the mask may have are clear", JumpOp::kJset, false,
                     mutant);
}

TEST(AssumeMutants, SignedComparisonMovesUnsignedBounds) {
  const auto mutant = [](Scalar<W> a, const Scalar<W>& b) {
    a.u.hi = a.u.smaller(a.u.hi, b.u.hi);
    return a;
  };
  refinement_refuted("signed less-than moves unsigned bounds", JumpOp::kJslt, true, mutant);
}

TEST(AssumeMutants, LessOrEqualIsOffByOne) {
  const auto mutant = [](Scalar<W> a, const Scalar<W>& b) {
    a.u.hi = a.u.smaller(a.u.hi, b.u.hi - W::of(1));
    return a;
  };
  refinement_refuted("less-or-equal excludes the bound", JumpOp::kJle, true, mutant);
}

TEST(AssumeMutants, NotEqualTrimsAnUnknown) {
  const auto mutant = [](Scalar<W> a, const Scalar<W>& b) {
    a.u.lo = select(a.u.lo == b.u.lo, a.u.lo + W::of(1), a.u.lo);
    return a;
  };
  refinement_refuted("not equal to an interval trims its end", JumpOp::kJne, true, mutant);
}

TEST(ReduceMutants, TnumFromTheEndsAlone) {
  refuted("bits that both ends of an interval share are known", 64, [] {
    const auto a = any_view<W>("a");
    const W x = any<W>("x");
    const W mask = a.u.lo ^ a.u.hi;
    return Claim{.given = contains(a, x), .show = {contains(Tnum<W>{a.u.lo & ~mask, mask}, x)}};
  });
}

}  // namespace
}  // namespace zext::proofs
