// Transfers by address arrive: for every address of the text and of the target, anywhere in the
// 64-bit space and modulo 2^64, and their range checks are exact: where one says no, no choice of
// immediates would get there either.
#include <gtest/gtest.h>

#include "jit/baseline/outside.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;

Word64 address(const char* name) { return Word64::variable(name); }
Formula even(const Word64& x) { return (x & Word64::of(1)) == Word64::of(0); }

Formula encodable(const rv64::Instruction<Word64>& insn) {
  const rv64::Operands<Word64> operands{.rd = Word64::of(insn.rd),
                                        .rs1 = Word64::of(insn.rs1),
                                        .rs2 = Word64::of(insn.rs2),
                                        .imm = insn.imm,
                                        .aq = Word64::of(insn.aq),
                                        .rl = Word64::of(insn.rl)};
  return rv64::fits<Word64>(rv64::layout_of(insn.row().format), operands);
}

// Runs straight-line code from `pc`, each instruction four bytes long, up to a jump at the end:
// where that goes, and the registers after it.
struct Execution {
  rv64::Registers<Word64> x;
  Word64 pc;
  Formula has_encodings = true;
};
template <class E>
Execution run(const E& e, Word64 pc) {
  State state(0, 1);
  Execution result{.x = state.x, .pc = pc};
  for (const auto& item : e.items()) {
    result.has_encodings = result.has_encodings && encodable(item.insn);
    const Word64 next = result.pc + Word64::of(4);
    if (item.insn.row().kind == rv64::Kind::kJump) {
      result.pc = rv64::target(item.insn, result.x[item.insn.rs1], result.pc);
      if (item.insn.rd != rv64::kZero) result.x[item.insn.rd] = next;
    } else {
      rv64::execute(item.insn, result.x, result.pc);
      result.pc = next;
    }
  }
  return result;
}

// auipc and jalr, linking in ra through ra (calls), or in nothing through t1 (far jumps).
template <Mutation kMutation = Mutation::kNone>
Claim pair_arrives(rv64::Reg link, rv64::Reg through) {
  const Word64 pc = address("pc"), target = address("target");
  jit::Emitter<Word64, kMutation> e;
  jit::go_relative(e, link, through, target - pc);
  const Execution end = run(e, pc);
  Formula linked = true;
  if (link != rv64::kZero) linked = end.x[link] == pc + Word64::of(8);
  return {.given = even(target) && jit::pair_reaches(target - pc),
          .show = {end.pc == target, linked, end.has_encodings}};
}

TEST(CallOutside, PairArrives) {
  theorem("auipc ra; jalr ra, ra", 64, [] { return pair_arrives(rv64::kRa, rv64::kRa); });
  theorem("auipc t1; jalr zero, t1", 64, [] { return pair_arrives(rv64::kZero, jit::kScratch2); });
}

TEST(CallOutside, PairRangeIsExact) {
  theorem("no other pair reaches further", 64, [] {
    const Word64 pc = address("pc"), high = address("high"), low = address("low");
    const rv64::Instruction<Word64> auipc{.op = rv64::Op::kAuipc, .rd = rv64::kRa, .imm = high};
    const rv64::Instruction<Word64> jalr{
        .op = rv64::Op::kJalr, .rd = rv64::kRa, .rs1 = rv64::kRa, .imm = low};
    jit::Emitter<Word64> e;
    e.push(auipc);
    e.push(jalr);
    const Execution end = run(e, pc);
    return Claim{.given = end.has_encodings && even(low) && even(pc),
                 .show = {jit::pair_reaches(end.pc - pc)}};
  });
}

TEST(CallOutside, Jal) {
  theorem("jal arrives", 64, [] {
    const Word64 pc = address("pc"), target = address("target");
    jit::Emitter<Word64> e;
    e.push({.op = rv64::Op::kJal, .rd = rv64::kRa, .imm = target - pc});
    const Execution end = run(e, pc);
    return Claim{
        .given = even(target) && even(pc) && jit::jal_reaches(target - pc),
        .show = {end.pc == target, end.x[rv64::kRa] == pc + Word64::of(4), end.has_encodings}};
  });
  theorem("no other jal reaches further", 64, [] {
    const rv64::Instruction<Word64> jal{
        .op = rv64::Op::kJal, .rd = rv64::kRa, .imm = address("distance")};
    return Claim{.given = encodable(jal), .show = {jit::jal_reaches(jal.imm)}};
  });
}

// The constant's own sequence is immediate_test.cc's: here it is one instruction.
TEST(CallOutside, AbsoluteArrives) {
  theorem("li t1; jalr ra, t1", 64, [] {
    const Word64 pc = address("pc"), target = address("target");
    jit::Emitter<Word64> e;
    jit::call_absolute(e, target);
    const Execution end = run(e, pc);
    return Claim{.given = even(target),
                 .show = {end.pc == target, encodable(e.items().back().insn)}};
  });
}

TEST(Mutants, FarLowUnsigned) {
  refuted("auipc's part without the low part's sign", 64,
          [] { return pair_arrives<Mutation::kFarLowUnsigned>(rv64::kRa, rv64::kRa); });
}

}  // namespace
}  // namespace zext::proofs
