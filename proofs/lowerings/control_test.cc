// Calls, may_goto and casts between address spaces. A call enters its callee with the arguments in
// place and a way back; after it r0 is what the callee returned, and r6 to r9, r10 and the caller's
// registers are as they were. That callees of this program do what is expected of them is
// frame_test.cc's, that control arrives is forms_test.cc's and call_outside_test.cc's.
#include <gtest/gtest.h>

#include <optional>

#include "jit/baseline/address_space.h"
#include "jit/baseline/call.h"
#include "jit/baseline/frame.h"
#include "jit/emit/forms.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;
using Insn = rv64::Instruction<Word64>;

// Items `from` to the end as a lowering of their own.
template <class E>
jit::Emitter<Word64> rest(const E& e, size_t from) {
  jit::Emitter<Word64> result(e.context);
  for (size_t i = from; i < e.items().size(); ++i) result.push(e.items()[i].insn);
  return result;
}

// What a callee that keeps the psABI's rules leaves: its result in one register, anything in the
// others that are not the caller's, kTailCounter among them: who needs that has it in the frame.
void execute_callee(State& state, rv64::Reg result) {
  for (const rv64::Reg reg : {1, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31}) {
    state.x[reg] = Word64::variable(("callee" + std::to_string(reg)).c_str());
  }
  state.x[result] = Word64::variable("result");
}

// r1 to r5 are where callees look for them (psABI: a0 to a4).
Formula arguments_in_place(const State& state) {
  Formula all = true;
  for (ebpf::Reg reg = 1; reg <= 5; ++reg) {
    all = all && state.x[rv64::kA0 + reg - 1] == state.bpf[reg];
  }
  return all;
}

// r0 is the result; r6 to r9 and sp, and so r10, are kept.
Formula after_call(const State& state) {
  Formula all = state.x[jit::home(0)] == Word64::variable("result");
  for (ebpf::Reg reg = 6; reg <= 9; ++reg) all = all && state.x[jit::home(reg)] == state.bpf[reg];
  return all && state.x[rv64::kSp] + state.stack_top == state.bpf[ebpf::kFramePointer];
}

template <Mutation kMutation = Mutation::kNone>
Formula callx(ebpf::Reg dst) {
  State state(dst, State::kNone);
  const Word64 target = state.bpf[dst];
  jit::Emitter<Word64, kMutation> e({.stack_top = state.stack_top});
  jit::lower_callx(e, BpfInstruction{.op = ebpf::Op::kCallx, .dst = dst});
  size_t at = 0;
  while (e.items()[at].insn.row().kind != rv64::Kind::kJump) ++at;
  jit::Emitter<Word64> before(e.context);
  for (size_t i = 0; i < at; ++i) before.push(e.items()[i].insn);
  state.run(before);
  const Insn& jalr = e.items()[at].insn;
  const Word64 arrives = rv64::target(jalr, state.x[jalr.rs1], Word64::variable("pc"));
  const Formula enters = arrives == target && arguments_in_place(state);
  execute_callee(state, rv64::kA0);
  state.run(rest(e, at + 1));
  const Formula even = (target & Word64::of(1)) == Word64::of(0);
  return implies(even, enters && Formula(jalr.rd == rv64::kRa) && after_call(state));
}

template <Mutation kMutation = Mutation::kNone>
Claim all_callx() {
  Goals goals;
  for (ebpf::Reg dst = 0; dst < jit::kHomeCount; ++dst) goals.add(callx<kMutation>(dst));
  return {.show = goals.formulas()};
}

TEST(Calls, Callx) {
  theorem("callx", 64, [] { return all_callx(); });
}

// A C function: the call's own instructions leave the arguments alone (they write ra and
// kScratch2), and its result is moved.
template <Mutation kMutation = Mutation::kNone>
Formula helper() {
  State state(0, 1);
  jit::Emitter<Word64> call;
  jit::call_absolute(call, Word64::variable("helper"));
  jit::Emitter<Word64> up_to_jump(call.context);
  for (const auto& item : call.items().first(call.size() - 1u)) up_to_jump.push(item.insn);
  state.run(up_to_jump);
  const Formula enters = arguments_in_place(state);
  execute_callee(state, rv64::kA0);
  jit::Emitter<Word64, kMutation> after;
  jit::emit_result(after);
  state.run(rest(after, 0));
  return enters && after_call(state);
}

// A function of this program returns in r0's home.
template <jit::Transfer kTransfer>
Formula local_call(uint8_t form) {
  State state(0, 1);
  jit::FormCode<Word64> code;
  jit::write_form(code, {kTransfer, form, false}, {}, Word64::variable("distance"));
  for (const Insn& insn : code.insns()) {
    if (insn.row().kind == rv64::Kind::kValue) rv64::execute(insn, state.x, Word64::of(0));
  }
  const bool links = code.insns().back().rd == rv64::kRa;
  const Formula enters = arguments_in_place(state);
  execute_callee(state, jit::home(0));
  return Formula(links) && enters && after_call(state);
}

