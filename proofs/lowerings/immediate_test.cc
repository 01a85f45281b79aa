// Loading constants: for all 64-bit values, by induction over steps.
//
// load_by_steps(value) is load_short(value) where 32 signed bits hold it, and otherwise
// load_by_steps(rest) followed by finish_step. Shown here for all values:
//   1. load_short gives the value, if 32 signed bits hold it;
//   2. finish_step turns rest into value, with a shift amount and an addend that have encodings;
//   3. rest has at least 12 bits fewer, or fits 32: so there are at most three steps, and the
//      recursion ends;
//   4. each of the other forms turns what it loads first into the value.
// By 1 to 3 and induction on the value's length load_by_steps is right, by 4 load_immediate is.
#include <gtest/gtest.h>

#include "jit/baseline/imm64.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::ImmediateForm;
using jit::Mutation;
using E = jit::Emitter<Word64>;

constexpr rv64::Reg kRd = rv64::kA3;

Word64 any_value() { return Word64::variable("value"); }

// Runs what is emitted from a state in which rd holds `start`; whether it gives `value`.
Formula gives(const E& e, const Word64& start, const Word64& value) {
  State state(0, 0);
  state.x[kRd] = start;
  state.run(e);
  return state.x[kRd] == value;
}

// That every instruction has an encoding: the immediate is in its format's range.
Formula encodable(const E& e) {
  Formula all = true;
  for (const auto& item : e.items()) {
    rv64::Operands<Word64> operands{.rd = Word64::of(item.insn.rd),
                                    .rs1 = Word64::of(item.insn.rs1),
                                    .rs2 = Word64::of(item.insn.rs2),
                                    .imm = item.insn.imm,
                                    .aq = Word64::of(item.insn.aq),
                                    .rl = Word64::of(item.insn.rl)};
    all = all && rv64::fits<Word64>(rv64::layout_of(item.insn.row().format), operands);
  }
  return all;
}

TEST(Immediates, Short) {
  theorem("lui, addiw", 64, [] {
    const Word64 value = any_value();
    Paths::assume(jit::fits_signed(32, value));
    E e;
    jit::load_short(e, kRd, value);
    return Claim{.show = {gives(e, Word64::variable("before"), value), encodable(e)}};
  });
}

TEST(Immediates, OneStep) {
  theorem("rest << shift + low", 64, [] {
    const Word64 value = any_value();
    Paths::assume(!jit::fits_signed(32, value));
    const auto step = jit::immediate_step(value);
    E e;
    jit::finish_step(e, kRd, step);
    return Claim{.show = {gives(e, step.rest, value), encodable(e)}};
  });
}

TEST(Immediates, StepsShorten) {
  for (const unsigned bits : {64u, 52u, 40u}) {
    theorem("a step of " + std::to_string(bits) + " bits leaves 12 fewer", 64, [bits] {
      const Word64 value = any_value();
      const auto step = jit::immediate_step(value);
      return Claim{
          .given = jit::fits_signed(bits, value) && !jit::fits_signed(32, value),
          .show = {jit::fits_signed(bits - 12, step.rest) || jit::fits_signed(32, step.rest)}};
    });
  }
}

TEST(Immediates, OtherForms) {
  theorem("add.uw of the low half", 64, [] {
    const Word64 value = any_value();
    Paths::assume(ult(value, Word64::of(uint64_t{1} << 32)));
    E e;
    e.add(rv64::Op::kAddUw, kRd, kRd, rv64::kZero);
    return gives(e, sext<64>(trunc<32>(value)), value);
  });
  for (const bool ones : {false, true}) {
    theorem(ones ? "srli of ones at the right" : "srli of zeros at the right", 64, [ones] {
      const Word64 value = any_value(), zeros = Word64::variable("zeros");
      Paths::assume(ult(zeros, Word64::of(64)) && ult(Word64::of(0), zeros));
      E e;
      e.add_imm(rv64::Op::kSrli, kRd, kRd, zeros);
      return Claim{
          .given = lshr(shl(value, zeros), zeros) == value,
          .show = {gives(e, jit::without_leading_zeros(value, zeros, ones), value), encodable(e)}};
    });
  }
}

