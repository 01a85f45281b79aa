// Questions to the refiner, where the domains cannot show an obligation.
//
// A question is about one path: the states that it passed, and what it decided between them. It
// goes back to a state that stands for other paths as well, where it was generalised or merged:
// what came before does not lead to all of that. An answer is shown from one of the states passed.
// Those after it become the path's own: from them alone it does not follow, so they must not cover
// other paths. None of them has covered any so far: they are open, and open states cover only where
// they are generalised; but those stand for other paths, so a question only begins with them.
#include <algorithm>

#include "verifier/fixpoint/explorer.h"

namespace zext::verifier {
namespace {

// States passed that a question goes back.
constexpr size_t kMaxPassed = 64;
// Questions for one instruction on one path.
constexpr size_t kMaxQuestions = 4;

// The size of the region that the pointer points into; unknown where that does not say what may be
// accessed.
Linear size_of_region(const Value& pointer, const State& state) {
  switch (pointer.type) {
    case Type::kPacket:
      return Linear::symbol(state.packet_size);
    case Type::kPacketMeta:
      return Linear::symbol(state.meta_size_plus_one).plus(-1);
    case Type::kMemory:
      return Linear::symbol(kMemorySize);
    case Type::kMapKey:
      return Linear::constant(pointer.map->key_size);
    case Type::kMapValue:
      return Linear::constant(pointer.map->value_size);
    case Type::kRegion:
      return Linear::constant(pointer.detail);
    case Type::kUninitialised:
    case Type::kNumber:
    case Type::kContext:
    case Type::kPacketEnd:
    case Type::kStack:
    case Type::kMap:
    case Type::kStructure:
    case Type::kObject:
    case Type::kPerCpu:
    case Type::kTracepointBuffer:
    case Type::kFunction:
      break;
  }
  return {};
}

// A symbol for the pointer's offset, which counts from the least that it may be.
void name_offset(Value& pointer, SymbolSource& symbols, Relations& relations) {
  const int64_t least = signed_min(pointer.number);
  const uint64_t width =
      static_cast<uint64_t>(signed_max(pointer.number)) - static_cast<uint64_t>(least);
  const Symbol symbol = symbols.fresh();
  // Cannot fail: the symbol is new.
  (void)relations.restrict(symbol, 0, width);
  pointer.linear = Linear::symbol(symbol).plus(least);
}

}  // namespace

// An instruction whose obligations the refiner may be asked about. Where it shows one, the
// instruction is tried again with what it says, from the state as it was.
Explorer::Next Explorer::execute_refining(Path& path) {
  trial_.state = path.state;
  trial_.trace = path.trace;
  trial_.waiting = waiting_.size();
  trial_.asked.clear();
  trial_.runs = true;
  Next next = execute(path);
  while (next == Next::kAgain) {
    path.state = trial_.state;
    path.trace = trial_.trace;
    next = execute(path);
  }
  trial_.runs = false;
  return next;
}

// kEnded: no execution takes this path; kAgain: the obligation holds; kStopped: nothing is known.
Explorer::Next Explorer::ask(const Path& path, const Failure& failure) {
  const bool asked =
      std::any_of(trial_.asked.begin(), trial_.asked.end(), [&](const Failure& before) {
        return before.reason == failure.reason && before.reg == failure.reg;
      });
  if (trial_.runs && (asked || trial_.asked.size() == kMaxQuestions)) return Next::kStopped;
  if (trial_.runs) trial_.asked.push_back(failure);
  const Answer answer = put_question(path, failure);
  if (answer.kind == Answer::Kind::kNever) return Next::kEnded;
  // What was forked already would be so twice.
  const bool may_repeat = trial_.runs && waiting_.size() == trial_.waiting;
  if (answer.kind == Answer::Kind::kUndecided || !may_repeat) return Next::kStopped;
  return assume(answer, path.pc, failure, trial_.state) ? Next::kAgain : Next::kEnded;
}

bool Explorer::never(const Path& path) {
  const Failure endless{
      .reason = Reason::kTermination, .reg = kNoRegister, .type = {}, .access = {}};
  return put_question(path, endless).kind == Answer::Kind::kNever;
}

Answer Explorer::put_question(const Path& path, const Failure& failure) {
  const State& state = trial_.runs ? trial_.state : path.state;
  const uint32_t trace = trial_.runs ? trial_.trace : path.trace;
  std::vector<uint32_t> chain;  // the nearest first; kNone is the entry
  for (uint32_t i = path.kept; chain.size() < kMaxPassed; i = kept_[i].before) {
    chain.push_back(i);
    if (i == kNone || !kept_[i].exact) break;
  }
  std::reverse(chain.begin(), chain.end());
  const auto trace_at = [&](uint32_t kept) { return kept == kNone ? kNone : kept_[kept].trace; };
  std::vector<uint32_t> traces;
  for (uint32_t i = trace; i != trace_at(chain.front()); i = traces_[i].previous) {
    traces.push_back(i);
  }
  std::reverse(traces.begin(), traces.end());
  std::vector<Branch> decisions;
  decisions.reserve(traces.size());
  for (const uint32_t i : traces) decisions.push_back(traces_[i].branch);
  std::vector<Passed> passed;
  for (const uint32_t kept : chain) {
    const uint32_t at = trace_at(kept);
    // Indices grow along a path.
    const auto next =
        at == kNone ? traces.begin() : std::upper_bound(traces.begin(), traces.end(), at);
    passed.push_back(
        {.pc = kept == kNone ? entries_[path.root].frames.back().entry : kept_[kept].pc,
         .state = kept == kNone ? &entries_[path.root] : &kept_[kept].state,
         .decision = static_cast<uint32_t>(next - traces.begin())});
  }
  const Question question{.passed = passed,
                          .decisions = decisions,
                          .pc = path.pc,
                          .state = &state,
                          .reason = failure.reason,
                          .reg = failure.reg,
                          .access = failure.access};
  ++verdict_.statistics.questions;
  Answer answer = budget_.refiner->ask(budget_.refiner->context, question);
  if (answer.from >= chain.size()) answer.kind = Answer::Kind::kUndecided;
  if (answer.kind == Answer::Kind::kUndecided) return answer;
  for (size_t i = answer.from + 1; i < chain.size(); ++i) kept_[chain[i]].own = true;
  return answer;
}

// What the refiner says of the registers. False: together with what is known, no execution is left.
bool Explorer::assume(const Answer& answer, uint32_t pc, const Failure& failure, State& state) {
  int64_t displacement = 0;
  if (failure.reg < ebpf::kRegisterCount) {
    displacement = failure.access.low - signed_min(state.registers[failure.reg].number);
  }
  for (size_t i = 0; i < std::min<size_t>(answer.fact_count, answer.facts.size()); ++i) {
    const Answer::Fact& fact = answer.facts[i];
    if (fact.reg >= ebpf::kRegisterCount) continue;
    Value& value = state.registers[fact.reg];
    if (value.type == Type::kUninitialised) continue;
    value.number = meet(value.number, signed_range(fact.low, fact.high));
    if (is_bottom(value.number)) return false;
  }
  if (!state.reduce()) return false;
  return !answer.within || assume_within(pc, failure, displacement, state);
}

// The register that says how many bytes of the memory at `reg` the call is about; 0: none does.
ebpf::Reg Explorer::size_register(uint32_t pc, ebpf::Reg reg) const {
  const ebpf::Instruction<>& insn = code_.insns[pc];
  if (insn.row().kind != ebpf::Kind::kCallHelper || reg == 0 || reg >= kArgumentCount) return 0;
  const Helper* helper = rules_.subject.platform.helper(static_cast<uint32_t>(insn.imm.value()));
  if (helper == nullptr) return 0;
  const Argument& memory = helper->arguments[reg - 1u];
  const ArgumentKind next = helper->arguments[reg].kind;
  const bool sized = next == ArgumentKind::kSize || next == ArgumentKind::kSizeOrZero;
  const bool by_next = memory.kind == ArgumentKind::kMemory && memory.bytes == 0 && sized;
  return by_next ? static_cast<ebpf::Reg>(reg + 1) : ebpf::Reg{0};
}

// Register + displacement + bytes <= size.
bool Explorer::assume_within(uint32_t pc, const Failure& failure, int64_t displacement,
                             State& state) {
  if (failure.reg >= ebpf::kRegisterCount) return true;
  Value& pointer = state.registers[failure.reg];
  const Linear size = size_of_region(pointer, state);
  if (!size.known() || pointer.nullable) return true;
  Linear bytes = Linear::constant(failure.access.bytes);
  if (const ebpf::Reg given = size_register(pc, failure.reg); given != 0) {
    state.symbolise(state.registers[given], symbols_);
    bytes = state.registers[given].form();
  }
  if (!pointer.form().known()) name_offset(pointer, symbols_, state.relations);
  Linear room = size - pointer.form().plus(displacement) - bytes;
  if (!room.known()) {
    // Too many symbols for a form: one of its own says what is needed here.
    name_offset(pointer, symbols_, state.relations);
    room = size - pointer.form().plus(displacement) - bytes;
  }
  return state.relations.assume(room) && state.reduce();
}

}  // namespace zext::verifier
