// A move and the operation that takes it in: what is emitted for the operation alone leaves in all
// registers what eBPF's table says of both, one after the other, wherever jit::takes_in allows it.
#include "jit/baseline/fusion.h"

#include <gtest/gtest.h>

#include "jit/baseline/lower.h"
#include "proofs/lowerings/division.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;

struct Case {
  BpfInstruction move;
  BpfInstruction next;
  jit::Uppers known;
  bool counts;  // the upper half of the result
};

// Adds the claim, where the move is taken in.
template <Mutation kMutation>
void add_case(Goals& goals, const Case& c, jit::Extensions extensions) {
  const ebpf::Reg d = c.next.dst;
  State state(d, c.next.src, c.move.src);
  jit::RegisterSet after = all_but({d, c.move.src, c.next.src});
  after.put(d, c.counts);
  const jit::RegisterSet between = jit::upper_demand(c.next).before(after);
  if (!jit::takes_in<kMutation>(c.move, c.next, c.known, between, after)) return;
  state.only_low_halves_but(jit::upper_demand(c.move).before(between));
  const Formula given = state.holds(c.known);
  const jit::Uppers known = jit::uppers_after(c.move, c.known, between);
  jit::Emitter<Word64> e({.extensions = extensions,
                          .stack_top = state.stack_top,
                          .uppers = known,
                          .counts = after,
                          .left = c.move.src});
  jit::lower_straight(e, c.next);
  state.run(e);
  auto expected = state.bpf;
  expected[d] = ebpf::compute(c.move, expected[d], expected[c.move.src]);
  const Word64 left = expected[d], right = expected[c.next.src];
  expected[d] = ebpf::compute(c.next, left, right);
  const Formula lemmas = opaque_lemmas(c.next, left, right);
  goals.add(implies(given && lemmas,
                    state.represents(expected, after, jit::uppers_after(c.next, known, after))));
}

// Registers for the move's source and the operation's: the same as dst, others, r10.
template <Mutation kMutation = Mutation::kNone>
std::vector<Formula> all_cases(ebpf::Op move, ebpf::Op next, const Word64& imm,
                               jit::Extensions extensions) {
  Goals goals;
  const BpfInstruction plain{.op = next, .dst = 1, .imm = imm};
  const bool reg = plain.row().source == ebpf::Source::kRegister;
  const auto add = [&](ebpf::Reg left, ebpf::Reg src, jit::Upper of_left, jit::Upper of_src,
                       bool counts) {
    Case c{{.op = move, .dst = plain.dst, .src = left}, plain, {}, counts};
    c.next.src = reg ? src : ebpf::Reg{0};
    c.known = known_of(left, of_left, src, of_src);
    add_case<kMutation>(goals, c, extensions);
  };
  for (const bool counts : {true, false}) {
    for (const jit::Upper of_left : kKnowledge) {
      for (const jit::Upper of_src : kKnowledge) {
        if (!reg && of_left != of_src) continue;
        for (const ebpf::Reg left : {1, 2, 10}) {
          for (const ebpf::Reg src : {1, 2, 3, 10}) {
            if (reg || src == 1) add(left, src, of_left, of_src, counts);
          }
        }
      }
    }
  }
  return goals.formulas();
}

constexpr ebpf::Op kMoves[] = {ebpf::Op::kMov64Reg, ebpf::Op::kMov32Reg};

class Fusion : public ::testing::TestWithParam<NamedExtensions> {
 protected:
  template <class Visit>
  void each_pair(bool multiplies, Visit visit) const {
    for (const ebpf::Row& row : ebpf::kRows) {
      if (row.kind != ebpf::Kind::kAlu && row.kind != ebpf::Kind::kNeg) continue;
      if (row.kind == ebpf::Kind::kAlu && row.alu == ebpf::AluOp::kMov) continue;
      if ((row.group == ebpf::Group::kDivMul) != multiplies) continue;
      for (const ebpf::Op move : kMoves) visit(move, row);
    }
  }
  std::string name(ebpf::Op move, const ebpf::Row& row, const char* note = "") const {
    return row_name(ebpf::row_of(move)) + ", " + row_name(row) + note + ", " + GetParam().name;
  }
};
class FusionWithoutZicond : public Fusion {};

TEST_P(FusionWithoutZicond, OperationTakesInTheMove) {
  each_pair(false, [&](ebpf::Op move, const ebpf::Row& row) {
    theorem(name(move, row), row.width, [&] {
      return Claim{.show = all_cases(move, row.op, any_immediate(), GetParam().extensions)};
    });
  });
}

// As in alu_test: opaque; zero and powers of two one by one.
TEST_P(Fusion, ProductsAndQuotients) {
  each_pair(true, [&](ebpf::Op move, const ebpf::Row& row) {
    theorem(name(move, row, ", opaque"), row.width, [&] {
      const OpaqueArithmetic opaque;
      const Word64 imm = any_immediate();
      if (row.source == ebpf::Source::kImmediate) assume_general_divisor(imm);
      return Claim{.show = all_cases(move, row.op, imm, GetParam().extensions)};
    });
  });
}

TEST_P(Fusion, ZeroAndPowersOfTwo) {
  each_pair(true, [&](ebpf::Op move, const ebpf::Row& row) {
    if (row.source == ebpf::Source::kRegister) return;
    theorem(name(move, row, ", zero, powers of 2"), row.width, [&] {
      Claim claim;
      for (const Word64& imm : special_divisors(row)) {
        const auto goals = all_cases(move, row.op, imm, GetParam().extensions);
        claim.show.insert(claim.show.end(), goals.begin(), goals.end());
      }
      return claim;
    });
  });
}

INSTANTIATE_TEST_SUITE_P(Extensions, Fusion, ::testing::ValuesIn(kExtensionSets));
INSTANTIATE_TEST_SUITE_P(Extensions, FusionWithoutZicond,
                         ::testing::ValuesIn(std::begin(kExtensionSets),
                                             std::begin(kExtensionSets) + 2));

TEST(Mutants, MoveOf32BitsTakenInWhereItsZeroesCount) {
  refuted("w1 = w2; r1 += r3 takes in the move", 64, [] {
    return Claim{.show = all_cases<Mutation::kMove32TakenInAsItIs>(
                     ebpf::Op::kMov32Reg, ebpf::Op::kAdd64Reg, any_immediate(), jit::kRv64gc)};
  });
}

}  // namespace
}  // namespace zext::proofs
