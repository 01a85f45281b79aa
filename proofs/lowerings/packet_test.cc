// LD_ABS and LD_IND call their function with r6 and the 32-bit offset, whatever registers and
// immediates they have, and leave r6 to r9 and the stack alone; r0 is its result, and the branch
// out of the function is taken exactly if that is negative.
#include "jit/baseline/packet.h"

#include <gtest/gtest.h>

#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;

// The arguments of one instruction: in a0 and a1, and nothing else that lives on is changed.
template <Mutation kMutation>
Formula arguments(const BpfInstruction& insn) {
  State state(0, insn.src);
  jit::Emitter<Word64, kMutation> e({.stack_top = state.stack_top});
  jit::lower_packet_arguments(e, insn);
  state.run(e);
  const bool indirect = insn.row().kind == ebpf::Kind::kLoadInd;
  const Word64 offset = indirect ? state.bpf[insn.src] + insn.imm : insn.imm;
  auto expected = state.bpf;
  expected[1] = state.bpf[6];
  expected[2] = sext<64>(trunc<32>(offset));
  return state.registers_are(expected) && Formula(state.memory.trace().empty());
}

template <Mutation kMutation = Mutation::kNone>
Claim all_arguments(const ebpf::Row& row) {
  Goals goals;
  const bool indirect = row.kind == ebpf::Kind::kLoadInd;
  const ebpf::Reg last = indirect ? ebpf::kFramePointer : 0;
  for (ebpf::Reg src = 0; src <= last; ++src) {
    goals.add(arguments<kMutation>({.op = row.op, .src = src, .imm = any_immediate()}));
  }
  return {.show = goals.formulas()};
}

TEST(PacketLoads, PassContextAndOffset) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (row.kind != ebpf::Kind::kLoadAbs && row.kind != ebpf::Kind::kLoadInd) continue;
    theorem(row_name(row), 8u * row.bytes, [&] { return all_arguments(row); });
  }
}

TEST(PacketLoads, NegativeResultsLeave) {
  theorem("result of a packet load", 64, [] {
    State state(0, 1);
    const Word64 result = Word64::variable("result");
    state.x[rv64::kA0] = result;
    jit::Emitter<Word64> e;
    const jit::Branch branch = jit::lower_packet_result(e);
    state.run(e);
    const rv64::Instruction<Word64> machine{.op = branch.op, .rs1 = branch.rs1, .rs2 = branch.rs2};
    auto expected = state.bpf;
    expected[0] = expected[1] = result;  // r1 is not the program's to read
    return state.registers_are(expected) &&
           rv64::taken(machine, state.x[branch.rs1], state.x[branch.rs2]) ==
               slt(result, Word64::of(0));
  });
}

TEST(Mutants, OffsetNotTruncated) {
  refuted("LD_IND adds in 64 bits", 64, [] {
    return all_arguments<Mutation::kPacketOffsetNotTruncated>(ebpf::row_of(ebpf::Op::kLoadInd32));
  });
}

}  // namespace
}  // namespace zext::proofs
