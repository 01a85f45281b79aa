// What jit/baseline/extend.h says of upper halves is true: where it claims that an instruction
// leaves the upper half of its destination zero, eBPF's table agrees, whatever the operands.
#include <gtest/gtest.h>

#include "jit/baseline/extend.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

// Unsigned quotients and remainders do not exceed the dividend; the arithmetic behind the claims
// about `/=` and `%=`, which stays opaque here.
Formula lemmas(const Word64& a, const Word64& b) {
  return implies(b != Word64::of(0), ule(udiv(a, b), a) && ule(urem(a, b), a));
}

Claim claim_about(const ebpf::Row& row, unsigned knowledge) {
  const OpaqueArithmetic opaque;
  Goals goals;
  Formula given = true;
  for (const bool same : {false, true}) {
    const BpfInstruction insn{
        .op = row.op, .dst = 1, .src = same ? ebpf::Reg{1} : ebpf::Reg{2}, .imm = any_immediate()};
    const State state(insn.dst, insn.src);
    const jit::RegisterSet known = known_registers(knowledge, insn.dst, insn.src);
    if (!jit::zero_extends(insn, known)) continue;
    const Word64 dst = state.bpf[insn.dst];
    const Word64 src = state.bpf[insn.src];
    const Word64 operand = row.source == ebpf::Source::kImmediate ? insn.imm : src;
    const Word64 after = ebpf::compute(insn, dst, src);
    goals.add(implies(holds(known, state) && lemmas(dst, operand),
                      extract<63, 32>(after) == Bv<32>::of(0)));
  }
  return {.given = given, .show = goals.formulas()};
}

TEST(ZeroExtension, WhatIsClaimedHolds) {
  for (const ebpf::Row& row : ebpf::kRows) {
    switch (row.kind) {
      case ebpf::Kind::kAlu:
      case ebpf::Kind::kNeg:
      case ebpf::Kind::kMovsx:
      case ebpf::Kind::kEndian:
        for (unsigned knowledge = 0; knowledge < kKnowledgeCount; ++knowledge) {
          theorem(row_name(row) + ", knowing " + std::to_string(knowledge), row.width,
                  [&] { return claim_about(row, knowledge); });
        }
        break;
      default:
        break;
    }
  }
  theorem("LD_IMM64", 64, [] {
    const BpfInstruction insn{.op = ebpf::Op::kLoadImm64, .imm = Word64::variable("imm")};
    if (!jit::zero_extends(insn, jit::RegisterSet())) return Formula(true);
    return extract<63, 32>(insn.imm) == Bv<32>::of(0);
  });
}

// The lemmas, at 64 bits: q <= a and r <= a where a == q * b + r without wrapping and r < b, as
// division is defined.
TEST(ZeroExtension, QuotientsAndRemaindersAreNotLarger) {
  theorem("a / b <= a, a % b <= a", 16, [] {
    const auto a = Bv<16>::variable("a"), b = Bv<16>::variable("b");
    return Claim{.given = b != Bv<16>::of(0), .show = {ule(udiv(a, b), a), ule(urem(a, b), a)}};
  });
}

// A fact that is not true is found: a sum of two registers with zero upper halves may carry.
TEST(Mutants, SumKeepsUpperHalfZero) {
  refuted("r1 += r2 keeps the upper half zero", 64, [] {
    const auto a = Word64::variable("a"), b = Word64::variable("b");
    const auto high = [](const Word64& x) { return extract<63, 32>(x) == Bv<32>::of(0); };
    return implies(high(a) && high(b), high(ebpf::alu(ebpf::AluOp::kAdd, a, b)));
  });
}

}  // namespace
}  // namespace zext::proofs
