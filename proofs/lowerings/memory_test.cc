// Every lowering of a memory access accesses what eBPF's table says, once: address, width, value,
// for all offsets, bases, values and assignments of registers.
#include "jit/baseline/memory.h"

#include <gtest/gtest.h>

#include "jit/baseline/atomic.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::Kind;

// The low `bytes` of two words.
Formula same_bytes(unsigned bytes, const Word64& a, const Word64& b) {
  return ebpf::zero_extend(bytes, a) == ebpf::zero_extend(bytes, b);
}

// Those accesses that are no fences: exactly one, where and as wide as it should be.
Formula one_access(const State& state, const Access& wanted) {
  const Access* found = nullptr;
  for (const Access& access : state.accesses) {
    if (access.kind == Access::Kind::kFence) continue;
    if (found != nullptr) return false;
    found = &access;
  }
  if (found == nullptr || found->kind != wanted.kind || found->bytes != wanted.bytes) return false;
  return found->address == wanted.address && same_bytes(wanted.bytes, found->value, wanted.value);
}

// Index of the access's value in State::memory: fences count.
Word64 value_read(const State& state) {
  for (unsigned i = 0; i < state.accesses.size(); ++i) {
    if (state.accesses[i].kind != Access::Kind::kFence) return State::memory(i);
  }
  return Word64::of(0);
}

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

// Loads and stores: the access, and for loads the destination.
Formula plain_case(const BpfInstruction& insn, const Word64& offset) {
  const ebpf::Row& row = insn.row();
  State state(insn.dst, insn.src);
  jit::Emitter<Word64> e({.stack_top = state.stack_top});
  lower(e, insn, offset);
  state.run(e);
  auto expected = state.bpf;
  const bool load =
      row.kind == Kind::kLoad || row.kind == Kind::kLoadSx || row.kind == Kind::kLoadAcquire;
  if (load) {
    const Word64 value = value_read(state);
    expected[insn.dst] = row.kind == Kind::kLoadSx ? ebpf::sign_extend(row.bytes, value)
                                                   : ebpf::zero_extend(row.bytes, value);
    return state.registers_are(expected) &&
           one_access(state, {Access::Kind::kRead, row.bytes, state.bpf[insn.src] + offset, value});
  }
  const Word64 value = row.kind == Kind::kStoreImm ? insn.imm : state.bpf[insn.src];
  return state.registers_are(expected) &&
         one_access(state, {Access::Kind::kWrite, row.bytes, state.bpf[insn.dst] + offset, value});
}

// What an atomic operation of W bits reads, stores and returns.
template <unsigned W>
Formula atomic_effect(const BpfInstruction& insn, const State& state, const Word64& address) {
  const ebpf::Row& row = insn.row();
  const Word64 old = value_read(state);
  const Bv<W> stored = ebpf::atomic(row.atomic, trunc<W>(old), trunc<W>(state.bpf[insn.src]),
                                    trunc<W>(state.bpf[0]));
  auto expected = state.bpf;
  if (row.fetch) {
    const ebpf::Reg to = row.atomic == ebpf::AtomicOp::kCmpxchg ? ebpf::Reg{0} : insn.src;
    expected[to] = zext<64>(trunc<W>(old));
  }
  if (row.atomic != ebpf::AtomicOp::kCmpxchg) {
    return state.registers_are(expected) &&
           one_access(state, {Access::Kind::kUpdate, row.bytes, address, zext<64>(stored)});
  }
  // LR, and SC where the values were equal.
  const auto& accesses = state.accesses;
  const Formula equal = trunc<W>(old) == trunc<W>(state.bpf[0]);
  Formula all = accesses[0].kind == Access::Kind::kRead && accesses[0].bytes == row.bytes;
  all = all && accesses[0].address == address;
  if (state.repeated >= 0) {
    // The reservation was lost: nothing stored, and the loop starts as it did the first time.
    return all && equal && Formula(accesses.size() == 1) && state.registers_are(state.bpf);
  }
  if (accesses.size() == 1) return all && !equal && state.registers_are(expected);
  const bool stores = accesses.size() == 2 && accesses[1].kind == Access::Kind::kWrite &&
                      accesses[1].bytes == row.bytes;
  return all && equal && Formula(stores) && accesses[1].address == address &&
         same_bytes(row.bytes, accesses[1].value, zext<64>(stored)) &&
         state.registers_are(expected);
}

