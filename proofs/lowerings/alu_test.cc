// Every lowering of arithmetic leaves in the destination what eBPF's table says, and all other
// registers as they were: for all immediates, all values, every assignment of registers, with and
// without knowledge about upper halves.
#include <gtest/gtest.h>

#include "jit/baseline/lower.h"
#include "proofs/lowerings/division.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;

bool uses_src(const ebpf::Row& row) {
  return row.source == ebpf::Source::kRegister && row.kind != ebpf::Kind::kNeg &&
         row.kind != ebpf::Kind::kEndian;
}

// Adds the claim about one assignment of registers, with this knowledge of upper halves.
template <Mutation kMutation>
void add_case(Goals& goals, const BpfInstruction& insn, jit::Extensions extensions,
              jit::Uppers known, bool counts) {
  State state(insn.dst, insn.src);
  jit::RegisterSet after = all_but({insn.dst, insn.src});
  after.put(insn.dst, counts);
  state.only_low_halves_but(jit::upper_demand(insn).before(after));
  jit::Emitter<Word64, kMutation> e(
      {.extensions = extensions, .stack_top = state.stack_top, .uppers = known, .counts = after});
  const Formula given =
      state.holds(known) && opaque_lemmas(insn, state.bpf[insn.dst], state.bpf[insn.src]);
  jit::lower_straight(e, insn);
  state.run(e);
  auto expected = state.bpf;
  expected[insn.dst] = ebpf::compute(insn, state.bpf[insn.dst], state.bpf[insn.src]);
  goals.add(
      implies(given, state.represents(expected, after, jit::uppers_after(insn, known, after))));
}

enum class Pairs { kDistinct, kSame, kAll };

// All assignments of registers to one instruction; and for three that stand for all (distinct, the
// same, r10), all that may be known of upper halves, whether or not that of the result counts.
template <Mutation kMutation = Mutation::kNone>
std::vector<Formula> all_cases(ebpf::Op op, const Word64& imm, jit::Extensions extensions,
                               Pairs pairs = Pairs::kAll) {
  Goals goals;
  const bool src = uses_src(ebpf::row_of(op));
  const auto add = [&](ebpf::Reg d, ebpf::Reg s, jit::Upper of_dst, jit::Upper of_src,
                       bool counts) {
    if (!src && s != d) return;
    if (src && pairs == Pairs::kDistinct && s == d) return;
    if (src && pairs == Pairs::kSame && s != d) return;
    add_case<kMutation>(goals, {.op = op, .dst = d, .src = s, .imm = imm}, extensions,
                        known_of(d, of_dst, s, of_src), counts);
  };
  for (ebpf::Reg d = 0; d < jit::kHomeCount; ++d) {
    for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) add(d, s, {}, {}, true);
  }
  for (const bool counts : {true, false}) {
    for (const jit::Upper of_dst : kKnowledge) {
      for (const jit::Upper of_src : kKnowledge) {
        for (const ebpf::Reg s : {1, 2, 10}) add(1, s, of_dst, of_src, counts);
      }
    }
  }
  return goals.formulas();
}

bool multiplies(const ebpf::Row& row) { return row.group == ebpf::Group::kDivMul; }

template <class Visit>
void each_row(Visit visit) {
  for (const ebpf::Row& row : ebpf::kRows) {
    switch (row.kind) {
      case ebpf::Kind::kAlu:
      case ebpf::Kind::kNeg:
      case ebpf::Kind::kMovsx:
      case ebpf::Kind::kEndian:
        visit(row);
        break;
      default:
        break;
    }
  }
}

class Lowerings : public ::testing::TestWithParam<NamedExtensions> {
 protected:
  std::string name(const ebpf::Row& row, const char* note = "") const {
    return row_name(row) + note + ", " + GetParam().name;
  }
};

// Sums, bitwise operations, shifts, moves: nothing of Zicond's.
class WithoutZicond : public Lowerings {};

