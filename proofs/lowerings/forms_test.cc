// Control arrives where the layout says: each form of a branch, a jump and a local call, for every
// place of the code and every distance that the form is used for: at the target if taken, at the
// next instruction if not, clobbering what it says it does. Its range is exact: where `reaches`
// says no, the instructions cannot be encoded.
#include "jit/emit/forms.h"

#include <gtest/gtest.h>

#include "isa/rv64/compressed.h"
#include "isa/rv64/format.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Branch;
using jit::Mutation;
using jit::Shape;
using jit::Transfer;
using rv64::Op;
using Insn = rv64::Instruction<Word64>;

Formula even(const Word64& x) { return (x & Word64::of(1)) == Word64::of(0); }

rv64::Operands<Word64> operands(const Insn& insn) {
  return {.rd = Word64::of(insn.rd),
          .rs1 = Word64::of(insn.rs1),
          .rs2 = Word64::of(insn.rs2),
          .imm = insn.imm};
}

// Whether the instruction has an encoding: of 32 bits; or of 16, as it is or with its registers
// swapped where their order does not matter.
Formula has_wide(const Insn& insn) {
  return rv64::fits<Word64>(rv64::layout_of(insn.row().format), operands(insn));
}
Formula has_short(const Insn& insn) {
  Formula any = false;
  const auto consider = [&](rv64::Reg rs1, rv64::Reg rs2) {
    Insn other = insn;
    other.rs1 = rs1;
    other.rs2 = rs2;
    for (const rv64::CompressedRow& row : rv64::kCompressedRows) {
      if (row.op == insn.op) any = any || rv64::fits<Word64>(row.layout(), operands(other));
    }
  };
  consider(insn.rs1, insn.rs2);
  if (insn.op == Op::kBeq || insn.op == Op::kBne) consider(insn.rs2, insn.rs1);
  return any;
}

// A form executed: where control is afterwards, and whether each instruction has the encoding that
// its place in the form demands.
struct Execution {
  rv64::Registers<Word64> x;
  Word64 pc;
  Formula encodable = true;
};

template <Mutation kMutation>
Execution execute(const Shape& shape, const Branch& branch, const Word64& pc,
                  const Word64& distance) {
  jit::FormCode<Word64, kMutation> code;
  jit::write_form(code, shape, branch, distance);
  Execution result{.x = State(0, 1).x, .pc = pc};
  bool gone = false;
  for (const Insn& insn : code.insns()) {
    const bool first = &insn == code.insns().data();
    const bool brief = first && shape.compresses && shape.first_is_short();
    result.encodable = result.encodable && (brief ? has_short(insn) : has_wide(insn));
    if (gone) continue;
    const Word64 next = result.pc + Word64::of(brief ? 2 : 4);
    const auto& a = result.x[insn.rs1];
    switch (insn.row().kind) {
      case rv64::Kind::kBranch:
        gone = static_cast<bool>(rv64::taken(insn, a, result.x[insn.rs2]));
        result.pc = gone ? rv64::target(insn, a, result.pc) : next;
        break;
      case rv64::Kind::kJump:
        gone = true;
        result.pc = rv64::target(insn, a, result.pc);
        if (insn.rd != rv64::kZero) result.x[insn.rd] = next;
        break;
      default:
        rv64::execute(insn, result.x, result.pc);
        result.pc = next;
    }
  }
  return result;
}

// All registers but kScratch2 where the longest form goes through it; of a call, ra is the address
// of what follows.
Formula registers_are_right(const Shape& shape, const Execution& end, const Word64& pc) {
  const rv64::Registers<Word64> before = State(0, 1).x;
  const bool call = shape.transfer == Transfer::kCall;
  Formula all = true;
  for (rv64::Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    if (call && reg == rv64::kRa) {
      all = all && end.x[reg] == pc + Word64::of(shape.bytes());
    } else if (call || shape.form != Shape::kLongest || reg != jit::kScratch2) {
      all = all && end.x[reg] == before[reg];
    }
  }
  return all;
}

template <Mutation kMutation = Mutation::kNone>
Claim arrives(const Shape& shape, const Branch& branch) {
  const auto pc = Word64::variable("pc"), distance = Word64::variable("distance");
  const Execution end = execute<kMutation>(shape, branch, pc, distance);
  Formula taken = true;
  if (shape.transfer == Transfer::kBranch) {
    const rv64::Registers<Word64> x = State(0, 1).x;
    taken = rv64::taken(Insn{.op = branch.op}, x[branch.rs1], x[branch.rs2]);
  }
  const Word64 wanted = select(taken, pc + distance, pc + Word64::of(shape.bytes()));
  return {.given = even(pc) && even(distance) && jit::reaches(shape, distance),
          .show = {end.pc == wanted, registers_are_right(shape, end, pc), end.encodable}};
}

Claim range_is_exact(const Shape& shape, const Branch& branch) {
  const auto distance = Word64::variable("distance");
  const Execution end = execute<Mutation::kNone>(shape, branch, Word64::of(0), distance);
  return {.given = even(distance) && end.encodable, .show = {jit::reaches(shape, distance)}};
}

