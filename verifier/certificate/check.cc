#include "verifier/certificate/check.h"

#include <algorithm>
#include <chrono>

#include "verifier/certificate/meaning.h"

namespace zext::verifier::certificate {
namespace {

using symbolic::Machine;
using symbolic::Possible;
using symbolic::Term;
using symbolic::Way;

// Sums stay far inside 128 bits.
constexpr size_t kMaxTerms = 8;
constexpr int64_t kMaxFactor = int64_t{1} << 40;
constexpr uint64_t kMaxRounds = uint64_t{1} << 32;

bool fits(const Sum& sum) {
  return sum.terms.size() <= kMaxTerms &&
         std::all_of(sum.terms.begin(), sum.terms.end(), [](const Sum::Term& term) {
           return term.factor != 0 && -kMaxFactor <= term.factor && term.factor <= kMaxFactor;
         });
}

bool fits(const CutPoint& point) {
  const auto fits_all = [](const auto& contents) {
    return std::all_of(contents.begin(), contents.end(),
                       [](const Content& content) { return fits(content.form); });
  };
  bool all = fits_all(point.registers) && fits(point.goto_rounds.form);
  for (const Sum& sum : point.inequalities) all = all && fits(sum);
  for (const Frame& frame : point.frames) {
    all = all && fits_all(frame.saved) && fits_all(frame.arguments) && fits(frame.rounds.form);
    for (const Slot& slot : frame.slots) all = all && fits(slot.content.form);
  }
  return all;
}

class Checker {
 public:
  Checker(const Subject& subject, const CheckOptions& options, const Certificate& certificate)
      : rules_{.subject = subject,
               .privileged = options.privileged,
               .strict_alignment = options.strict_alignment},
        options_(options),
        points_(certificate.cut_points),
        solver_({.seconds = options.seconds}),
        executor_(rules_, solver_) {}

  std::expected<CheckReport, Refusal> run() {
    const auto start = std::chrono::steady_clock::now();
    const bool done = well_formed() && from_entries() && from_points() && from_entries();
    if (!done) return std::unexpected(refusal_);
    report_.queries = solver_.queries();
    report_.solver_seconds = solver_.seconds();
    report_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report_;
  }

 private:
  bool refuse(Refusal::Kind kind, uint32_t pc, const std::string& what) {
    refusal_ = {.kind = kind, .cut_point = from_, .pc = pc, .what = what};
    return false;
  }

  bool well_formed() {
    for (uint32_t i = 0; i < points_.size(); ++i) {
      const CutPoint& point = points_[i];
      from_ = i;
      if (point.pc >= rules_.subject.code.size() || rules_.subject.code.second_slot(point.pc)) {
        return refuse(Refusal::Kind::kMalformed, point.pc, "no instruction is there");
      }
      for (uint32_t k = point.parent; point.loop && k != kNone && k < i; k = points_[k].parent) {
        // Rounds are counted one by one.
        if (points_[k].round == point.round) {
          return refuse(Refusal::Kind::kMalformed, point.pc, "two loops count their rounds as one");
        }
      }
      if (!fits(point)) return refuse(Refusal::Kind::kMalformed, point.pc, "a sum is too large");
      if (point.parent == kNone) continue;
      // Loops lie in one piece behind their heads, nested.
      if (point.parent >= i || !points_[point.parent].loop || !within(point.parent, i - 1)) {
        return refuse(Refusal::Kind::kMalformed, point.pc, "its parent is no loop around it");
      }
    }
    return true;
  }

  // The cut point is `point`, or an ancestor of it.
  bool within(uint32_t ancestor, uint32_t point) const {
    for (; point != kNone; point = points_[point].parent) {
      if (point == ancestor) return true;
    }
    return false;
  }

  // The program, and the functions that run on their own, as far as they are known yet.
  bool from_entries() {
    from_ = kNone;
    for (; entries_ <= executor_.roots().size(); ++entries_) {
      const symbolic::Root root =
          entries_ == 0 ? symbolic::Root{} : executor_.roots()[entries_ - 1];
      symbols_.clear();
      solver_.push();
      const bool followed = follow(executor_.entry(root));
      solver_.pop_to(0);
      if (!followed) return false;
    }
    return true;
  }

