// Every lowering of a memory access does what eBPF's table says: the same trace of accesses (kind,
// address, width, value, order), the same memory afterwards, the same registers; for all offsets,
// bases, values, contents of memory and assignments of registers.
#include "jit/baseline/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "jit/baseline/atomic.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::Kind;
using jit::Mutation;

template <class E>
void lower(E& e, const BpfInstruction& insn, const Word64& offset) {
  switch (insn.row().kind) {
    case Kind::kLoadAcquire:
      return jit::lower_load_acquire(e, insn, offset);
    case Kind::kStore:
      return jit::lower_store(e, insn, offset);
    case Kind::kStoreImm:
      return jit::lower_store_imm(e, insn, offset);
    case Kind::kStoreRelease:
      return jit::lower_store_release(e, insn, offset);
    case Kind::kAtomic:
      return jit::lower_atomic(e, insn, offset);
    default:
      return jit::lower_load(e, insn, offset);
  }
}

bool loads(Kind kind) {
  return kind == Kind::kLoad || kind == Kind::kLoadSx || kind == Kind::kLoadAcquire;
}
// The register with the address.
ebpf::Reg address_base(const BpfInstruction& insn) {
  return loads(insn.row().kind) ? insn.src : insn.dst;
}

using BpfRegisters = std::array<Word64, ebpf::kRegisterCount>;

// eBPF's own atomic operation (RFC 9669, section 5.3). Those that fetch are fully ordered (Linux);
// a comparison that fails stores nothing.
template <unsigned W>
void execute_atomic(const BpfInstruction& insn, const Word64& address, BpfRegisters& r,
                    Memory& memory) {
  const ebpf::Row& row = insn.row();
  const Word64 old = memory.load(address, row.bytes);
  const Bv<W> value =
      ebpf::atomic(row.atomic, trunc<W>(old), trunc<W>(r[insn.src]), trunc<W>(r[0]));
  const bool compares = row.atomic == ebpf::AtomicOp::kCmpxchg;
  if (compares && bool(trunc<W>(old) != trunc<W>(r[0]))) {
    memory.read(address, row.bytes);
  } else {
    memory.update(address, row.bytes, old, zext<64>(value));
    memory.order(row.fetch, row.fetch);
  }
  if (row.fetch) r[compares ? ebpf::Reg{0} : insn.src] = zext<64>(trunc<W>(old));
}

// eBPF's own access (RFC 9669, section 5).
void execute(const BpfInstruction& insn, const Word64& offset, BpfRegisters& r, Memory& memory) {
  const ebpf::Row& row = insn.row();
  switch (row.kind) {
    case Kind::kLoadSx:
      r[insn.dst] = ebpf::sign_extend(row.bytes, memory.read(r[insn.src] + offset, row.bytes));
      return;
    case Kind::kStoreImm:
      return memory.write(r[insn.dst] + offset, row.bytes, insn.imm);
    case Kind::kStore:
    case Kind::kStoreRelease:
      memory.write(r[insn.dst] + offset, row.bytes, r[insn.src]);
      return memory.order(false, row.kind == Kind::kStoreRelease);
    case Kind::kAtomic:
      return row.width == 64 ? execute_atomic<64>(insn, r[insn.dst] + offset, r, memory)
                             : execute_atomic<32>(insn, r[insn.dst] + offset, r, memory);
    default:
      r[insn.dst] = memory.read(r[insn.src] + offset, row.bytes);
      return memory.order(row.kind == Kind::kLoadAcquire, false);
  }
}

// A store-conditional that lost its reservation: the loop starts as it did the first time.
Formula starts_again(const State& state, jit::RegisterSet counts) {
  Formula all = state.memory.there() && same_bytes(state.memory, Memory()) &&
                state.represents(state.bpf, counts, {});
  for (const Access& access : state.memory.trace()) {
    all = all && Formula(access.kind == Access::Kind::kReserve);
  }
  return all;
}

// `counts`: whether the upper half of what is written does; those of operands only as demanded.
template <Mutation kMutation>
Formula one_case(const BpfInstruction& insn, const Word64& offset, bool counts) {
  State state(insn.dst, insn.src);
  jit::RegisterSet after = all_but({0, insn.dst, insn.src});
  if (const auto writes = jit::written(insn)) after.put(*writes, counts);
  const jit::RegisterSet before = jit::upper_demand(insn).before(after);
  state.only_low_halves_but(before);
  state.memory.each_at(state.bpf[address_base(insn)] + offset);
  jit::Emitter<Word64, kMutation> e({.stack_top = state.stack_top, .counts = after});
  lower(e, insn, offset);
  state.run(e);
  if (state.repeated >= 0) return starts_again(state, before);
  auto expected = state.bpf;
  Memory memory;
  execute(insn, offset, expected, memory);
  return state.memory.there() && same_trace(state.memory.trace(), memory.trace()) &&
         same_bytes(state.memory, memory) &&
         state.represents(expected, after, jit::uppers_after(insn, {}, after));
}

// Assignments of registers that have something in common. Those of cmpxchg are taken apart by what
// r0 and r10 are in them: within one part each comparison with r0 is the same term, and forks once.
using Part = std::function<bool(ebpf::Reg d, ebpf::Reg s)>;
bool any(ebpf::Reg /*d*/, ebpf::Reg /*s*/) { return true; }
struct NamedPart {
  const char* name;
  Part part;
};
std::vector<NamedPart> parts(const ebpf::Row& row) {
  if (row.atomic != ebpf::AtomicOp::kCmpxchg) return {{"", any}};
  constexpr ebpf::Reg kR10 = ebpf::kFramePointer;
  const auto plain = [](ebpf::Reg reg) { return reg != 0 && reg != kR10; };
  return {
      {", distinct", [=](auto d, auto s) { return plain(d) && s != 0 && d != s; }},
      {", dst == src", [=](auto d, auto s) { return plain(d) && d == s; }},
      {", src r0", [=](auto d, auto s) { return plain(d) && s == 0; }},
      {", dst r0", [](auto d, auto s) { return d == 0 && s != 0; }},
      {", both r0", [](auto d, auto s) { return d == 0 && s == 0; }},
      {", dst r10", [](auto d, auto s) { return d == kR10 && s != 0; }},
      {", dst r10, src r0", [](auto d, auto s) { return d == kR10 && s == 0; }},
  };
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
  const bool writes_dst = loads(row.kind);
  const bool writes_src = row.fetch && row.atomic != ebpf::AtomicOp::kCmpxchg;
  for (ebpf::Reg d = 0; d < ebpf::kRegisterCount; ++d) {
    if (writes_dst && d == ebpf::kFramePointer) continue;
    for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) {
      if (writes_src && s == ebpf::kFramePointer) continue;
      if ((row.kind == Kind::kStoreImm && s != 0) || !part(d, s)) continue;
      for (const bool counts : {true, false}) {
        goals.add(one_case<kMutation>({.op = op, .dst = d, .src = s, .imm = imm}, offset, counts));
      }
    }
  }
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
