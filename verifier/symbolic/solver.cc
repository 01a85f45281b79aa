#include "verifier/symbolic/solver.h"

#include <algorithm>
#include <string>

namespace zext::verifier::symbolic {
namespace {

bool satisfied(const z3::model& model, const Formula& formula) {
  return model.eval(formula.term(), true).is_true();
}

// The solver that takes facts back cheaply.
z3::solver make(unsigned query_work) {
  z3::solver solver(smt_context(), z3::solver::simple());
  z3::params params(smt_context());
  params.set("rlimit", query_work);
  solver.set(params);
  return solver;
}

}  // namespace

Solver::Solver(const Budget& budget)
    : solver_(make(budget.query_work)),
      end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(budget.seconds))),
      models_(1) {}

void Solver::push() {
  solver_.push();
  literals_.push();
  later_of_scopes_.push_back(later_.size());
  models_.push_back(models_.back());
}

void Solver::pop() {
  solver_.pop();
  literals_.pop();
  later_.erase(later_.begin() + static_cast<std::ptrdiff_t>(later_of_scopes_.back()), later_.end());
  later_of_scopes_.pop_back();
  // What satisfies more facts satisfies fewer.
  std::optional<z3::model> inner = std::move(models_.back());
  models_.pop_back();
  if (!models_.back()) models_.back() = std::move(inner);
}

void Solver::pop_to(size_t depth) {
  while (this->depth() > depth) pop();
}

void Solver::add(const Truth& fact) {
  if (fact.is(true)) return;
  const Formula formula = fact.formula();
  solver_.add(formula.term());
  literals_.add(formula);
  if (models_.back() && !satisfied(*models_.back(), formula)) models_.back().reset();
}

void Solver::add_later(const Truth& fact) {
  if (!fact.is(true)) later_.push_back(fact.formula());
}

uint64_t Solver::upper(const Term& term) const {
  return term.constant() ? term.value() : literals_.upper(term.bv().term());
}

Possible Solver::possible(const Truth& truth) {
  if (truth.is(false)) return Possible::kNo;
  if (!truth.constant()) {
    const Possible plain = literals_.possible(truth.formula());
    if (plain != Possible::kUnknown) return plain;
  }
  return ask(truth, false);
}

Possible Solver::exemplified(const Truth& truth) {
  if (truth.is(false)) return Possible::kNo;
  if (!truth.constant() && literals_.possible(truth.formula()) == Possible::kNo) {
    return Possible::kNo;
  }
  const Possible plainly = ask(truth, false);
  if (later_.empty() || plainly == Possible::kNo) return plainly;
  const bool holds = plainly == Possible::kYes &&
                     std::all_of(later_.begin(), later_.end(),
                                 [&](const Formula& fact) { return satisfied(*example_, fact); });
  return holds ? plainly : ask(truth, true);
}

// By all facts, or by those that were not put off.
Possible Solver::ask(const Truth& truth, bool all) {
  const Formula formula = truth.formula();
  if (!all && models_.back() && satisfied(*models_.back(), formula)) {
    example_ = models_.back();
    return Possible::kYes;
  }
  const auto start = Clock::now();
  if (start > end_) {
    gave_up_ = true;
    return Possible::kUnknown;
  }
  ++queries_;
  z3::check_result result = z3::unknown;
  if (all) {
    solver_.push();
    for (const Formula& fact : later_) solver_.add(fact.term());
    solver_.add(formula.term());
    result = solver_.check();
    if (result == z3::sat) example_ = solver_.get_model();
    solver_.pop();
  } else if (truth.is(true)) {
    result = solver_.check();
  } else {
    z3::expr assumption = formula.term();
    result = solver_.check(1, &assumption);
  }
  seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  switch (result) {
    case z3::unsat:
      return Possible::kNo;
    case z3::sat:
      if (!all) example_ = solver_.get_model();
      if (!models_.back()) models_.back() = example_;
      return Possible::kYes;
    case z3::unknown:
      break;
  }
  gave_up_ = true;
  return Possible::kUnknown;
}

Term Solver::fresh(unsigned bits) {
  const std::string name = "v" + std::to_string(fresh_++);
  switch (bits) {
    case 8:
      return Term(zext<64>(Bv<8>::variable(name.c_str())));
    case 16:
      return Term(zext<64>(Bv<16>::variable(name.c_str())));
    case 32:
      return Term(zext<64>(Bv<32>::variable(name.c_str())));
    default:
      return Term(Bv<64>::variable(name.c_str()));
  }
}

Term Solver::fresh_between(uint64_t lo, uint64_t hi) {
  if (lo == hi) return Term::of(lo);
  const Term word = fresh();
  if (lo != 0) add(ule(Term::of(lo), word));
  if (hi != ~uint64_t{0}) add(ule(word, Term::of(hi)));
  return word;
}

uint64_t Solver::example(const Term& term) const {
  if (term.constant()) return term.value();
  uint64_t value = 0;
  if (example_) (void)example_->eval(term.bv().term(), true).is_numeral_u64(value);
  return value;
}

Solver::Bounds Solver::bounds(const Term& term, int64_t low, int64_t high) {
  if (term.constant()) return {term.signed_value(), term.signed_value()};
  const auto may = [&](const Truth& truth) { return possible(truth) != Possible::kNo; };
  const auto between = [](int64_t a, int64_t b) {
    return a + static_cast<int64_t>((static_cast<uint64_t>(b) - static_cast<uint64_t>(a)) / 2);
  };
  Bounds bounds{low, high};
  for (int64_t top = high; bounds.low < top;) {
    const int64_t middle = between(bounds.low, top);
    if (may(sle(term, Term::of_signed(middle)))) {
      top = middle;
    } else {
      bounds.low = middle + 1;
    }
  }
  for (int64_t bottom = bounds.low; bottom < bounds.high;) {
    const int64_t middle = between(bottom, bounds.high);
    if (may(slt(Term::of_signed(middle), term))) {
      bottom = middle + 1;
    } else {
      bounds.high = middle;
    }
  }
  return bounds;
}

}  // namespace zext::verifier::symbolic
