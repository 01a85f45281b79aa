#include "verifier/state/relations.h"

namespace zext::verifier {
namespace {

// Combinations of inequalities that lower() tries: sums of up to this many.
constexpr int kDepth = 2;

constexpr Int128 floor_division(Int128 a, Int128 b) {
  const Int128 quotient = a / b;
  return quotient - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

}  // namespace

const Relations::Range* Relations::find(Symbol symbol) const {
  const auto at =
      std::lower_bound(ranges_.begin(), ranges_.end(), symbol,
                       [](const Range& range, Symbol wanted) { return range.symbol < wanted; });
  return at != ranges_.end() && at->symbol == symbol ? &*at : nullptr;
}

Relations::Range Relations::range(Symbol symbol) const {
  const Range* found = find(symbol);
  return found != nullptr ? *found : Range{.symbol = symbol};
}

bool Relations::restrict(Symbol symbol, uint64_t lo, uint64_t hi) {
  const auto at =
      std::lower_bound(ranges_.begin(), ranges_.end(), symbol,
                       [](const Range& range, Symbol wanted) { return range.symbol < wanted; });
  if (at == ranges_.end() || at->symbol != symbol) {
    ranges_.insert(at, {symbol, lo, hi});
    return lo <= hi;
  }
  at->lo = std::max(at->lo, lo);
  at->hi = std::min(at->hi, hi);
  return at->lo <= at->hi;
}

bool Relations::assume(const Linear& expression) {
  if (!expression.known()) return true;
  if (expression.is_constant()) return expression.constant() >= 0;
  if (upper(expression) < 0) return false;
  if (!propagate(expression)) return false;
  if (expression.size() == 1 || lower(expression) >= 0) return true;
  if (inequalities_.size() == kMaxInequalities) inequalities_.erase(inequalities_.begin());
  inequalities_.push_back(expression);
  for (const Linear& inequality : inequalities_) {
    if (!propagate(inequality)) return false;
  }
  return true;
}

// f * s + rest >= 0 bounds s by the greatest value of the rest.
bool Relations::propagate(const Linear& inequality) {
  for (const Linear::Term& term : inequality) {
    const Linear rest = inequality.combined(Linear::symbol(term.symbol), -term.factor);
    if (!rest.known()) continue;
    const Int128 most = -lower_by_ranges(rest.times(-1));
    constexpr Int128 kGreatest = ~uint64_t{0};
    if (term.factor > 0) {
      // s >= -most / f, rounded up.
      const Int128 least = -floor_division(most, term.factor);
      if (least > kGreatest) return false;
      if (least > 0 && !restrict(term.symbol, static_cast<uint64_t>(least), ~uint64_t{0})) {
        return false;
      }
    } else {
      const Int128 greatest = floor_division(most, -Int128{term.factor});
      if (greatest < 0) return false;
      if (greatest < kGreatest && !restrict(term.symbol, 0, static_cast<uint64_t>(greatest))) {
        return false;
      }
    }
  }
  return true;
}

Int128 Relations::lower_by_ranges(const Linear& expression) const {
  Int128 sum = expression.constant();
  for (const Linear::Term& term : expression) {
    const Range known = range(term.symbol);
    sum += Int128{term.factor} * (term.factor > 0 ? known.lo : known.hi);
  }
  return sum;
}

// For an inequality i >= 0 and m > 0: e == (e - m * i) + m * i >= e - m * i. The multiples worth
// trying are those that cancel a symbol.
Int128 Relations::lower(const Linear& expression, int depth) const {
  Int128 best = lower_by_ranges(expression);
  if (depth == 0 || expression.size() == 0) return best;
  for (const Linear& inequality : inequalities_) {
    for (const Linear::Term& term : expression) {
      const int64_t factor = inequality.factor(term.symbol);
      if (factor == 0 || (factor > 0) != (term.factor > 0) || term.factor % factor != 0) continue;
      const Linear rest = expression.combined(inequality, -(term.factor / factor));
      if (rest.known()) best = std::max(best, lower(rest, depth - 1));
    }
  }
  return best;
}

Int128 Relations::lower(const Linear& expression) const { return lower(expression, kDepth); }

bool Relations::implies(const Linear& expression) const {
  if (!expression.known()) return false;
  return lower_by_ranges(expression) >= 0 || lower(expression) >= 0;
}

}  // namespace zext::verifier
