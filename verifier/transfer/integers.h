// Integers: when an operation on words is one on the integers that linear forms stand for.
//
//   recipe(AluOp::kLsh, 64, a, b);           // b is 3: {kMultiple, 8}, if the product does not
//   wrap reads_form(JumpOp::kJslt, 64, a);        // a is below 2^63 says_null(JumpOp::kJne, zero);
//   // false: `pointer != 0` says that it is not
//
// Templates over the word; proven, as instantiated there with Bv, in proofs/transfer
// (arithmetic_test.cc, branch_test.cc).
#pragma once

#include <optional>

#include "isa/ebpf/insn.h"
#include "verifier/domain/scalar.h"
#include "word/word.h"

namespace zext::verifier {

// Whether the number is what an operation of this width reads: 32-bit ones read the low half.
template <Word W>
constexpr typename W::Bool fits(const Scalar<W>& a, unsigned width) {
  return typename W::Bool(width == 64) || ule(a.u.hi, W::of(0xffff'ffff));
}

// A constant without a form as an operand of sums: it may be negative, because adding 2^64 - 1 is
// subtracting 1.
template <Word W>
constexpr W signed_constant(const W& constant, unsigned width) {
  return width == 64 ? constant : sext<64>(trunc<32>(constant));
}

// How the operands' integers make the result's.
enum class Combination : uint8_t {
  kNone,        // not known
  kSum,         // a + b
  kDifference,  // a - b
  kMultiple,    // a * factor
  kQuotient,    // a / factor, without a remainder
  kSame,        // a
};

template <Word W>
struct Recipe {
  Combination combination = Combination::kNone;
  W factor = W::of(1);
};

// a * 2^amount for shifts to the left by a constant, a / 2^amount for those to the right.
template <Word W>
constexpr Recipe<W> shifted(Combination combination, unsigned width, const Scalar<W>& b) {
  if (!is_constant(b)) return {};
  const W amount = b.bits.value & W::of(width - 1);
  if (ult(W::of(33), amount)) return {};
  return {combination, shl(W::of(1), amount)};
}

// The recipe of the integer that the result is if that is from 0 to the width's greatest word.
template <Word W>
constexpr Recipe<W> recipe(ebpf::AluOp op, unsigned width, const Scalar<W>& a, const Scalar<W>& b) {
  using ebpf::AluOp;
  switch (op) {
    case AluOp::kAdd:
      return {Combination::kSum};
    case AluOp::kSub:
      return {Combination::kDifference};
    case AluOp::kMul:
      if (!is_constant(b) || slt(b.bits.value, W::of(0))) return {};
      return {Combination::kMultiple, b.bits.value};
    case AluOp::kLsh:
      return shifted(Combination::kMultiple, width, b);
    case AluOp::kRsh:
      return shifted(Combination::kQuotient, width, b);
    case AluOp::kArsh:
      // Of a number that is not negative at this width.
      if (lshr(a.u.hi, W::of(width - 1)) != W::of(0)) return {};
      return shifted(Combination::kQuotient, width, b);
    case AluOp::kAnd:
      // With a mask of low bits, which changes no number below it.
      if (!is_constant(b) || (b.bits.value & (b.bits.value + W::of(1))) != W::of(0)) return {};
      if (ult(b.bits.value, a.u.hi)) return {};
      return {Combination::kSame};
    case AluOp::kDiv:
    case AluOp::kSdiv:
    case AluOp::kMod:
    case AluOp::kSmod:
    case AluOp::kOr:
    case AluOp::kXor:
    case AluOp::kMov:
      return {};
  }
  return {};
}

constexpr bool is_signed(ebpf::JumpOp op) {
  using ebpf::JumpOp;
  return op == JumpOp::kJsgt || op == JumpOp::kJsge || op == JumpOp::kJslt || op == JumpOp::kJsle;
}

// Whether the comparison reads the number as the integer that its form is.
template <Word W>
constexpr typename W::Bool reads_form(ebpf::JumpOp op, unsigned width, const Scalar<W>& number) {
  const auto positive = lshr(number.u.hi, W::of(width - 1)) == W::of(0);
  return fits(number, width) && (typename W::Bool(!is_signed(op)) || positive);
}

// What is true where the jump is not taken; jset has none and is never asked.
constexpr ebpf::JumpOp opposite(ebpf::JumpOp op) {
  using ebpf::JumpOp;
  switch (op) {
    case JumpOp::kJeq:
      return JumpOp::kJne;
    case JumpOp::kJne:
      return JumpOp::kJeq;
    case JumpOp::kJgt:
      return JumpOp::kJle;
    case JumpOp::kJle:
      return JumpOp::kJgt;
    case JumpOp::kJge:
      return JumpOp::kJlt;
    case JumpOp::kJlt:
      return JumpOp::kJge;
    case JumpOp::kJsgt:
      return JumpOp::kJsle;
    case JumpOp::kJsle:
      return JumpOp::kJsgt;
    case JumpOp::kJsge:
      return JumpOp::kJslt;
    case JumpOp::kJslt:
      return JumpOp::kJsge;
    case JumpOp::kJset:
      return op;
  }
  return op;
}

// The same comparison with its operands in the other order.
constexpr ebpf::JumpOp swapped(ebpf::JumpOp op) {
  using ebpf::JumpOp;
  switch (op) {
    case JumpOp::kJgt:
      return JumpOp::kJlt;
    case JumpOp::kJlt:
      return JumpOp::kJgt;
    case JumpOp::kJge:
      return JumpOp::kJle;
    case JumpOp::kJle:
      return JumpOp::kJge;
    case JumpOp::kJsgt:
      return JumpOp::kJslt;
    case JumpOp::kJslt:
      return JumpOp::kJsgt;
    case JumpOp::kJsge:
      return JumpOp::kJsle;
    case JumpOp::kJsle:
      return JumpOp::kJsge;
    case JumpOp::kJeq:
    case JumpOp::kJne:
    case JumpOp::kJset:
      return op;
  }
  return op;
}

// Two integers a and b compare as `op` says, where difference is b - a: gives facts.assume() the
// expressions that are not negative then. False: one cannot be so. facts.implies(x) is whether x is
// known not to be negative.
template <class Form, class Facts>
bool assume_difference(ebpf::JumpOp op, const Form& difference, Facts& facts) {
  using ebpf::JumpOp;
  const Form opposite = difference.times(-1);
  switch (op) {
    case JumpOp::kJlt:
    case JumpOp::kJslt:
      return facts.assume(difference.plus(-1));
    case JumpOp::kJle:
    case JumpOp::kJsle:
      return facts.assume(difference);
    case JumpOp::kJgt:
    case JumpOp::kJsgt:
      return facts.assume(opposite.plus(-1));
    case JumpOp::kJge:
    case JumpOp::kJsge:
      return facts.assume(opposite);
    case JumpOp::kJeq:
      return facts.assume(difference) && facts.assume(opposite);
    case JumpOp::kJne:
      if (facts.implies(difference)) return facts.assume(difference.plus(-1));
      if (facts.implies(opposite)) return facts.assume(opposite.plus(-1));
      return true;
    case JumpOp::kJset:
      return true;
  }
  return true;
}

// Whether `pointer op number` says that the pointer is 0, or that it is not; none: neither.
template <Word W>
constexpr std::optional<bool> says_null(ebpf::JumpOp op, const Scalar<W>& number) {
  using ebpf::JumpOp;
  if (!is_constant(number)) return std::nullopt;
  if (number.bits.value == W::of(0)) {
    if (op == JumpOp::kJeq || op == JumpOp::kJle) return true;
    if (op == JumpOp::kJne || op == JumpOp::kJgt) return false;
  }
  if (number.bits.value == W::of(1)) {
    if (op == JumpOp::kJlt) return true;
    if (op == JumpOp::kJge) return false;
  }
  return std::nullopt;
}

}  // namespace zext::verifier
