// Every lowering of a conditional jump takes its branch exactly if eBPF's table says so, and
// changes no half of a register that counts; the inverted branch of the far forms goes the other
// way.
#include "jit/baseline/jump.h"

#include <gtest/gtest.h>

#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;

template <Mutation kMutation>
Formula one_case(const BpfInstruction& insn, jit::Extensions extensions, jit::Uppers known,
                 jit::RegisterSet after) {
  State state(insn.dst, insn.src);
  state.only_low_halves_but(jit::upper_demand(insn).before(after));
  const Formula given = state.holds(known);
  jit::Emitter<Word64, kMutation> e(
      {.extensions = extensions, .stack_top = state.stack_top, .uppers = known, .counts = after});
  const jit::Branch branch = jit::lower_jump(e, insn);
  state.run(e);
  const rv64::Instruction<Word64> machine{.op = branch.op, .rs1 = branch.rs1, .rs2 = branch.rs2};
  const Formula taken = rv64::taken(machine, state.x[branch.rs1], state.x[branch.rs2]);
  const Formula wanted = ebpf::jumps(insn, state.bpf[insn.dst], state.bpf[insn.src]);
  return implies(given, taken == wanted && state.represents(state.bpf, after,
                                                            jit::uppers_after(insn, known, after)));
}

// All assignments of registers; and for some that stand for all, all that may be known of their
// upper halves, whether or not these count afterwards.
template <Mutation kMutation = Mutation::kNone>
std::vector<Formula> all_cases(const ebpf::Row& row, jit::Extensions extensions) {
  Goals goals;
  const bool reg = row.source == ebpf::Source::kRegister;
  const Word64 imm = any_immediate();
  const auto add = [&](ebpf::Reg d, ebpf::Reg s, jit::Upper of_dst, jit::Upper of_src,
                       unsigned counts) {
    if (!reg && s != d) return;
    jit::RegisterSet after = all_but({});
    if (s != ebpf::kFramePointer) after.put(s, (counts & 2) != 0);
    if (d != ebpf::kFramePointer) after.put(d, (counts & 1) != 0);
    goals.add(one_case<kMutation>({.op = row.op, .dst = d, .src = s, .imm = imm}, extensions,
                                  known_of(d, of_dst, s, of_src), after));
  };
  for (ebpf::Reg d = 0; d < ebpf::kRegisterCount; ++d) {
    for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) add(d, s, {}, {}, 3);
  }
  for (unsigned counts = 0; counts < 4; ++counts) {
    for (const jit::Upper of_dst : kKnowledge) {
      for (const jit::Upper of_src : kKnowledge) {
        for (const ebpf::Reg s : {1, 2, 10}) add(1, s, of_dst, of_src, counts);
        add(10, 1, of_dst, of_src, counts);
      }
    }
  }
  return goals.formulas();
}

template <class Visit>
void each_row(Visit visit) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (row.kind == ebpf::Kind::kJump) visit(row);
  }
}

class Jumps : public ::testing::TestWithParam<NamedExtensions> {};

TEST_P(Jumps, TakenAsInEbpf) {
  each_row([&](const ebpf::Row& row) {
    theorem(row_name(row) + ", " + GetParam().name, row.width,
            [&] { return Claim{.show = all_cases(row, GetParam().extensions)}; });
  });
}

// Without Zicond: no comparison uses it.
INSTANTIATE_TEST_SUITE_P(Extensions, Jumps,
                         ::testing::ValuesIn(std::begin(kExtensionSets),
                                             std::begin(kExtensionSets) + 2));

template <Mutation kMutation = Mutation::kNone>
Formula inversion(rv64::Op op) {
  const auto a = Word64::variable("a"), b = Word64::variable("b");
  const rv64::Instruction<Word64> straight{.op = op};
  const rv64::Instruction<Word64> inverse{.op = jit::inverted<kMutation>(op)};
  return rv64::taken(straight, a, b) == !rv64::taken(inverse, a, b);
}

TEST(Branches, InvertedGoesTheOtherWay) {
  for (const rv64::Row& row : rv64::kRows) {
    if (row.kind != rv64::Kind::kBranch) continue;
    theorem(std::string("inverted ") + row.mnemonic, 64, [&] { return inversion(row.op); });
  }
}

TEST(Mutants, ConditionNotInverted) {
  refuted("far branch keeps its condition", 64,
          [] { return inversion<Mutation::kConditionNotInverted>(rv64::Op::kBlt); });
}

TEST(Mutants, Jump32ComparesUpperHalf) {
  for (const ebpf::Op op : {ebpf::Op::kJsgt32Reg, ebpf::Op::kJeq32Imm}) {
    const ebpf::Row& row = ebpf::row_of(op);
    refuted(row_name(row) + " compares whole registers", 32, [&] {
      return Claim{.show = all_cases<Mutation::kJump32ComparesUpperHalf>(row, jit::kRv64gc)};
    });
  }
}

}  // namespace
}  // namespace zext::proofs
