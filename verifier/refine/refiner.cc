#include "verifier/refine/refiner.h"

#include <algorithm>

#include "isa/ebpf/fields.h"
#include "verifier/certificate/extract.h"
#include "verifier/certificate/meaning.h"
#include "verifier/state/state.h"

namespace zext::verifier {
namespace {

using symbolic::Executor;
using symbolic::Machine;
using symbolic::Possible;
using symbolic::Way;

// Longest path that is followed, in instructions.
constexpr uint32_t kMaxSteps = 20'000;

// Whether the machine is where the question is, in the same calls.
bool at_question(const Machine& machine, const Question& question) {
  const auto& frames = question.state->frames;
  return machine.pc == question.pc && machine.frames.size() == frames.size() &&
         std::equal(frames.begin() + 1, frames.end(), machine.frames.begin() + 1,
                    [](const Frame& a, const symbolic::Frame& b) {
                      return a.return_pc == b.return_pc && a.entry == b.entry;
                    });
}

// The registers whose numbers an obligation of the instruction can be about.
uint16_t registers_of(const ebpf::Instruction<>& insn) {
  constexpr uint16_t kArguments = 0x3e;
  switch (insn.row().kind) {
    case ebpf::Kind::kCallHelper:
    case ebpf::Kind::kCallLocal:
    case ebpf::Kind::kCallBtf:
      return kArguments;
    case ebpf::Kind::kExit:
      return 1;
    default:
      break;
  }
  const ebpf::Fields fields = ebpf::fields_of(insn.row());
  return static_cast<uint16_t>((fields.dst ? 1u << insn.dst : 0u) |
                               (fields.src ? 1u << insn.src : 0u));
}

}  // namespace

SmtRefiner::SmtRefiner(const Subject& subject, const RefinerOptions& options)
    : rules_{.subject = subject,
             .privileged = options.privileged,
             .strict_alignment = options.strict_alignment},
      solver_({.seconds = options.seconds}),
      hook_{.context = this, .ask = [](void* context, const Question& question) {
              return static_cast<SmtRefiner*>(context)->ask(question);
            }} {}

SmtRefiner::Statistics SmtRefiner::statistics() const {
  Statistics result = statistics_;
  result.queries = solver_.queries();
  result.seconds = solver_.seconds();
  return result;
}

Answer SmtRefiner::ask(const Question& question) {
  ++statistics_.questions;
  // Ever longer parts of the path.
  const auto last = static_cast<uint32_t>(question.passed.size()) - 1;
  for (uint32_t back = 0; !solver_.expired(); back = 2 * back + 1) {
    const uint32_t from = last - std::min(back, last);
    const Answer answer = ask_from(question, from);
    solver_.pop_to(0);
    if (answer.kind == Answer::Kind::kHolds) ++statistics_.held;
    if (answer.kind == Answer::Kind::kNever) ++statistics_.never;
    if (answer.kind != Answer::Kind::kUndecided || from == 0) return answer;
  }
  return {};
}

Answer SmtRefiner::ask_from(const Question& question, uint32_t from) {
  const Passed& passed = question.passed[from];
  const auto point = certificate::describe(*passed.state, rules_.subject, passed.pc);
  if (!point) return {};
  solver_.push();
  Executor executor(rules_, solver_);
  certificate::Environment symbols;
  auto machine = certificate::assume(*point, executor, symbols);
  if (!machine) return {};
  executor.set_obligations(Executor::Obligations::kTrust);
  uint32_t decision = passed.decision;
  for (uint32_t steps = 0;; ++steps) {
    if (decision == question.decisions.size() && at_question(*machine, question)) break;
    if (steps == kMaxSteps || solver_.expired()) return {};
    const uint32_t pc = machine->pc;
    auto ways = executor.step(std::move(*machine));
    if (!ways || ways->empty()) return {};
    Way* way = &ways->front();
    if (way->taken) {
      if (decision == question.decisions.size() || question.decisions[decision].pc != pc) return {};
      const bool taken = question.decisions[decision++].taken;
      const auto found =
          std::find_if(ways->begin(), ways->end(), [&](const Way& w) { return w.taken == taken; });
      if (found == ways->end()) return {};
      way = &*found;
      solver_.add(way->condition);
    }
    machine = std::move(way->machine);
  }
  const Answer none{.from = from};
  if (solver_.possible(true) == Possible::kNo) return {.kind = Answer::Kind::kNever, .from = from};
  if (question.reason == Reason::kTermination) return none;
  executor.set_obligations(Executor::Obligations::kShow);
  if (!executor.step(*machine)) return none;
  Answer answer{.kind = Answer::Kind::kHolds, .from = from};
  find_facts(question, *machine, answer);
  return answer;
}

void SmtRefiner::find_facts(const Question& question, const Machine& machine, Answer& answer) {
  answer.within = question.reason == Reason::kPacketBounds ||
                  question.reason == Reason::kMetaBounds ||
                  question.reason == Reason::kMemoryBounds;
  if (fact_of_access(question, answer)) return;
  const uint16_t wanted = registers_of(rules_.subject.code.insns[question.pc]);
  for (uint8_t reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    const symbolic::Word& word = machine.registers[reg];
    if ((wanted >> reg & 1) == 0 || word.type == Type::kUninitialised || word.nullable) continue;
    const Number& known = question.state->registers[reg].number;
    const auto bounds = solver_.bounds(word.bits, signed_min(known), signed_max(known));
    answer.facts[answer.fact_count++] = {.reg = reg, .low = bounds.low, .high = bounds.high};
  }
}

// What follows for the register if a load or store is within its region.
bool SmtRefiner::fact_of_access(const Question& question, Answer& answer) const {
  const ebpf::Instruction<>& insn = rules_.subject.code.insns[question.pc];
  const ebpf::Row& row = insn.row();
  if (row.bytes == 0 || row.kind == ebpf::Kind::kImm64 || question.reg == kNoRegister) return false;
  const Number& known = question.state->registers[question.reg].number;
  int64_t low = -int64_t{insn.offset};
  int64_t high = signed_max(known);
  switch (question.reason) {
    case Reason::kPacketBounds:
    case Reason::kMetaBounds:
    case Reason::kMemoryBounds:
      break;
    case Reason::kMapBounds:
    case Reason::kRegionBounds:
      high = question.access.size - row.bytes - insn.offset;
      break;
    case Reason::kStackBounds:
      low = -int64_t{ebpf::kStackSize} - insn.offset;
      high = -int64_t{row.bytes} - insn.offset;
      break;
    default:
      return false;
  }
  answer.facts[answer.fact_count++] = {.reg = question.reg,
                                       .low = std::max(low, signed_min(known)),
                                       .high = std::min(high, signed_max(known))};
  return true;
}

}  // namespace zext::verifier
