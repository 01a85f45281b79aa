#include "word/paths.h"

#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <utility>
#include <vector>

namespace zext {
namespace {

struct Decision {
  bool taken;
  bool other_side_open;  // the other side is feasible and not yet explored
};

// Unwinds one execution of the body.
struct PathEnds {};

struct Explorer {
  explicit Explorer(const Paths::Options& options)
      : options(options), solver(z3::solver(smt_context(), options.logic)) {
    z3::params params(smt_context());
    params.set("timeout", options.timeout_ms);
    solver.set(params);
  }

  bool feasible(const z3::expr& term) {
    ++summary.queries;
    z3::expr_vector assumption(smt_context());
    const z3::expr literal =
        smt_context().bool_const(("path!" + std::to_string(summary.queries)).c_str());
    solver.push();
    solver.add(literal == term);
    assumption.push_back(literal);
    const bool result = solver.check(assumption) != z3::unsat;
    solver.pop();
    return result;
  }

  void add(const z3::expr& term) {
    solver.add(term);
    condition = condition && Formula(term);
  }

  bool branch(const z3::expr& raw) {
    const z3::expr term = raw.simplify();
    if (term.is_true() || term.is_false()) return term.is_true();
    // The very same question has the same answer on this path, and need not go to Z3 again.
    if (const auto known = decided.find(term.id()); known != decided.end()) {
      return known->second.second;
    }
    if (position == trail.size()) {
      if (trail.size() == options.max_decisions) {
        summary.incomplete = "a path has more than " + std::to_string(options.max_decisions) +
                             " decisions: is a loop unbounded?";
        throw PathEnds{};
      }
      const bool can_be_true = feasible(term);
      const bool can_be_false = !can_be_true || feasible(!term);
      trail.push_back({.taken = can_be_true, .other_side_open = can_be_true && can_be_false});
    }
    const bool taken = trail[position++].taken;
    add(taken ? term : !term);
    decided.emplace(term.id(), std::pair(term, taken));
    return taken;
  }

  // Moves to the next unexplored path; false when there is none.
  bool backtrack() {
    while (!trail.empty() && !trail.back().other_side_open) trail.pop_back();
    if (trail.empty()) return false;
    trail.back() = {.taken = false, .other_side_open = false};
    return true;
  }

  Paths::Options options;
  z3::solver solver;
  Formula condition = true;
  std::vector<Decision> trail;
  size_t position = 0;
  std::unordered_map<unsigned, std::pair<z3::expr, bool>> decided;  // terms kept: ids are theirs
  Paths::Summary summary;
};

thread_local Explorer* explorer = nullptr;

[[noreturn]] void misuse(const char* what) {
  std::fprintf(stderr, "zext/word: %s\n", what);
  std::abort();
}

}  // namespace

z3::context& smt_context() {
  thread_local z3::context context;
  return context;
}

Formula::Formula(bool value) : term_(smt_context().bool_val(value)) {}

Formula Formula::variable(const char* name) { return Formula(smt_context().bool_const(name)); }

Formula::operator bool() const {
  if (explorer != nullptr) return explorer->branch(term_);
  const z3::expr term = term_.simplify();
  if (term.is_true()) return true;
  if (term.is_false()) return false;
  misuse("a symbolic condition was used as bool outside Paths::each");
}

Paths::Summary Paths::each(const std::function<void()>& body) { return each(body, Options{}); }

Paths::Summary Paths::each(const std::function<void()>& body, const Options& options) {
  if (explorer != nullptr) misuse("Paths::each does not nest");
  Explorer self(options);
  explorer = &self;
  struct Reset {
    ~Reset() { explorer = nullptr; }
  } reset;
  do {
    if (self.summary.paths == options.max_paths) {
      self.summary.incomplete = "more than " + std::to_string(options.max_paths) + " paths";
      break;
    }
    self.position = 0;
    self.decided.clear();
    self.condition = true;
    self.solver.push();
    bool finished = true;
    try {
      body();
    } catch (const PathEnds&) {
      finished = false;
    }
    if (finished) ++self.summary.paths;
    self.solver.pop();
  } while (self.backtrack());
  return self.summary;
}

Formula Paths::condition() { return explorer == nullptr ? Formula(true) : explorer->condition; }

void Paths::assume(const Formula& fact) {
  if (explorer == nullptr) misuse("Paths::assume outside Paths::each");
  const z3::expr term = fact.term().simplify();
  if (term.is_true()) return;
  if (term.is_false() || !explorer->feasible(term)) throw PathEnds{};
  explorer->add(term);
}

}  // namespace zext