  bool from_points() {
    for (from_ = 0; from_ < points_.size(); ++from_) {
      const CutPoint& point = points_[from_];
      symbols_.clear();
      solver_.push();
      const auto machine = assume(point, executor_, symbols_);
      if (!machine) return refuse(Refusal::Kind::kMalformed, point.pc, "it makes no sense here");
      if (point.loop && !solver_.proves(ule(symbols_[point.round], Term::of(kMaxRounds)))) {
        return refuse(Refusal::Kind::kTermination, point.pc, "its rounds are not bounded");
      }
      for (uint32_t i = point.parent; i != kNone; i = points_[i].parent) {
        symbols_.try_emplace(points_[i].round, solver_.fresh());
      }
      const bool followed = follow(*machine);
      solver_.pop_to(0);
      if (!followed) return false;
    }
    return true;
  }

  // Every way on from the machine, until it ends or is at a cut point.
  bool follow(Machine first) {
    struct Open {
      Way way;
      size_t depth = 0;
    };
    std::vector<Open> open;
    open.push_back({.way = {.machine = std::move(first), .taken = {}}, .depth = solver_.depth()});
    bool begins = true;
    while (!open.empty()) {
      Open next = std::move(open.back());
      open.pop_back();
      solver_.pop_to(next.depth);
      if (!next.way.condition.is(true)) {
        solver_.push();
        solver_.add(next.way.condition);
      }
      Machine machine = std::move(next.way.machine);
      while (true) {
        if (!begins && arrives(machine)) break;
        begins = false;
        if (++report_.steps > options_.max_steps || solver_.expired()) {
          return refuse(Refusal::Kind::kUndecided, machine.pc, "the budget is spent");
        }
        auto ways = executor_.step(std::move(machine));
        if (!ways) return refuse(ways.error());
        if (ways->size() > 1) keep_possible(*ways);
        if (ways->empty()) break;
        machine = std::move(ways->front().machine);
        // The only way that is left holds without being said.
        if (ways->size() == 1) continue;
        const size_t depth = solver_.depth();
        for (size_t i = ways->size() - 1; i > 0; --i) {
          open.push_back({.way = std::move((*ways)[i]), .depth = depth});
        }
        solver_.push();
        solver_.add(ways->front().condition);
      }
    }
    return true;
  }

  void keep_possible(std::vector<Way>& ways) {
    size_t left = ways.size();
    std::erase_if(ways, [&](const Way& way) {
      // The last one is possible if the path is.
      const bool gone = left > 1 && solver_.possible(way.condition) == Possible::kNo;
      left -= gone ? 1 : 0;
      return gone;
    });
  }

  bool refuse(const symbolic::Violation& violation) {
    const auto kind = [&] {
      switch (violation.kind) {
        case symbolic::Violation::Kind::kViolated:
          return Refusal::Kind::kViolated;
        case symbolic::Violation::Kind::kUndecided:
          return Refusal::Kind::kUndecided;
        case symbolic::Violation::Kind::kUnsupported:
          break;
      }
      return Refusal::Kind::kUnsupported;
    }();
    refusal_ = {.kind = kind,
                .cut_point = from_,
                .pc = violation.pc,
                .reason = violation.reason,
                .what = kind == Refusal::Kind::kUnsupported
                            ? std::string(violation.what) + " is not known to the checker"
                            : std::string(demand_of(violation.reason))};
    return false;
  }

  // Whether the machine is at a cut point, shown.
  bool arrives(const Machine& machine) {
    for (uint32_t i = 0; i < points_.size(); ++i) {
      const CutPoint& point = points_[i];
      if (point.pc != machine.pc) continue;
      const bool again = from_ != kNone && within(i, from_);
      // A loop comes round to its head only.
      if (from_ != kNone && i <= from_ && !(again && point.loop)) continue;
      Environment given;
      for (uint32_t k = point.parent; k != kNone; k = points_[k].parent) {
        const uint32_t round = points_[k].round;
        if (from_ != kNone && within(k, from_)) given[round] = symbols_.at(round);
      }
      if (again) given[point.round] = symbols_.at(point.round) + Term::of(1);
      const auto there = included(point, machine, executor_, given, symbols_);
      if (!there || !solver_.proves(*there)) continue;
      ++report_.edges;
      return true;
    }
    return false;
  }

  const symbolic::Rules rules_;
  const CheckOptions& options_;
  const std::vector<CutPoint>& points_;
  symbolic::Solver solver_;
  symbolic::Executor executor_;
  Environment symbols_;  // of the cut point that is followed
  uint32_t from_ = kNone;
  size_t entries_ = 0;  // followed; the first is the program's own
  CheckReport report_;
  Refusal refusal_;
};

}  // namespace

std::expected<CheckReport, Refusal> check(const Subject& subject, const CheckOptions& options,
                                          const Certificate& certificate) {
  return Checker(subject, options, certificate).run();
}

}  // namespace zext::verifier::certificate