TEST_P(WithoutZicond, Arithmetic) {
  each_row([&](const ebpf::Row& row) {
    if (multiplies(row)) return;
    theorem(name(row), row.width, [&] {
      return Claim{.show = all_cases(row.op, any_immediate(), GetParam().extensions)};
    });
  });
}

// Products and quotients are left as they are on both sides; what is shown is the rest: extension,
// zero divisors, overflow that both sides define alike. Zero and powers of two as immediates, and a
// register by itself, have theorems of their own.
TEST_P(Lowerings, ProductsAndQuotients) {
  each_row([&](const ebpf::Row& row) {
    if (!multiplies(row)) return;
    theorem(name(row, ", opaque"), row.width, [&] {
      const OpaqueArithmetic opaque;
      const Word64 imm = any_immediate();
      if (row.source == ebpf::Source::kImmediate) assume_general_divisor(imm);
      return Claim{.show = all_cases(row.op, imm, GetParam().extensions, Pairs::kDistinct)};
    });
  });
}

// The immediates 0 and 2^0 to 2^31, one by one.
TEST_P(Lowerings, ZeroAndPowersOfTwo) {
  each_row([&](const ebpf::Row& row) {
    const bool is_signed = row.alu == ebpf::AluOp::kSdiv || row.alu == ebpf::AluOp::kSmod;
    if (!multiplies(row) || row.source == ebpf::Source::kRegister) return;
    theorem(name(row, is_signed ? ", zero" : ", zero, powers of 2"), row.width, [&] {
      Claim claim;
      for (const Word64& imm : special_divisors(row)) {
        for (const Formula& goal : all_cases(row.op, imm, GetParam().extensions)) {
          claim.show.push_back(goal);
        }
      }
      return claim;
    });
  });
}

TEST_P(Lowerings, ProductsAndQuotientsOfARegisterByItself) {
  each_row([&](const ebpf::Row& row) {
    if (!multiplies(row) || row.source == ebpf::Source::kImmediate) return;
    theorem(name(row, ", dst == src"), row.width, [&] {
      return Claim{.show = all_cases(row.op, any_immediate(), GetParam().extensions, Pairs::kSame)};
    });
  });
}

INSTANTIATE_TEST_SUITE_P(Extensions, Lowerings, ::testing::ValuesIn(kExtensionSets));

INSTANTIATE_TEST_SUITE_P(Extensions, WithoutZicond,
                         ::testing::ValuesIn(std::begin(kExtensionSets),
                                             std::begin(kExtensionSets) + 2));

template <Mutation kMutation>
void refute(ebpf::Op op, const char* what) {
  refuted(row_name(ebpf::row_of(op)) + ": " + what, ebpf::row_of(op).width, [&] {
    const OpaqueArithmetic opaque;
    return Claim{.show = all_cases<kMutation>(op, any_immediate(), jit::kRv64gc, Pairs::kDistinct)};
  });
}

TEST(Mutants, Arithmetic) {
  refute<Mutation::kAdd32KeepsUpperHalf>(ebpf::Op::kAdd32Reg, "no zero extension");
  refute<Mutation::kAdd32KeepsUpperHalf>(ebpf::Op::kAdd32Imm, "no zero extension");
  refute<Mutation::kDivisionByZeroUnguarded>(ebpf::Op::kDiv64Reg, "division by zero unguarded");
  refute<Mutation::kDivisionByZeroUnguarded>(ebpf::Op::kSdiv32Reg, "division by zero unguarded");
  refute<Mutation::kDivision32TestsUpperHalf>(ebpf::Op::kDiv32Reg, "tests all of the divisor");
  refute<Mutation::kRightShiftArithmetic>(ebpf::Op::kRsh64Imm, "arithmetic shift");
  refute<Mutation::kRightShiftArithmetic>(ebpf::Op::kRsh32Reg, "arithmetic shift");
  refute<Mutation::kMovsxZeroExtends>(ebpf::Op::kMovsx64From32, "zero extension");
  refute<Mutation::kAndImmediateZeroExtended>(ebpf::Op::kAnd64Imm, "immediate zero-extended");
}

}  // namespace
}  // namespace zext::proofs
