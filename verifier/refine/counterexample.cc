#include "verifier/refine/counterexample.h"

#include <algorithm>

#include "isa/ebpf/fields.h"
#include "verifier/refine/distance.h"
#include "verifier/refine/example.h"
#include "verifier/symbolic/executor.h"

namespace zext::verifier {
namespace {

using symbolic::Executor;
using symbolic::Machine;
using symbolic::Possible;
using symbolic::Term;
using symbolic::Violation;
using symbolic::Way;

// Times that a path may pass the same instruction: ever more, until something is found.
constexpr uint32_t kVisits[] = {1, 2, 4, 9, 18, 36, 72, 150, 300, 600};
constexpr unsigned kQueryWork = 2'000'000;
constexpr uint32_t kMaxSteps = 50'000;            // of one path
constexpr uint32_t kMaxPaths = 20'000;            // of one stage
constexpr uint32_t kMaxExamples = 24;             // that are replayed
constexpr uint32_t kEndlessVisits = 36;           // of a loop's head, before it is run to see
constexpr uint64_t kEndless = uint64_t{1} << 24;  // instructions

// Whether a run that breaks the obligation strays, so that the interpreter must stop there.
bool strays(Reason reason) {
  switch (reason) {
    case Reason::kStackBounds:
    case Reason::kPacketBounds:
    case Reason::kMetaBounds:
    case Reason::kMemoryBounds:
    case Reason::kMapBounds:
    case Reason::kRegionBounds:
      return true;
    default:
      return false;
  }
}

class Searcher {
 public:
  Searcher(const Subject& subject, const Rejection& rejection, const SearchOptions& options)
      : rules_{.subject = subject,
               .privileged = options.privileged,
               .strict_alignment = options.strict_alignment},
        rejection_(rejection),
        solver_({.seconds = options.seconds, .query_work = kQueryWork}),
        distance_(distances(subject.code, rejection.pc)),
        visits_(subject.code.size(), 0) {}

  Search run() {
    const bool endless = rejection_.reason == Reason::kTermination;
    for (const uint32_t visits : kVisits) {
      most_ = visits;
      if (endless && visits < kEndlessVisits) continue;
      cut_ = false;
      solver_.push();
      Executor executor(rules_, solver_);
      executor.set_obligations(Executor::Obligations::kAssume);
      executor.remember_memory();
      Machine first = executor.entry({});
      // The replay puts metadata before the packet, or none.
      solver_.add(ult(Term::of(0), first.meta_size_plus_one));
      follow(executor, std::move(first));
      solver_.pop_to(0);
      if (result_.found || !cut_ || solver_.expired() || result_.examples >= kMaxExamples) break;
    }
    result_.spent = solver_.expired();
    result_.queries = solver_.queries();
    result_.seconds = solver_.seconds();
    return std::move(result_);
  }

 private:
  // A path that waits; its visits end those of the path before.
  struct Open {
    Way way;
    size_t depth = 0;
    size_t length = 0;
  };

  void follow(Executor& executor, Machine first) {
    std::vector<Open> open;
    open.push_back({.way = {.machine = std::move(first), .taken = {}}, .depth = solver_.depth()});
    for (uint32_t paths = 0; !open.empty() && paths < kMaxPaths; ++paths) {
      if (done()) return;
      Open next = std::move(open.back());
      open.pop_back();
      solver_.pop_to(next.depth);
      leave_path(next.length);
      solver_.push();
      solver_.add(next.way.condition);
      if (solver_.exemplified(true) == Possible::kNo) continue;
      Machine machine = std::move(next.way.machine);
      while (advance(executor, machine, open)) {
      }
    }
    leave_path(0);
  }

  bool done() const {
    return result_.found || solver_.expired() || result_.examples >= kMaxExamples;
  }

  void leave_path(size_t length) {
    while (path_.size() > length) {
      --visits_[path_.back()];
      path_.pop_back();
    }
  }

  // One instruction; false: the path ends.
  bool advance(Executor& executor, Machine& machine, std::vector<Open>& open) {
    const uint32_t pc = machine.pc;
    if (distance_[pc] == kUnreachable || done()) return false;
    if (visits_[pc] == most_ || path_.size() == kMaxSteps) {
      cut_ = true;
      if (rejection_.reason == Reason::kTermination && pc == rejection_.pc) try_endless(machine);
      return false;
    }
    path_.push_back(pc);
    ++visits_[pc];
    if (pc == rejection_.pc) ask(executor, machine);
    auto ways = executor.step(std::move(machine));
    if (!ways) {
      if (ways.error().kind == Violation::Kind::kUnsupported) result_.unsupported = true;
      return false;
    }
    std::erase_if(*ways, [&](const Way& way) {
      return way.condition.is(false) || distance_[way.machine.pc] == kUnreachable;
    });
    if (ways->empty()) return false;
    // The nearest first, so it is the last to be put there.
    std::stable_sort(ways->begin(), ways->end(), [&](const Way& a, const Way& b) {
      return distance_[a.machine.pc] > distance_[b.machine.pc];
    });
    if (ways->size() == 1) {
      solver_.add(ways->front().condition);
      machine = std::move(ways->front().machine);
      return true;
    }
    for (Way& way : *ways) {
      open.push_back({.way = std::move(way), .depth = solver_.depth(), .length = path_.size()});
    }
    return false;
  }