TEST(Calls, HelpersAndFunctions) {
  theorem("call of a C function", 64, [] { return helper(); });
  for (uint8_t form = 0; form <= jit::Shape::kLongest; ++form) {
    theorem("call of a function, form " + std::to_string(form), 64,
            [=] { return local_call<jit::Transfer::kCall>(form); });
  }
}

TEST(Mutants, Calls) {
  refuted("callx without a return address", 64,
          [] { return all_callx<Mutation::kCallxLinksNowhere>(); });
  refuted("callx, result not moved", 64, [] { return all_callx<Mutation::kResultNotMoved>(); });
  refuted("C function, result not moved", 64, [] { return helper<Mutation::kResultNotMoved>(); });
  refuted("a function jumped to", 64, [] { return local_call<jit::Transfer::kJump>(0); });
}

// may_goto: taken exactly if nothing is left of the budget; else one is spent. All else is kept.
template <Mutation kMutation = Mutation::kNone>
Claim may_goto() {
  Goals goals;
  const Word64 none = Word64::of(0);
  for (unsigned stack = 0; stack <= ebpf::kStackSize; stack += 16) {
    const jit::Frame frame{.stack = stack, .may_goto = true};
    State state(0, 1);
    const Word64 budget_at = state.x[rv64::kSp] + Word64::of(stack);
    const Word64 budget = Memory().load(budget_at, 8);
    Memory unchanged, spent;
    unchanged.read(budget_at, 8);
    spent.read(budget_at, 8);
    spent.write(budget_at, 8, budget - Word64::of(1));
    jit::Emitter<Word64, kMutation> test, spend;
    jit::emit_may_goto_test(test, frame);
    jit::emit_may_goto_spend(spend, frame);
    state.run(test);
    const jit::Branch branch = jit::may_goto_branch();
    const Formula taken =
        rv64::taken(Insn{.op = branch.op}, state.x[branch.rs1], state.x[branch.rs2]);
    goals.add(taken == (budget == none) && state.registers_are(state.bpf) &&
              same_trace(state.memory.trace(), unchanged.trace()) &&
              same_bytes(state.memory, unchanged));
    state.run(spend);
    goals.add(state.registers_are(state.bpf) && same_trace(state.memory.trace(), spent.trace()) &&
              same_bytes(state.memory, spent));
  }
  return {.show = goals.formulas()};
}

TEST(MayGoto, SpendsItsBudget) {
  theorem("may_goto", 64, [] { return may_goto(); }, kWithMemory);
}

// Linux: into space 0, the low half; into space 1, the arena's user address, unless it is null.
template <Mutation kMutation = Mutation::kNone>
Claim casts(jit::Extensions extensions, bool to_user) {
  Goals goals;
  const Word64 base = shl(Word64::variable("arena"), Word64::of(32));
  for (ebpf::Reg d = 0; d < jit::kHomeCount; ++d) {
    for (ebpf::Reg s = 0; s < ebpf::kRegisterCount; ++s) {
      State state(d, s);
      const BpfInstruction insn{.op = ebpf::Op::kAddrSpaceCast, .dst = d, .src = s};
      jit::Emitter<Word64, kMutation> e({.extensions = extensions, .stack_top = state.stack_top});
      to_user ? jit::lower_cast_to_user(e, insn, base) : jit::lower_cast_to_kernel(e, insn);
      state.run(e);
      const Word64 low = zext<64>(trunc<32>(state.bpf[s]));
      const Word64 zero = Word64::of(0);
      auto expected = state.bpf;
      expected[d] = to_user ? select(low == zero, zero, base | low) : low;
      goals.add(state.registers_are(expected));
    }
  }
  return {.show = goals.formulas()};
}

TEST(AddressSpaces, Casts) {
  for (const NamedExtensions& set : std::span(kExtensionSets).first(2)) {
    theorem(std::string("cast to the kernel's space, ") + set.name, 64,
            [&] { return casts(set.extensions, false); });
    theorem(std::string("cast to the user's space, ") + set.name, 64,
            [&] { return casts(set.extensions, true); });
  }
}

TEST(Mutants, MayGotoAndCasts) {
  refuted(
      "may_goto that spends nothing", 64, [] { return may_goto<Mutation::kMayGotoNeverSpends>(); },
      kWithMemory);
  refuted("null cast to the arena's base", 64,
          [] { return casts<Mutation::kNullIsCast>(jit::kRv64gc, true); });
}

}  // namespace
}  // namespace zext::proofs
