// Upper halves where the other theorems do not speak of them: results of loads, atomics and
// constants, whether or not their upper halves count. (alu_test, fusion_test and jump_test have
// theirs; what is accessed is memory_test's.)
#include "jit/baseline/upper.h"

#include <gtest/gtest.h>

#include "jit/baseline/lower.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::Kind;
using jit::Mutation;

// What the instruction leaves in the register it writes, of what it got from memory.
Word64 result_of(const BpfInstruction& insn, const Word64& got) {
  const ebpf::Row& row = insn.row();
  if (row.kind == Kind::kImm64) return insn.imm;
  if (row.kind == Kind::kLoadSx) return ebpf::sign_extend(row.bytes, got);
  return ebpf::zero_extend(row.bytes, got);
}

// What the first access to memory, fences aside, got.
Word64 got(const State& state) {
  for (const Access& access : state.memory.trace()) {
    if (access.kind == Access::Kind::kUpdate) return access.old;
    if (access.kind != Access::Kind::kFence) return access.value;
  }
  return Word64::of(0);
}

template <Mutation kMutation>
void add_case(Goals& goals, const BpfInstruction& insn, jit::Uppers known, bool counts) {
  State state(insn.dst, insn.src);
  state.memory.each_at(Word64::variable("somewhere"));
  const ebpf::Reg writes = *jit::written(insn);
  jit::RegisterSet after = all_but({0, insn.dst, insn.src});
  after.put(writes, counts);
  state.only_low_halves_but(jit::upper_demand(insn).before(after));
  const Formula given = state.holds(known);
  jit::Emitter<Word64, kMutation> e(
      {.stack_top = state.stack_top, .uppers = known, .counts = after});
  jit::lower_straight(e, insn);
  state.run(e);
  if (state.repeated >= 0) return;  // the reservation was lost: nothing is written yet
  auto expected = state.bpf;
  expected[writes] = result_of(insn, got(state));
  goals.add(
      implies(given, state.represents(expected, after, jit::uppers_after(insn, known, after))));
}

template <Mutation kMutation = Mutation::kNone>
Claim all_cases(const ebpf::Row& row) {
  Goals goals;
  const Word64 imm = row.kind == Kind::kImm64 ? Word64::variable("imm64") : any_immediate();
  for (const bool counts : {true, false}) {
    for (const jit::Upper of_dst : kKnowledge) {
      for (const jit::Upper of_src : kKnowledge) {
        for (const ebpf::Reg d : {0, 1, 10}) {
          for (const ebpf::Reg s : {0, 1, 2, 10}) {
            const BpfInstruction insn{.op = row.op, .dst = d, .src = s, .imm = imm};
            if (*jit::written(insn) == ebpf::kFramePointer) continue;
            add_case<kMutation>(goals, insn, known_of(d, of_dst, s, of_src), counts);
          }
        }
      }
    }
  }
  return {.show = goals.formulas()};
}

TEST(Uppers, OfWhatIsLoaded) {
  for (const ebpf::Row& row : ebpf::kRows) {
    const bool loads = row.kind == Kind::kLoad || row.kind == Kind::kLoadSx ||
                       row.kind == Kind::kLoadAcquire || (row.kind == Kind::kAtomic && row.fetch) ||
                       row.op == ebpf::Op::kLoadImm64;
    if (!loads) continue;
    theorem(row_name(row), 8u * row.bytes, [&] { return all_cases(row); }, kWithMemory);
  }
}

TEST(Mutants, WordIsSignExtendedThoughItsUpperHalfCounts) {
  refuted(
      "r1 = *(u32 *)r2 by lw", 32,
      [] { return all_cases<Mutation::kLoadWordSignExtended>(ebpf::row_of(ebpf::Op::kLoad32)); },
      kWithMemory);
}

}  // namespace
}  // namespace zext::proofs
