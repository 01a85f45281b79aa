// Every lowering of a memory access does what eBPF's table says: the same trace of accesses (kind,
// address, width, value, order), the same memory afterwards, the same registers; for all offsets,
// bases, values, contents of memory and assignments of registers.
#include "jit/baseline/memory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "jit/baseline/atomic.h"
#include "proofs/lowerings/access.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::Kind;
using jit::Mutation;

// `counts`: whether the upper half of what is written does; those of operands only as demanded.
template <Mutation kMutation>
Formula one_case(const BpfInstruction& insn, const Word64& offset, jit::Uppers known, bool counts) {
  State state(insn.dst, insn.src);
  Demand demand{.after = all_but({0, insn.dst, insn.src}), .known = known};
  if (const auto writes = jit::written(insn)) demand.after.put(*writes, counts);
  demand.before = jit::upper_demand(insn).before(demand.after);
  demand.known_after = jit::uppers_after(insn, known, demand.after);
  state.only_low_halves_but(demand.before);
  const Formula given = state.holds(known);
  state.memory.each_at(state.bpf[*jit::address_base(insn)] + offset);
  jit::Emitter<Word64, kMutation> e(
      {.stack_top = state.stack_top, .uppers = known, .counts = demand.after});
  lower_access(e, insn, offset);
  state.run(e);
  return implies(given, is_ebpfs_access(state, insn, offset, demand));
}

TEST(Memory, EachAssignmentIsInOnePart) {
  const auto all = parts(ebpf::row_of(ebpf::Op::kAtomicCmpxchg64));
  for (ebpf::Reg d = 0; d < ebpf::kRegisterCount; ++d) {
    for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) {
      EXPECT_EQ(std::count_if(all.begin(), all.end(), [&](auto& part) { return part.part(d, s); }),
                1);
    }
  }
}

template <Mutation kMutation = Mutation::kNone>
Claim all_cases(ebpf::Op op, const Part& part = any) {
  const ebpf::Row& row = ebpf::row_of(op);
  Goals goals;
  const Word64 imm = any_immediate();
  const Word64 offset = sext<64>(Bv<16>::variable("offset"));
  each_operands(row, [&](ebpf::Reg d, ebpf::Reg s) {
    if (!part(d, s)) return;
    for (const jit::Uppers known : known_of_r0(row)) {
      for (const bool counts : {true, false}) {
        goals.add(
            one_case<kMutation>({.op = op, .dst = d, .src = s, .imm = imm}, offset, known, counts));
      }
    }
  });
  return {.show = goals.formulas()};
}

bool accesses_memory(Kind kind) {
  switch (kind) {
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kLoadAcquire:
    case Kind::kStoreRelease:
      return true;
    default:
      return false;
  }
}

TEST(Memory, LoadsAndStores) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (!accesses_memory(row.kind)) continue;
    theorem(row_name(row), 8u * row.bytes, [&] { return all_cases(row.op); }, kWithMemory);
  }
}

TEST(Memory, Atomics) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (row.kind != Kind::kAtomic) continue;
    for (const NamedPart& part : parts(row)) {
      theorem(
          row_name(row) + part.name, row.width, [&] { return all_cases(row.op, part.part); },
          kWithMemory);
    }
  }
}

// Operations that do not fetch are not ordered: what Linux does, and cheaper.
TEST(Memory, OrderOnlyWhereAsked) {
  jit::Emitter<Bits<64>> e;
  jit::lower_atomic(e, {.op = ebpf::Op::kAtomicAdd64, .dst = 1, .src = 2}, Bits<64>::of(0));
  ASSERT_EQ(e.size(), 1u);
  EXPECT_FALSE(e.items()[0].insn.aq || e.items()[0].insn.rl);
}

template <Mutation kMutation>
void refute(ebpf::Op op, const char* what) {
  const ebpf::Row& row = ebpf::row_of(op);
  refuted(
      row_name(row) + ": " + what, 8u * row.bytes,
      [&] { return all_cases<kMutation>(op, parts(row).front().part); }, kWithMemory);
}

TEST(Mutants, Memory) {
  refute<Mutation::kAccessHalfAsWide>(ebpf::Op::kLoad32, "half as wide");
  refute<Mutation::kAccessHalfAsWide>(ebpf::Op::kStore64, "half as wide");
  refute<Mutation::kAccessHalfAsWide>(ebpf::Op::kStoreImm16, "half as wide");
  refute<Mutation::kOffsetNotRounded>(ebpf::Op::kLoad64, "upper part of the offset not rounded");
  refute<Mutation::kOffsetNotRounded>(ebpf::Op::kStore8, "upper part of the offset not rounded");
  refute<Mutation::kFenceOnOtherSide>(ebpf::Op::kLoadAcquire32, "fence before the load");
  refute<Mutation::kFenceOnOtherSide>(ebpf::Op::kStoreRelease64, "fence after the store");
}

TEST(Mutants, Atomics) {
  refute<Mutation::kAtomicAlwaysFetches>(ebpf::Op::kAtomicAdd64, "source overwritten");
  refute<Mutation::kFetchUnordered>(ebpf::Op::kAtomicFetchOr32, "neither acquire nor release");
  refute<Mutation::kFetch32SignExtended>(ebpf::Op::kAtomicXchg32, "old value sign-extended");
  refute<Mutation::kCompare32TestsUpperHalf>(ebpf::Op::kAtomicCmpxchg32, "compares all of r0");
}

}  // namespace
}  // namespace zext::proofs
