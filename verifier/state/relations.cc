#include "verifier/state/relations.h"

#include "verifier/state/bounds.h"

namespace zext::verifier {
namespace {

// Combinations of inequalities that lower() tries: sums of up to this many.
constexpr int kDepth = 2;

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

// symbol = word - by + k * 2^width for some k: where one k alone is possible, that is a range.
bool Relations::restrict_shifted(Symbol symbol, uint64_t by, unsigned width, uint64_t lo,
                                 uint64_t hi) {
  const Range known = range(symbol);
  const Int128 turn = Int128{1} << width;
  const Int128 shift = static_cast<int64_t>(by);
  const Int128 first =
      first_turn(wide(known.lo), wide(Int128{hi} - shift), wide(turn)).signed_value();
  const Int128 from = Int128{lo} - shift + first * turn;
  const Int128 to = Int128{hi} - shift + first * turn;
  if (from > Int128{known.hi}) return false;
  if (from + turn <= Int128{known.hi}) return true;  // so does the next one
  return restrict(symbol, static_cast<uint64_t>(std::max(from, Int128{known.lo})),
                  static_cast<uint64_t>(std::min(to, Int128{known.hi})));
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

bool Relations::bound(const Linear& expression, Int128 least) {
  // Beyond what forms can say nothing is learnt.
  if (least > Linear::kMaxConstant || least < -Int128{Linear::kMaxConstant}) return true;
  const Linear rest = expression.plus(-static_cast<int64_t>(least));
  return !rest.known() || propagate(rest);
}

// f * s + rest >= 0 bounds s by the greatest value of the rest.
bool Relations::propagate(const Linear& inequality) {
  for (const Linear::Term& term : inequality) {
    const Linear rest = inequality.combined(Linear::symbol(term.symbol), -term.factor);
    if (!rest.known()) continue;
    const Int128 most = -lower_by_ranges(rest.times(-1));
    constexpr Int128 kGreatest = ~uint64_t{0};
    const Int128 limit = limit_of(wide(most), wide(term.factor)).signed_value();
    if (term.factor > 0) {
      if (limit > kGreatest) return false;
      if (limit > 0 && !restrict(term.symbol, static_cast<uint64_t>(limit), ~uint64_t{0})) {
        return false;
      }
    } else {
      if (limit < 0) return false;
      if (limit < kGreatest && !restrict(term.symbol, 0, static_cast<uint64_t>(limit))) {
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
    sum += least_of(wide(term.factor), wide(known.lo), wide(known.hi)).signed_value();
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
      if (factor == 0) continue;
      const int64_t times = cancelling(Bits<64>::of(static_cast<uint64_t>(term.factor)),
                                       Bits<64>::of(static_cast<uint64_t>(factor)))
                                .signed_value();
      if (times == 0) continue;
      const Linear rest = expression.combined(inequality, -times);
      if (rest.known()) best = std::max(best, lower(rest, depth - 1));
    }
  }
  return best;
}

void Relations::define(Symbol symbol, const Linear& form) {
  const Linear::Term& first = *form.begin();
  for (Linear& inequality : inequalities_) {
    const int64_t factor = inequality.factor(first.symbol);
    if (factor == 0 || factor % first.factor != 0) continue;
    const Linear about = inequality.combined(form, -(factor / first.factor))
                             .combined(Linear::symbol(symbol), factor / first.factor);
    if (about.known() && about.size() < inequality.size()) inequality = about;
  }
}

Relations Relations::renamed(Symbol from, Symbol to) const {
  Relations result = *this;
  if (const Range* known = find(from)) {
    const Range range = *known;
    std::erase_if(result.ranges_, [&](const Range& r) { return r.symbol == from; });
    (void)result.restrict(to, range.lo, range.hi);
  }
  for (Linear& inequality : result.inequalities_) {
    inequality = inequality.substituted(from, Linear::symbol(to));
  }
  return result;
}

Int128 Relations::lower(const Linear& expression) const { return lower(expression, kDepth); }

bool Relations::implies(const Linear& expression) const {
  if (!expression.known()) return false;
  return lower_by_ranges(expression) >= 0 || lower(expression) >= 0;
}

}  // namespace zext::verifier