// Branches that have a compressed form, and some that have none for their registers' sake.
struct NamedBranch {
  const char* name;
  Branch branch;
  bool compresses;
};
constexpr NamedBranch kBranches[] = {
    {"beqz a0", {Op::kBeq, rv64::kA0, rv64::kZero}, true},
    {"bnez s1", {Op::kBne, rv64::kS1, rv64::kZero}, true},
    {"bne zero, a5", {Op::kBne, rv64::kZero, rv64::kA5}, true},
    {"beq a0, a1", {Op::kBeq, rv64::kA0, rv64::kA1}, false},
    {"bne t0, t1", {Op::kBne, jit::kScratch, jit::kScratch2}, false},
    {"blt t1, s2", {Op::kBlt, jit::kScratch2, rv64::kS2}, false},
    {"bge s3, zero", {Op::kBge, rv64::kS3, rv64::kZero}, false},
    {"bltu a0, t1", {Op::kBltu, rv64::kA0, jit::kScratch2}, false},
    {"bgeu t0, a5", {Op::kBgeu, jit::kScratch, rv64::kA5}, false},
    {"beqz a0, without C", {Op::kBeq, rv64::kA0, rv64::kZero}, false},
};

// Calls visit(name, shape, branch) for every form of every transfer.
template <class Visit>
void each_form(Visit visit) {
  for (uint8_t form = 0; form <= Shape::kLongest; ++form) {
    const std::string suffix = ", form " + std::to_string(form);
    for (const NamedBranch& it : kBranches) {
      visit(it.name + suffix, Shape{Transfer::kBranch, form, it.compresses}, it.branch);
    }
    visit("jump" + suffix, Shape{Transfer::kJump, form, true}, Branch());
    visit("jump without C" + suffix, Shape{Transfer::kJump, form, false}, Branch());
    visit("call" + suffix, Shape{Transfer::kCall, form, false}, Branch());
  }
}

TEST(Forms, Arrive) {
  each_form([](const std::string& name, const Shape& shape, const Branch& branch) {
    theorem(name, 64, [&] { return arrives(shape, branch); });
  });
}

TEST(Forms, RangesAreExact) {
  each_form([](const std::string& name, const Shape& shape, const Branch& branch) {
    theorem(name + " reaches no further", 64, [&] { return range_is_exact(shape, branch); });
  });
}

// What layout relies on when others' forms are shorter than it thought, and when it runs out of
// forms: of the shape alone.
TEST(Forms, ReachIsMonotone) {
  const auto zero = Word64::of(0), most = Word64::of(uint64_t{1} << 30);  // Layout::kMaxBytes
  const auto far = Word64::variable("far"), near = Word64::variable("near");
  const Formula between =
      (sle(zero, near) && sle(near, far)) || (sle(far, near) && sle(near, zero));
  for (const Transfer transfer : {Transfer::kBranch, Transfer::kJump, Transfer::kCall}) {
    for (uint8_t form = 0; form <= Shape::kLongest; ++form) {
      for (const bool compresses : {false, true}) {
        const Shape shape{transfer, form, compresses};
        theorem("nearer than what is reached", 64, [&] {
          return Claim{.given = between && jit::reaches(shape, far),
                       .show = {jit::reaches(shape, near)}};
        });
        if (form != Shape::kLongest) continue;
        theorem("longest reaches 1 GiB", 64, [&] {
          return Claim{.given = sle(far, most) && sle(zero - most, far),
                       .show = {jit::reaches(shape, far)}};
        });
      }
    }
  }
}

TEST(Mutants, Forms) {
  const Branch branch{Op::kBltu, rv64::kA0, rv64::kS2};
  for (const uint8_t form : {uint8_t{2}, Shape::kLongest}) {
    const Shape shape{Transfer::kBranch, form, false};
    const std::string name = "form " + std::to_string(form);
    refuted(name + ": the inverted branch is four bytes short", 64,
            [&] { return arrives<Mutation::kSkipTooShort>(shape, branch); });
    refuted(name + ": the branch is not inverted", 64,
            [&] { return arrives<Mutation::kConditionNotInverted>(shape, branch); });
  }
  refuted("auipc's part without the low part's sign", 64, [] {
    return arrives<Mutation::kFarLowUnsigned>({Transfer::kCall, Shape::kLongest, false}, Branch());
  });
  refuted("a compressed jump said to reach as far as jal", 64, [] {
    const auto distance = Word64::variable("distance");
    const Shape wide{Transfer::kJump, 0, false}, brief{Transfer::kJump, 0, true};
    const Execution end =
        execute<Mutation::kNone>(brief, Branch(), Word64::variable("pc"), distance);
    return Claim{.given = even(distance) && jit::reaches(wide, distance), .show = {end.encodable}};
  });
}

}  // namespace
}  // namespace zext::proofs