Formula atomic_case(const BpfInstruction& insn, const Word64& offset) {
  const ebpf::Row& row = insn.row();
  State state(insn.dst, insn.src);
  jit::Emitter<Word64> e({.stack_top = state.stack_top});
  lower(e, insn, offset);
  state.run(e);
  const Word64 address = state.bpf[insn.dst] + offset;
  return row.width == 64 ? atomic_effect<64>(insn, state, address)
                         : atomic_effect<32>(insn, state, address);
}

template <class Case>
Claim all_cases(const ebpf::Row& row, Case one_case) {
  Goals goals;
  const Word64 imm = any_immediate();
  const Word64 offset = sext<64>(Bv<16>::variable("offset"));
  const bool writes_dst =
      row.kind == Kind::kLoad || row.kind == Kind::kLoadSx || row.kind == Kind::kLoadAcquire;
  const bool writes_src = row.kind == Kind::kAtomic && row.fetch;
  for (ebpf::Reg d = 0; d < ebpf::kRegisterCount; ++d) {
    if (writes_dst && d == ebpf::kFramePointer) continue;
    for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) {
      if (writes_src && s == ebpf::kFramePointer) continue;
      if (row.kind == Kind::kStoreImm && s != 0) continue;
      goals.add(one_case({.op = row.op, .dst = d, .src = s, .imm = imm}, offset));
    }
  }
  return {.show = goals.formulas()};
}

TEST(Memory, LoadsAndStores) {
  for (const ebpf::Row& row : ebpf::kRows) {
    switch (row.kind) {
      case Kind::kLoad:
      case Kind::kLoadSx:
      case Kind::kStore:
      case Kind::kStoreImm:
      case Kind::kLoadAcquire:
      case Kind::kStoreRelease:
        theorem(row_name(row), 8u * row.bytes, [&] { return all_cases(row, plain_case); });
        break;
      default:
        break;
    }
  }
}

TEST(Memory, Atomics) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (row.kind != Kind::kAtomic) continue;
    theorem(row_name(row), row.width, [&] { return all_cases(row, atomic_case); });
  }
}

// Order: fetching operations are acquire and release, ordered accesses have their fence on the side
// that orders them (manual volume I, table A.6).
TEST(Memory, Order) {
  const auto emitted = [](ebpf::Op op) {
    jit::Emitter<Bits<64>> e;
    const ebpf::Instruction<> insn{.op = op, .dst = 1, .src = 2};
    const Bits<64> offset = Bits<64>::of(0);
    switch (ebpf::row_of(op).kind) {
      case Kind::kLoadAcquire:
        jit::lower_load_acquire(e, insn, offset);
        break;
      case Kind::kStoreRelease:
        jit::lower_store_release(e, insn, offset);
        break;
      default:
        jit::lower_atomic(e, insn, offset);
    }
    std::vector<rv64::Instruction<>> insns;
    for (const auto& item : e.items()) insns.push_back(item.insn);
    return insns;
  };
  const auto load = emitted(ebpf::Op::kLoadAcquire64);
  ASSERT_EQ(load.size(), 2u);
  EXPECT_EQ(load[1].op, rv64::Op::kFence);
  EXPECT_EQ(load[1].imm.value(), 0x23u);  // r, rw
  const auto store = emitted(ebpf::Op::kStoreRelease64);
  ASSERT_EQ(store.size(), 2u);
  EXPECT_EQ(store[0].op, rv64::Op::kFence);
  EXPECT_EQ(store[0].imm.value(), 0x31u);  // rw, w
  const auto fetch = emitted(ebpf::Op::kAtomicFetchAdd64);
  ASSERT_EQ(fetch.size(), 1u);
  EXPECT_TRUE(fetch[0].aq && fetch[0].rl);
  const auto plain = emitted(ebpf::Op::kAtomicAdd64);
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_FALSE(plain[0].aq || plain[0].rl);
}

}  // namespace
}  // namespace zext::proofs
