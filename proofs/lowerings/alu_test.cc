// Every lowering of arithmetic leaves in the destination what eBPF's table says, and all other
// registers as they were: for all immediates, all values, every assignment of registers, with and
// without knowledge about upper halves.
#include <gtest/gtest.h>

#include "jit/baseline/lower.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;

bool uses_src(const ebpf::Row& row) {
  return row.source == ebpf::Source::kRegister && row.kind != ebpf::Kind::kNeg &&
         row.kind != ebpf::Kind::kEndian;
}

// SMT-LIB's remainder by zero is the dividend; a lemma where remainders are opaque.
template <unsigned W>
Formula remainders_by_zero(const Bv<W>& a, const Bv<W>& b) {
  return implies(b == Bv<W>::of(0), urem(a, b) == a && srem(a, b) == a);
}

// What of division is used of operands that are opaque.
Formula lemmas(const ebpf::Row& row, const Word64& dst, const Word64& src) {
  if (!OpaqueArithmetic::active()) return true;
  if (row.alu != ebpf::AluOp::kMod && row.alu != ebpf::AluOp::kSmod) return true;
  if (row.width == 64) return remainders_by_zero(dst, src);
  return remainders_by_zero(trunc<32>(dst), trunc<32>(src));
}

// Adds the claim about one assignment of registers.
template <Mutation kMutation>
void add_case(Goals& goals, const BpfInstruction& insn, jit::Extensions extensions,
              unsigned knowledge) {
  State state(insn.dst, insn.src);
  const jit::RegisterSet known = known_registers(knowledge, insn.dst, insn.src);
  jit::Emitter<Word64, kMutation> e(
      {.extensions = extensions, .stack_top = state.stack_top, .zero_extended = known});
  jit::lower_straight(e, insn);
  state.run(e);
  auto expected = state.bpf;
  expected[insn.dst] = ebpf::compute(insn, state.bpf[insn.dst], state.bpf[insn.src]);
  const Formula given =
      holds(known, state) && lemmas(insn.row(), state.bpf[insn.dst], state.bpf[insn.src]);
  goals.add(implies(given, state.registers_are(expected)));
}

enum class Pairs { kDistinct, kSame, kAll };

// All assignments of registers to one instruction.
template <Mutation kMutation = Mutation::kNone>
std::vector<Formula> all_cases(ebpf::Op op, const Word64& imm, jit::Extensions extensions,
                               Pairs pairs = Pairs::kAll) {
  Goals goals;
  const bool src = uses_src(ebpf::row_of(op));
  for (unsigned knowledge = 0; knowledge < (src ? kKnowledgeCount : 2); ++knowledge) {
    for (ebpf::Reg d = 0; d < jit::kHomeCount; ++d) {
      for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) {
        if (!src && s != d) continue;
        if (src && pairs == Pairs::kDistinct && s == d) continue;
        if (src && pairs == Pairs::kSame && s != d) continue;
        add_case<kMutation>(goals, {.op = op, .dst = d, .src = s, .imm = imm}, extensions,
                            knowledge);
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
      if (row.source == ebpf::Source::kImmediate) {
        const Word64 operand = row.width == 64 ? imm : zext<64>(trunc<32>(imm));
        Paths::assume(operand != Word64::of(0) && !jit::is_power_of_two(operand));
      }
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
      for (uint64_t constant = 0; constant < uint64_t{1} << 32;
           constant = constant == 0 ? 1 : 2 * constant) {
        if (row.width == 64 && constant == uint64_t{1} << 31) continue;  // negative
        if (is_signed && constant != 0) continue;                        // not special
        const Word64 imm = sext<64>(Bv<32>::of(constant));
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

TEST(Lemmas, RemainderByZero) {
  theorem("x % 0 == x", 64,
          [] { return remainders_by_zero(Word64::variable("a"), Word64::variable("b")); });
  theorem("x % 0 == x", 32,
          [] { return remainders_by_zero(Bv<32>::variable("a"), Bv<32>::variable("b")); });
}

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
