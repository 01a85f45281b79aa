// Blinding changes nothing: with its constant behind any mask, every instruction does what eBPF's
// table says of it, for all constants, masks, offsets, values and registers.
#include "jit/baseline/blinding.h"

#include <gtest/gtest.h>

#include "jit/baseline/jump.h"
#include "jit/baseline/lower.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::Kind;
using jit::Mutation;

template <Mutation kMutation>
using Blinding = jit::Emitter<Word64, kMutation>;

template <Mutation kMutation>
Blinding<kMutation> emitter(const State& state, jit::Extensions extensions) {
  return Blinding<kMutation>(
      {.extensions = extensions, .stack_top = state.stack_top, .mask = Word64::variable("mask")});
}

// The instruction as the compiler lowers it: its operands are in registers.
template <class E>
BpfInstruction blinded(E& e, const BpfInstruction& insn, Word64& offset) {
  return jit::blind_operands(e, jit::with_constant_in_register(insn), offset);
}
template <class E>
BpfInstruction blinded(E& e, const BpfInstruction& insn) {
  Word64 offset = Word64::of(0);
  return blinded(e, insn, offset);
}

template <Mutation kMutation = Mutation::kNone>
Claim arithmetic(ebpf::Op op, const Word64& imm, jit::Extensions extensions) {
  Goals goals;
  for (ebpf::Reg d = 0; d < jit::kHomeCount; ++d) {
    const BpfInstruction insn{.op = op, .dst = d, .imm = imm};
    State state(d, d);
    auto e = emitter<kMutation>(state, extensions);
    jit::lower_straight(e, blinded(e, insn));
    state.run(e);
    auto expected = state.bpf;
    expected[d] = insn.row().kind == Kind::kImm64
                      ? imm
                      : ebpf::compute(insn, state.bpf[d], state.bpf[insn.src]);
    goals.add(state.registers_are(expected));
  }
  return {.show = goals.formulas()};
}

class Blinded : public ::testing::TestWithParam<NamedExtensions> {};

TEST_P(Blinded, ArithmeticIsEbpfs) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (row.kind != Kind::kAlu || row.source != ebpf::Source::kImmediate) continue;
    theorem("blinded " + row_name(row) + ", " + GetParam().name, row.width, [&] {
      const OpaqueArithmetic opaque;
      const Word64 imm = any_immediate();
      Paths::assume(imm != Word64::of(0));  // zero is not blinded: alu_test.cc
      return arithmetic(row.op, imm, GetParam().extensions);
    });
  }
}

TEST_P(Blinded, ConstantsAreWhole) {
  theorem(std::string("blinded LD_IMM64, ") + GetParam().name, 64, [] {
    return arithmetic(ebpf::Op::kLoadImm64, Word64::variable("imm64"), GetParam().extensions);
  });
}

TEST_P(Blinded, JumpsAreTakenAsInEbpf) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (row.kind != Kind::kJump || row.source != ebpf::Source::kImmediate) continue;
    theorem("blinded " + row_name(row) + ", " + GetParam().name, row.width, [&] {
      Goals goals;
      for (ebpf::Reg d = 0; d < ebpf::kRegisterCount; ++d) {
        const BpfInstruction insn{.op = row.op, .dst = d, .imm = any_immediate()};
        State state(d, d);
        auto e = emitter<Mutation::kNone>(state, GetParam().extensions);
        const jit::Branch branch = jit::lower_jump(e, blinded(e, insn));
        state.run(e);
        const rv64::Instruction<Word64> machine{
            .op = branch.op, .rs1 = branch.rs1, .rs2 = branch.rs2};
        const Formula taken = rv64::taken(machine, state.x[branch.rs1], state.x[branch.rs2]);
        goals.add(taken == ebpf::jumps(insn, state.bpf[d], state.bpf[d]) &&
                  state.registers_are(state.bpf));
      }
      return Claim{.show = goals.formulas()};
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Extensions, Blinded,
                         ::testing::ValuesIn(std::begin(kExtensionSets),
                                             std::begin(kExtensionSets) + 2));

// What is left of any access once its offset is blinded is one without an offset, of the register
// that has the address; nothing of eBPF's has changed by then.
TEST(Blinded, AddressesAreBasesPlusOffsets) {
  for (const ebpf::Op op : {ebpf::Op::kLoad64, ebpf::Op::kStore64, ebpf::Op::kAtomicAdd64}) {
    const ebpf::Row& row = ebpf::row_of(op);
    theorem("blinded address of " + row_name(row), 64, [&] {
      Goals goals;
      for (const ebpf::Reg base : {ebpf::Reg{1}, ebpf::kFramePointer}) {
        const BpfInstruction insn{.op = row.op, .dst = base, .src = base, .imm = Word64::of(0)};
        State state(base, base);
        const Word64 given = sext<64>(Bv<16>::variable("offset"));
        Word64 offset = given;
        auto e = emitter<Mutation::kNone>(state, jit::kRv64gc);
        const BpfInstruction left = blinded(e, insn, offset);
        state.run(e);
        const ebpf::Reg now = *jit::address_base(left);
        const Word64& value = now == base ? state.bpf[base] : state.x[jit::home(now)];
        goals.add(value + offset == state.bpf[base] + given && state.registers_are(state.bpf) &&
                  Formula(state.memory.trace().empty()));
      }
      return Claim{.show = goals.formulas()};
    });
  }
}

TEST(Mutants, Blinding) {
  refuted("a masked constant is not unmasked", 64, [] {
    return arithmetic<Mutation::kConstantStaysMasked>(ebpf::Op::kAdd64Imm, any_immediate(),
                                                      jit::kRv64gc);
  });
  refuted("half of a long constant is not unmasked", 64, [] {
    return arithmetic<Mutation::kConstantStaysMasked>(ebpf::Op::kLoadImm64,
                                                      Word64::variable("imm64"), jit::kRv64gc);
  });
}

}  // namespace
}  // namespace zext::proofs