TEST(Immediates, FormsOfTwoHalves) {
  for (const bool inverted : {false, true}) {
    theorem(inverted ? "a half twice, inverted" : "a half twice", 64, [inverted] {
      const Word64 value = any_value();
      const Word64 half = jit::low_half(inverted ? ~value : value);
      E e;
      jit::finish_repeated(e, kRd, inverted);
      return Claim{.given = (inverted ? ~value : value) == jit::repeated(half),
                   .show = {gives(e, half, value), jit::fits_signed(32, half), encodable(e)}};
    });
  }
  theorem("two halves", 64, [] {
    const Word64 value = any_value();
    E e;
    jit::finish_two_halves(e, kRd);
    State state(0, 0);
    state.x[kRd] = jit::high_half(value);
    state.x[jit::kScratch3] = jit::low_half(value);
    state.run(e);
    return Claim{.show = {state.x[kRd] == value, jit::fits_signed(32, jit::high_half(value)),
                          jit::fits_signed(32, jit::low_half(value)), encodable(e)}};
  });
}

// load_in_form is exactly those parts, and shortest_form names a form only where it applies.
TEST(Immediates, FormsOfTwoHalvesAreTheirParts) {
  const auto executed = [](uint64_t value, ImmediateForm form) {
    const Bits<64> word = Bits<64>::of(value);
    EXPECT_EQ(jit::shortest_form(word, jit::kRv64gc), form) << std::hex << value;
    jit::Emitter<Bits<64>> e;
    jit::load_in_form(e, kRd, word, form, Bits<64>::of(0));
    rv64::Registers<Bits<64>> x{};
    for (const auto& item : e.items()) rv64::execute(item.insn, x, Bits<64>::of(0));
    EXPECT_EQ(x[kRd].value(), value);
  };
  executed(0x5555'5555'5555'5555, ImmediateForm::kRepeated);
  executed(0x0f0f'0f0f'0f0f'0f0f, ImmediateForm::kRepeated);
  executed(0x8080'8080'8080'8080, ImmediateForm::kRepeatedInverted);
  executed(0xff51'afd7'ed55'8ccd, ImmediateForm::kTwoHalves);
  executed(0x1234'5678'9abc'def0, ImmediateForm::kTwoHalves);
}

// load_in_form is exactly those parts.
TEST(Immediates, FormsAreTheirParts) {
  const Bits<64> value = Bits<64>::of(0x00000012'34567890);
  for (const ImmediateForm form :
       {ImmediateForm::kLeadingZeros, ImmediateForm::kLeadingZerosOnes}) {
    const bool ones = form == ImmediateForm::kLeadingZerosOnes;
    const Bits<64> zeros = Bits<64>::of(27);
    jit::Emitter<Bits<64>> whole, parts;
    jit::load_in_form(whole, kRd, value, form, zeros);
    jit::load_by_steps(parts, kRd, jit::without_leading_zeros(value, zeros, ones));
    parts.add_imm(rv64::Op::kSrli, kRd, kRd, zeros);
    ASSERT_EQ(whole.size(), parts.size());
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(whole.items()[i].insn, parts.items()[i].insn);
    }
  }
}

// LD_IMM64 as encoded: two halves of 32 bits, of which neither extends into the other.
template <Mutation kMutation>
Formula imm64(const Bv<32>& high, const Bv<32>& low) {
  const BpfInstruction insn{.op = ebpf::Op::kLoadImm64, .dst = 3, .imm = concat(high, low)};
  State state(insn.dst, insn.dst);
  jit::Emitter<Word64, kMutation> e(jit::Context<Word64>{});
  jit::lower_imm64(e, insn);
  state.run(e);
  auto expected = state.bpf;
  expected[insn.dst] = shl(zext<64>(high), Word64::of(32)) | zext<64>(low);
  return state.registers_are(expected);
}

TEST(Imm64, HalvesSideBySide) {
  theorem("LD_IMM64", 64,
          [] { return imm64<Mutation::kNone>(Bv<32>::variable("high"), Bv<32>::variable("low")); });
}

TEST(Mutants, Imm64LowHalfSignExtended) {
  refuted("LD_IMM64 with its low half sign-extended", 64, [] {
    return imm64<Mutation::kImm64LowHalfSignExtended>(Bv<32>::variable("high"),
                                                      Bv<32>::variable("low"));
  });
}

// The constant that the bug was found by: it becomes 0xffffffbf804df568.
TEST(Mutants, TheConstantOfTheProjectIsAnInstance) {
  const auto high = Bv<32>::of(0xffffffc0), low = Bv<32>::of(0x804df568);
  refuted("0xffffffc0804df568 under that mutant", 64,
          [&] { return imm64<Mutation::kImm64LowHalfSignExtended>(high, low); });
  theorem("0xffffffc0804df568 as it is", 64, [&] { return imm64<Mutation::kNone>(high, low); });
  theorem("what the mutant makes of it", 64, [&] {
    const Word64 wrong = shl(zext<64>(high), Word64::of(32)) + sext<64>(low);
    return wrong == Word64::of(0xffffffbf804df568);
  });
}

}  // namespace
}  // namespace zext::proofs
