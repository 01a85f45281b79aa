// A load that may fault: at the instruction that its exception entry names, and only there, memory
// is accessed, where eBPF's table says. If that faults, the state at which the program goes on is
// that before, with zero in the destination; if not, it is that of a plain load,
// whether or not the upper half of what is loaded counts.
#include "jit/baseline/probe.h"

#include <gtest/gtest.h>

#include "proofs/lowerings/access.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;
using Emitter = jit::Emitter<Word64>;

// What a trap handler does to the destination (jit/exception.h).
enum class Handler : uint8_t { kClears, kForgetsToClear };

// Items `from` to `to` - 1 as a lowering of their own.
template <class E>
Emitter part(const E& e, size_t from, size_t to) {
  Emitter result(e.context);
  for (size_t i = from; i < to; ++i) result.push(e.items()[i].insn);
  return result;
}

// Accesses other than fences.
size_t access_count(const State& state) {
  size_t count = 0;
  for (const Access& access : state.memory.trace()) {
    count += access.kind == Access::Kind::kFence ? 0 : 1;
  }
  return count;
}

// The path of a fault: up to the access, then the handler, then what follows.
template <class E>
Formula after_fault(const BpfInstruction& insn, const E& e, const jit::ProbingLoad& load,
                    State state, Handler handler) {
  const jit::RegisterSet after = e.context.counts;
  state.run(part(e, 0, load.item));
  if (access_count(state) != 0) return false;  // could fault unnoticed
  if (handler == Handler::kClears) state.x[load.reg] = Word64::of(0);
  state.run(part(e, load.resume, e.items().size()));
  if (access_count(state) != 0) return false;
  auto expected = state.bpf;
  expected[insn.dst] = Word64::of(0);
  return state.represents(expected, after, jit::uppers_after(insn, {}, after));
}

// The access itself: a load of that width, at that address.
template <class E>
Formula access_is_named(const BpfInstruction& insn, const Word64& offset, const E& e,
                        const jit::ProbingLoad& load, State state) {
  state.run(part(e, 0, load.resume));
  const Trace& accesses = state.memory.trace();
  if (accesses.size() != 1 || load.resume != load.item + 1) return false;
  const Access& access = accesses.front();
  if (access.kind != Access::Kind::kRead || access.bytes != insn.row().bytes) return false;
  return access.address == state.bpf[insn.src] + offset;
}

Formula without_fault(const BpfInstruction& insn, const Word64& offset, const Emitter& e,
                      State state) {
  const jit::RegisterSet after = e.context.counts;
  const Word64 address = state.bpf[insn.src] + offset;
  state.memory.each_at(address);
  state.run(e);
  if (access_count(state) != 1) return false;
  const unsigned bytes = insn.row().bytes;
  const Word64 value = Memory().load(address, bytes);
  auto expected = state.bpf;
  expected[insn.dst] = insn.row().kind == ebpf::Kind::kLoadSx ? ebpf::sign_extend(bytes, value)
                                                              : ebpf::zero_extend(bytes, value);
  return state.memory.there() &&
         state.represents(expected, after, jit::uppers_after(insn, {}, after));
}

// The claims about one load. `counts`: whether the upper half of what it loads does.
template <Mutation kMutation>
void add_case(Goals& goals, const BpfInstruction& insn, bool counts, Handler handler) {
  const Word64 offset = sext<64>(Bv<16>::variable("offset"));
  State state(insn.dst, insn.src);
  jit::RegisterSet after = all_but({insn.dst, insn.src});
  after.put(insn.dst, counts);
  state.only_low_halves_but(jit::upper_demand(insn).before(after));
  jit::Emitter<Word64, kMutation> e({.stack_top = state.stack_top, .counts = after});
  lower_access(e, insn, offset);
  const jit::ProbingLoad load = jit::probing_load(e);
  goals.add(after_fault(insn, e, load, state, handler));
  goals.add(access_is_named(insn, offset, e, load, state));
  goals.add(without_fault(insn, offset, part(e, 0, e.items().size()), state));
}

// All assignments of registers but r10 as base, which Options::probes refuses.
template <Mutation kMutation = Mutation::kNone>
Claim all_cases(const ebpf::Row& row, Handler handler = Handler::kClears) {
  Goals goals;
  for (ebpf::Reg d = 0; d < jit::kHomeCount; ++d) {
    for (ebpf::Reg s = 0; s < jit::kHomeCount; ++s) {
      for (const bool counts : {true, false}) {
        add_case<kMutation>(goals, {.op = row.op, .dst = d, .src = s}, counts, handler);
      }
    }
  }
  return {.show = goals.formulas()};
}

TEST(ProbingLoads, FaultsGiveZero) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (!jit::can_probe(row.kind)) continue;
    theorem(
        "probing " + row_name(row), 8u * row.bytes, [&] { return all_cases(row); }, kWithMemory);
  }
}

TEST(Mutants, ProbingLoads) {
  const ebpf::Row& row = ebpf::row_of(ebpf::Op::kLoad32);
  refuted(
      "the entry names the lowering's first instruction", 32,
      [&] { return all_cases<Mutation::kProbeNamesFirstItem>(row); }, kWithMemory);
  refuted(
      "the handler leaves the destination", 32,
      [&] { return all_cases(row, Handler::kForgetsToClear); }, kWithMemory);
}

}  // namespace
}  // namespace zext::proofs
