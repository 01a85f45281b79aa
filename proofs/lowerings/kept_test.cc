// Constants that a register keeps: where a lowering uses one instead of loading it, it does what
// eBPF's table says, for every immediate and whatever constant the register keeps. That the
// register keeps it is `State::represents`: no lowering changes one of these registers.
#include <gtest/gtest.h>

#include "jit/baseline/jump.h"
#include "jit/baseline/lower.h"
#include "proofs/lowerings/division.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::Kind;
using jit::Mutation;

// The claim about one instruction, where a6 keeps what it holds.
template <Mutation kMutation>
Formula one_case(const BpfInstruction& insn, bool counts) {
  const ebpf::Row& row = insn.row();
  State state(insn.dst, insn.src);
  jit::RegisterSet after = all_but({insn.dst});
  after.put(insn.dst, counts);
  state.only_low_halves_but(jit::upper_demand(insn).before(after));
  const jit::KeptConstant<Word64> kept[] = {{state.x[rv64::kA6], rv64::kA6}};
  jit::Emitter<Word64, kMutation> e({.stack_top = state.stack_top, .counts = after, .kept = kept});
  const jit::Uppers known = jit::uppers_after(insn, {}, after);
  auto expected = state.bpf;
  if (row.kind == Kind::kJump) {
    const jit::Branch branch = jit::lower_jump(e, insn);
    state.run(e);
    const rv64::Instruction<Word64> machine{.op = branch.op, .rs1 = branch.rs1, .rs2 = branch.rs2};
    const Formula taken = rv64::taken(machine, state.x[branch.rs1], state.x[branch.rs2]);
    return taken == ebpf::jumps(insn, state.bpf[insn.dst], Word64::of(0)) &&
           state.represents(expected, after, known);
  }
  jit::lower_straight(e, insn);
  state.run(e);
  if (row.kind == Kind::kStoreImm) {
    const Trace& trace = state.memory.trace();
    if (trace.size() != 1 || trace[0].kind != Access::Kind::kWrite) return false;
    return ebpf::zero_extend(row.bytes, trace[0].value) == ebpf::zero_extend(row.bytes, insn.imm) &&
           state.represents(expected, after, known);
  }
  const bool imm64 = row.kind == Kind::kImm64;
  expected[insn.dst] = imm64 ? insn.imm : ebpf::compute(insn, state.bpf[insn.dst], Word64::of(0));
  return implies(opaque_lemmas(insn, state.bpf[insn.dst], Word64::of(0)),
                 state.represents(expected, after, known));
}

template <Mutation kMutation = Mutation::kNone>
Claim both_cases(const ebpf::Row& row) {
  const OpaqueArithmetic opaque;
  const bool imm64 = row.kind == Kind::kImm64;
  const BpfInstruction insn{
      .op = row.op, .dst = 1, .imm = imm64 ? Word64::variable("imm64") : any_immediate()};
  // The special forms load no constant; alu_test has them.
  if (row.group == ebpf::Group::kDivMul) assume_general_divisor(insn.imm);
  Goals goals;
  for (const bool counts : {true, false}) goals.add(one_case<kMutation>(insn, counts));
  return {.show = goals.formulas()};
}

bool has_constant(const ebpf::Row& row) {
  const bool immediate = row.source == ebpf::Source::kImmediate;
  return ((row.kind == Kind::kAlu || row.kind == Kind::kJump) && immediate) ||
         row.kind == Kind::kStoreImm || row.kind == Kind::kEndian || row.op == ebpf::Op::kLoadImm64;
}

TEST(KeptConstants, AreUsedAsIfLoaded) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (!has_constant(row)) continue;
    theorem(row_name(row), row.width, [&] { return both_cases(row); }, kWithMemory);
  }
}

TEST(Mutants, AnotherConstantWithTheSameLowHalf) {
  refuted("LD_IMM64 from a register that keeps another constant", 64, [] {
    return both_cases<Mutation::kKeptConstantComparesLowHalf>(ebpf::row_of(ebpf::Op::kLoadImm64));
  });
}

}  // namespace
}  // namespace zext::proofs