  // Whether the obligation can be broken here, and is when that is tried.
  void ask(Executor& executor, const Machine& machine) {
    executor.set_obligations(Executor::Obligations::kShow);
    const auto ways = executor.step(machine);
    executor.set_obligations(Executor::Obligations::kAssume);
    if (ways || ways.error().kind != Violation::Kind::kViolated) return;
    const Violation& violation = ways.error();
    solver_.push();
    solver_.add(violation.broken);
    if (solver_.exemplified(true) == Possible::kYes) {
      prefer_small(machine);
      replay(machine, violation.reason);
    }
    solver_.pop();
  }

  // Short packets are easier to read.
  void prefer_small(const Machine& machine) {
    for (const uint64_t size : {16u, 64u, 256u, 1514u}) {
      for (const Term& term : {machine.packet_size, machine.memory_size}) {
        if (term.constant()) continue;
        if (solver_.exemplified(ule(term, Term::of(size))) == Possible::kYes) {
          solver_.add(ule(term, Term::of(size)));
        }
      }
    }
    (void)solver_.exemplified(true);
  }

  void replay(const Machine& machine, Reason reason) {
    ++result_.examples;
    Counterexample example{.reason = reason, .pc = rejection_.pc};
    example.input = example_input(rules_.subject, machine, solver_);
    const uint32_t wanted = visits_[rejection_.pc];
    uint32_t seen = 0;
    bool as_foretold = false;
    const ReplayOptions options{.step = [&](const Moment& moment) {
      if (moment.pc != rejection_.pc || ++seen != wanted) return;
      as_foretold = agrees(machine, moment.registers);
    }};
    example.replay = verifier::run(rules_.subject, example.input, options);
    const auto& fault = example.replay.fault;
    const bool faults = fault && fault->pc == rejection_.pc && seen == wanted &&
                        fault->kind != ebpf::Fault::Kind::kInstructionLimit;
    if (faults) {
      example.kind = Counterexample::Kind::kFaults;
    } else if (as_foretold && (!strays(reason) || calls())) {
      example.kind = Counterexample::Kind::kReaches;
    } else {
      return;
    }
    result_.found = std::move(example);
  }

  // A call strays when the function that is called does.
  bool calls() const {
    const ebpf::Kind kind = rules_.subject.code.insns[rejection_.pc].row().kind;
    return kind == ebpf::Kind::kCallHelper || kind == ebpf::Kind::kCallLocal;
  }

  // The numbers that the instruction reads are those of the example.
  bool agrees(const Machine& machine, const ebpf::Registers& registers) const {
    for (size_t reg = 0; reg < registers.size(); ++reg) {
      const symbolic::Word& word = machine.registers[reg];
      if (word.number() && solver_.example(word.bits) != registers[reg]) return false;
    }
    return true;
  }

  void try_endless(const Machine& machine) {
    if (solver_.exemplified(true) != Possible::kYes) return;
    prefer_small(machine);
    ++result_.examples;
    Counterexample example{.kind = Counterexample::Kind::kEndless,
                           .reason = Reason::kTermination,
                           .pc = rejection_.pc};
    example.input = example_input(rules_.subject, machine, solver_);
    example.replay = verifier::run(rules_.subject, example.input, {.max_instructions = kEndless});
    const auto& fault = example.replay.fault;
    if (fault && fault->kind == ebpf::Fault::Kind::kInstructionLimit) {
      result_.found = std::move(example);
    }
  }

  const symbolic::Rules rules_;
  const Rejection& rejection_;
  symbolic::Solver solver_;
  const std::vector<uint32_t> distance_;
  std::vector<uint32_t> visits_;  // by slot, on the path
  std::vector<uint32_t> path_;
  uint32_t most_ = 1;
  bool cut_ = false;  // a path was given up for its length
  Search result_;
};

}  // namespace

Search find_counterexample(const Subject& subject, const Rejection& rejection,
                           const SearchOptions& options) {
  switch (rejection.reason) {
    // Nothing that a run could show.
    case Reason::kUnreachableCode:
    case Reason::kUnsupportedProgramType:
    case Reason::kStackDepth:
      return {};
    default:
      return Searcher(subject, rejection, options).run();
  }
}

}  // namespace zext::verifier
