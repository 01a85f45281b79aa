// Accesses to memory: their lowerings by kind, and what eBPF says of them.
//
//   lower_access(e, insn, offset);                     // what is emitted
//   state.run(e);
//   is_ebpfs_access(state, insn, offset, demand);      // Formula: RFC 9669, section 5
//
// The offset is an operand of its own, since theorems are about all of them.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "jit/baseline/atomic.h"
#include "jit/baseline/memory.h"
#include "jit/baseline/probe.h"
#include "proofs/lowerings/memory.h"
#include "proofs/lowerings/state.h"

namespace zext::proofs {

template <class E>
void lower_access(E& e, const BpfInstruction& insn, const Word64& offset) {
  switch (insn.row().kind) {
    case ebpf::Kind::kLoadAcquire:
      return jit::lower_load_acquire(e, insn, offset);
    case ebpf::Kind::kStore:
      return jit::lower_store(e, insn, offset);
    case ebpf::Kind::kStoreImm:
      return jit::lower_store_imm(e, insn, offset);
    case ebpf::Kind::kStoreRelease:
      return jit::lower_store_release(e, insn, offset);
    case ebpf::Kind::kAtomic:
      return jit::lower_atomic(e, insn, offset);
    default:
      return jit::lower_load(e, insn, offset);
  }
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
inline void execute(const BpfInstruction& insn, const Word64& offset, BpfRegisters& r,
                    Memory& memory) {
  const ebpf::Row& row = insn.row();
  switch (row.kind) {
    case ebpf::Kind::kLoadSx:
      r[insn.dst] = ebpf::sign_extend(row.bytes, memory.read(r[insn.src] + offset, row.bytes));
      return;
    case ebpf::Kind::kStoreImm:
      return memory.write(r[insn.dst] + offset, row.bytes, insn.imm);
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreRelease:
      memory.write(r[insn.dst] + offset, row.bytes, r[insn.src]);
      return memory.order(false, row.kind == ebpf::Kind::kStoreRelease);
    case ebpf::Kind::kAtomic:
      return row.width == 64 ? execute_atomic<64>(insn, r[insn.dst] + offset, r, memory)
                             : execute_atomic<32>(insn, r[insn.dst] + offset, r, memory);
    default:
      r[insn.dst] = memory.read(r[insn.src] + offset, row.bytes);
      return memory.order(row.kind == ebpf::Kind::kLoadAcquire, false);
  }
}

// A store-conditional that lost its reservation: the loop starts as it did the first time.
inline Formula starts_again(const State& state, jit::RegisterSet counts, jit::Uppers known) {
  Formula all = state.memory.there() && same_bytes(state.memory, Memory()) &&
                state.represents(state.bpf, counts, known);
  for (const Access& access : state.memory.trace()) {
    all = all && Formula(access.kind == Access::Kind::kReserve);
  }
  return all;
}

// Which upper halves count, and what is known of them, before and after an access.
struct Demand {
  jit::RegisterSet before = {}, after = {};
  jit::Uppers known = {}, known_after = {};
};

// That the state is what eBPF's access leaves: the same trace, memory and registers.
inline Formula is_ebpfs_access(const State& state, const BpfInstruction& insn, const Word64& offset,
                               const Demand& demand) {
  if (state.repeated >= 0) return starts_again(state, demand.before, demand.known);
  auto expected = state.bpf;
  Memory memory;
  execute(insn, offset, expected, memory);
  return state.memory.there() && same_trace(state.memory.trace(), memory.trace()) &&
         same_bytes(state.memory, memory) &&
         state.represents(expected, demand.after, demand.known_after);
}

// What may be known of r0 where a lowering asks: that of a compare-and-exchange of 32 bits.
inline std::vector<jit::Uppers> known_of_r0(const ebpf::Row& row) {
  std::vector<jit::Uppers> all(1);
  if (row.atomic != ebpf::AtomicOp::kCmpxchg || row.width == 64) return all;
  all.emplace_back().set(0, {.sign = true});
  return all;
}

// Calls visit(dst, src) for the registers that an access of that row may have.
template <class Visit>
void each_operands(const ebpf::Row& row, Visit visit) {
  const bool writes_src = row.fetch && row.atomic != ebpf::AtomicOp::kCmpxchg;
  for (ebpf::Reg d = 0; d < ebpf::kRegisterCount; ++d) {
    if (jit::can_probe(row.kind) && d == ebpf::kFramePointer) continue;
    for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) {
      if (writes_src && s == ebpf::kFramePointer) continue;
      if (row.kind == ebpf::Kind::kStoreImm && s != 0) continue;
      visit(d, s);
    }
  }
}

// Assignments of registers that have something in common. Those of cmpxchg are taken apart by what
// r0 and r10 are in them: within one part each comparison with r0 is the same term, and forks once.
using Part = std::function<bool(ebpf::Reg d, ebpf::Reg s)>;
inline bool any(ebpf::Reg /*d*/, ebpf::Reg /*s*/) { return true; }
struct NamedPart {
  const char* name;
  Part part;
};
inline std::vector<NamedPart> parts(const ebpf::Row& row) {
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

}  // namespace zext::proofs
