// Loading constants: the shortest of a few sequences for each 64-bit value.
//
//   load_immediate(e, kA0, W::of(0x7fffffff00000001));   // lui 0x80000; addiw -1; slli 32; addi 1
//
// A value of 32 signed bits takes lui and addiw. A longer one is loaded step by step: its low 12
// bits are what a last addi adds, what is left has trailing zeros that a shift supplies, and the
// rest is shorter by at least 12 bits. Each step is a function here, since the proof is by
// induction over steps (proofs/lowerings/immediate_test.cc): that one is right and shortens.
#pragma once

#include <cstdint>
#include <type_traits>

#include "jit/baseline/blinding.h"
#include "jit/baseline/constant.h"
#include "jit/baseline/emitter.h"
#include "word/bits.h"
#include "word/word.h"

namespace zext::jit {

// x's lowest set bit.
template <Word W>
constexpr W lowest_bit(W x) {
  return x & (W::of(0) - x);
}

// One step of a long constant: value == (rest << shift) + low.
template <Word W>
struct ImmediateStep {
  W rest, shift, low;
};

// The step of a value that does not fit 32 bits. Where the rest would take lui and addiw, and 12
// trailing zeros are to spare, they are left to lui.
template <Word W>
constexpr ImmediateStep<W> immediate_step(W value) {
  const W low = low12(value);
  const W high = value - low;
  W shift = log2_exact(lowest_bit(high));
  W rest = ashr(high, shift);
  const W wider = shl(rest, W::of(12));
  const auto lui_alone = ult(W::of(12), shift) && !fits12(rest) && fits_signed(32, wider);
  shift = select(lui_alone, shift - W::of(12), shift);
  rest = select(lui_alone, wider, rest);
  return {.rest = rest, .shift = shift, .low = low};
}

// rd = (rd << shift) + low.
template <class E, Word W>
void finish_step(E& e, rv64::Reg rd, const ImmediateStep<W>& step) {
  e.add_imm(rv64::Op::kSlli, rd, rd, step.shift);
  if (step.low != W::of(0)) e.add_imm(rv64::Op::kAddi, rd, rd, step.low);
}

// rd = value, which fits 32 signed bits.
template <class E, Word W>
void load_short(E& e, rv64::Reg rd, W value) {
  if (fits12(value)) {
    e.add_imm(rv64::Op::kAddi, rd, rv64::kZero, value);
    return;
  }
  const W low = low12(value);
  const W upper = sext<64>(trunc<32>(value - low));
  e.add_imm(rv64::Op::kLui, rd, rv64::kZero, upper);
  if (low != W::of(0)) e.add_imm(rv64::Op::kAddiw, rd, rd, low);
}

// rd = value, by steps alone.
template <class E, Word W>
void load_by_steps(E& e, rv64::Reg rd, W value) {
  if (fits_signed(32, value)) {
    load_short(e, rd, value);
    return;
  }
  const ImmediateStep<W> step = immediate_step(value);
  load_by_steps(e, rd, step.rest);
  finish_step(e, rd, step);
}

// What a value with leading zeros is shifted from: they are gained at the right, filled with zeros
// or ones.
template <Word W>
constexpr W without_leading_zeros(W value, W zeros, bool fill) {
  const W shifted = shl(value, zeros);
  return fill ? shifted | (shl(W::of(1), zeros) - W::of(1)) : shifted;
}

// Instructions that load_by_steps takes.
constexpr unsigned steps_length(Bits<64> value) {
  unsigned length = 0;
  while (!fits_signed(32, value)) {
    const auto step = immediate_step(value);
    length += step.low == Bits<64>::of(0) ? 1 : 2;
    value = step.rest;
  }
  return length + (fits12(value) || low12(value) == Bits<64>::of(0) ? 1 : 2);
}

enum class ImmediateForm : uint8_t {
  kSteps,
  kRepeated,          // a half loaded once and added to itself 32 bits higher
  kRepeatedInverted,  // likewise, then inverted
  kTwoHalves,         // the halves loaded apart
  kZeroExtended,      // Zba: 32 bits loaded sign-extended, then add.uw
  kLeadingZeros,      // loaded without its leading zeros, zeros at the right, then srli
  kLeadingZerosOnes,  // likewise, ones at the right
};

// The low half of x, sign-extended; what is left of x without it, from bit 32 on; and one half
// twice.
template <Word W>
constexpr W low_half(const W& x) {
  return sext<64>(trunc<32>(x));
}
template <Word W>
constexpr W high_half(const W& x) {
  return ashr(x - low_half(x), W::of(32));
}
template <Word W>
constexpr W repeated(const W& half) {
  return shl(half, W::of(32)) + half;
}

// The shortest form of a value that does not fit 32 signed bits.
constexpr ImmediateForm shortest_form(Bits<64> value, Extensions extensions) {
  using W = Bits<64>;
  unsigned best = steps_length(value);
  ImmediateForm form = ImmediateForm::kSteps;
  const auto consider = [&](ImmediateForm candidate, W rest, unsigned more = 1) {
    const unsigned length = steps_length(rest) + more;
    if (length < best) {
      best = length;
      form = candidate;
    }
  };
  if (best <= 2) return form;
  if (value == repeated(low_half(value))) consider(ImmediateForm::kRepeated, low_half(value), 2);
  if (~value == repeated(low_half(~value))) {
    consider(ImmediateForm::kRepeatedInverted, low_half(~value), 3);
  }
  consider(ImmediateForm::kTwoHalves, high_half(value), 2 + steps_length(low_half(value)));
  if (value.signed_value() < 0) return form;
  if (extensions.has(rv64::Extension::kZba) && value.value() >> 32 == 0) {
    consider(ImmediateForm::kZeroExtended, sext<64>(trunc<32>(value)));
  }
  const W zeros = W::of(static_cast<unsigned>(__builtin_clzll(value.value())));
  consider(ImmediateForm::kLeadingZerosOnes, without_leading_zeros(value, zeros, true));
  consider(ImmediateForm::kLeadingZeros, without_leading_zeros(value, zeros, false));
  return form;
}

// rd = rd twice, side by side, and inverted if asked.
template <class E>
void finish_repeated(E& e, rv64::Reg rd, bool inverted) {
  using W = typename E::Value;
  e.add_imm(rv64::Op::kSlli, kScratch3, rd, W::of(32));
  e.add(rv64::Op::kAdd, rd, rd, kScratch3);
  if (inverted) e.add_imm(rv64::Op::kXori, rd, rd, ~W::of(0));
}

// rd = (rd << 32) + kScratch3.
template <class E>
void finish_two_halves(E& e, rv64::Reg rd) {
  e.add_imm(rv64::Op::kSlli, rd, rd, E::Value::of(32));
  e.add(rv64::Op::kAdd, rd, rd, kScratch3);
}

// rd = value in the given form; kScratch3 may change. `zeros`: at most the value's leading zeros.
template <class E, Word W>
void load_in_form(E& e, rv64::Reg rd, W value, ImmediateForm form, W zeros) {
  switch (form) {
    case ImmediateForm::kSteps:
      load_by_steps(e, rd, value);
      return;
    case ImmediateForm::kRepeated:
      load_short(e, rd, low_half(value));
      return finish_repeated(e, rd, false);
    case ImmediateForm::kRepeatedInverted:
      load_short(e, rd, low_half(~value));
      return finish_repeated(e, rd, true);
    case ImmediateForm::kTwoHalves:
      load_short(e, kScratch3, low_half(value));
      load_short(e, rd, high_half(value));
      return finish_two_halves(e, rd);
    case ImmediateForm::kZeroExtended:
      load_by_steps(e, rd, sext<64>(trunc<32>(value)));
      e.add(rv64::Op::kAddUw, rd, rd, rv64::kZero);
      return;
    case ImmediateForm::kLeadingZeros:
    case ImmediateForm::kLeadingZerosOnes:
      load_by_steps(e, rd,
                    without_leading_zeros(value, zeros, form == ImmediateForm::kLeadingZerosOnes));
      e.add_imm(rv64::Op::kSrli, rd, rd, zeros);
      return;
  }
}

// rd = value; kScratch3, which rd is not, may change.
template <class E, Word W>
void load_immediate(E& e, rv64::Reg rd, W value) {
  if (e.context.mask && bool(value != W::of(0))) return load_blinded(e, rd, value);
  if (fits_signed(32, value)) {
    load_short(e, rd, value);
    return;
  }
  if constexpr (std::is_same_v<W, Bits<64>>) {
    const auto zeros = static_cast<unsigned>(__builtin_clzll(value.value()));
    load_in_form(e, rd, value, shortest_form(value, e.context.extensions), W::of(zeros));
  } else {
    // In theorems about other lowerings this theorem is a lemma: one instruction that does it.
    e.add_imm(rv64::Op::kAddi, kScratch3, rv64::kZero, W::variable("a long constant's scratch"));
    e.add_imm(rv64::Op::kAddi, rd, rv64::kZero, value);
  }
}

// The register that keeps `value` throughout the function, or x0.
template <class E, Word W>
rv64::Reg kept_constant(const E& e, const W& value) {
  for (const auto& kept : e.context.kept) {
    if constexpr (E::kMutation == Mutation::kKeptConstantComparesLowHalf) {
      if (trunc<32>(kept.value) == trunc<32>(value)) return kept.reg;
    }
    if (kept.value == value) return kept.reg;
  }
  return rv64::kZero;
}

// A register that holds `value`: one that keeps it, or `scratch`.
template <class E, Word W>
rv64::Reg constant_register(E& e, W value, rv64::Reg scratch) {
  const rv64::Reg kept = kept_constant(e, value);
  if (kept != rv64::kZero) return kept;
  load_immediate(e, scratch, value);
  return scratch;
}

// rd = value, from the register that keeps it if there is one and it is no single instruction.
template <class E, Word W>
void move_constant(E& e, rv64::Reg rd, W value) {
  const rv64::Reg kept = fits12(value) ? rv64::kZero : kept_constant(e, value);
  kept != rv64::kZero ? e.move(rd, kept) : load_immediate(e, rd, value);
}

}  // namespace zext::jit
