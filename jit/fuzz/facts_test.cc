// The facts about upper halves of a whole program are a solution: what they say at an instruction
// follows, by the functions that proofs/lowerings proves, from what they say at its neighbours. On
// every edge of random programs, and of programs that take more rounds than are allowed.
#include "jit/facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "isa/ebpf/encode.h"
#include "isa/ebpf/interpreter.h"
#include "jit/fuzz/program.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

using ebpf::Kind;
using ebpf::Op;

bool contains(RegisterSet all, RegisterSet some) { return (all & some) == some; }

std::vector<uint32_t> successors(const ebpf::Code& code, uint32_t pc) {
  std::vector<uint32_t> result;
  const Kind kind = code.insns[pc].row().kind;
  const bool jumps =
      kind == Kind::kJump || kind == Kind::kJa || kind == Kind::kGotol || kind == Kind::kMayGoto;
  if (jumps) result.push_back(*code.target(pc));
  const bool ends = kind == Kind::kJa || kind == Kind::kGotol || kind == Kind::kExit;
  if (!ends) result.push_back(code.next(pc));
  return result;
}

// What counts before the instruction at `pc`, and where a callee of the program may begin.
RegisterSet counts_before(const ebpf::Code& code, const UpperFacts& facts, uint32_t pc) {
  RegisterSet before = upper_demand(code.insns[pc]).before(facts.counts_after(pc));
  const Kind kind = code.insns[pc].row().kind;
  if (kind != Kind::kCallLocal && kind != Kind::kCallx) return before;
  for (const uint32_t entry : code.functions) {
    if (entry != 0)
      before = before | upper_demand(code.insns[entry]).before(facts.counts_after(entry));
  }
  return before;
}

// Checks every edge; the number of them.
size_t expect_solution(const ebpf::Code& code) {
  const UpperFacts facts(code);
  size_t edges = 0;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const RegisterSet counts = facts.counts_after(pc);
    const Uppers left = uppers_after(code.insns[pc], facts.before(pc), counts);
    for (const uint32_t next : successors(code, pc)) {
      EXPECT_TRUE(contains(counts, counts_before(code, facts, next))) << pc << " to " << next;
      EXPECT_EQ(facts.before(next) & left, facts.before(next)) << pc << " to " << next;
      ++edges;
    }
  }
  for (const uint32_t entry : code.functions) EXPECT_EQ(facts.before(entry), Uppers()) << entry;
  return edges;
}

TEST(UpperFacts, SolveRandomPrograms) {
  size_t edges = 0, known = 0, idle = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto code = ebpf::decode_program(fuzz::link(fuzz::random_program(seed)));
    ASSERT_TRUE(code);
    edges += expect_solution(*code);
    const UpperFacts facts(*code);
    for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) {
      if (facts.before(pc) != Uppers()) ++known;
      if (facts.counts_after(pc) != kAllRegisters) ++idle;
    }
  }
  // Not the solution that knows nothing and demands everything.
  EXPECT_GT(known, edges / 4);
  EXPECT_GT(idle, edges / 4);
}

class Slots {
 public:
  uint32_t here() const { return static_cast<uint32_t>(slots_.size()); }
  void add(const ebpf::Instruction<>& insn) { ebpf::append(insn, slots_); }
  void go(uint32_t to) {
    const int distance = static_cast<int>(to) - static_cast<int>(here()) - 1;
    add({.op = Op::kJa, .offset = static_cast<int16_t>(distance)});
  }
  ebpf::Code code() const { return *ebpf::decode_program(slots_); }

 private:
  std::vector<ebpf::Slot> slots_;
};

// Parts that each go back to the one before, entered at the last: what the first part reads gets to
// the entry, and what the entry knows to the first part, by one jump backward a round.
ebpf::Code chain(unsigned parts) {
  Slots slots;
  slots.add({.op = Op::kLsh64Imm, .dst = 1, .imm = Bits<64>::of(40)});
  slots.add({.op = Op::kMov32Reg, .dst = 2, .src = 3});  // from here on the upper half is zero
  slots.add({.op = Op::kJa, .offset = static_cast<int16_t>(2 * parts + 1)});
  const uint32_t first = slots.here();
  slots.add({.op = Op::kMov64Reg, .dst = 0, .src = 2});
  slots.add({.op = Op::kAdd64Reg, .dst = 0, .src = 1});
  slots.add({.op = Op::kExit});
  uint32_t previous = first;
  for (unsigned i = 0; i < parts; ++i) {
    const uint32_t here = slots.here();
    slots.add({.op = Op::kAdd32Imm, .dst = 2, .imm = Bits<64>::of(0xffff'ffff'ffff'fff0)});
    slots.go(previous);
    previous = here;
  }
  return slots.code();
}

TEST(UpperFacts, SolveWhatTakesMoreRoundsThanAllowed) {
  for (const unsigned parts : {1u, UpperFacts::kMaxRounds - 2, UpperFacts::kMaxRounds - 1,
                               UpperFacts::kMaxRounds, 4 * UpperFacts::kMaxRounds}) {
    SCOPED_TRACE(parts);
    const ebpf::Code code = chain(parts);
    EXPECT_GT(expect_solution(code), parts);
    std::vector<uint8_t> data(8);
    const std::array<uint64_t, 5> arguments = {5, 0, 0xdead'beef'0000'0007, 0, 0};
    const auto compiled = compile(code, {});
    ASSERT_TRUE(compiled);
    ebpf::Memory memory;
    const auto expected = ebpf::run(code, memory, arguments);
    ASSERT_TRUE(expected);
    EXPECT_EQ(run_compiled(*compiled, data, arguments).r0, expected->r0);
  }
}

}  // namespace
}  // namespace zext::jit
