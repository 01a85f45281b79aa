// covers() itself, on pairs of small states: where it says that the kept state means all that the
// arrived one means, that is so for all integers and words.
//
// r0 and r1 of the kept state are its symbols plus constants, so that words say what the symbols
// are: no witness has to be searched for.
#include <gtest/gtest.h>

#include <random>

#include "proofs/theorem.h"
#include "verifier/fixpoint/inclusion.h"
#include "word/bv.h"

namespace zext::proofs {
namespace {

using verifier::Linear;
using verifier::Relations;
using verifier::State;
using verifier::Symbol;
using verifier::Value;

constexpr TheoremOptions kIntegers{.logic = "QF_LIA"};
constexpr unsigned kValues = 3;

z3::expr integer(int64_t value) { return smt_context().int_val(value); }
z3::expr word(unsigned reg) { return smt_context().int_const(("r" + std::to_string(reg)).c_str()); }

// The integers that symbols stand for.
struct Valuation {
  std::vector<std::pair<Symbol, z3::expr>> symbols;

  z3::expr at(const Linear& form) const {
    z3::expr sum = integer(form.constant());
    for (const Linear::Term& term : form) {
      for (const auto& [symbol, value] : symbols) {
        if (symbol == term.symbol) sum = sum + integer(term.factor) * value;
      }
    }
    return sum;
  }
};

// That the machine with these words is one of the state's.
Formula means(const State& state, const Valuation& valuation) {
  Formula all = true;
  for (unsigned i = 0; i < kValues; ++i) {
    const Value& value = state.registers[i];
    const auto bound = [](uint64_t end) { return smt_context().int_val(end); };
    all = all && Formula(word(i) >= bound(unsigned_min(value.number))) &&
          Formula(word(i) <= bound(unsigned_max(value.number)));
    if (value.linear.known()) all = all && Formula(word(i) == valuation.at(value.linear));
  }
  for (const Relations::Range& range : state.relations.ranges()) {
    const z3::expr s = valuation.at(Linear::symbol(range.symbol));
    all = all && Formula(s >= smt_context().int_val(range.lo)) &&
          Formula(s <= smt_context().int_val(range.hi));
  }
  for (const Linear& inequality : state.relations.inequalities()) {
    all = all && Formula(valuation.at(inequality) >= 0);
  }
  return all;
}

// Two states and whether one covers the other.
class Pair {
 public:
  explicit Pair(unsigned seed) : rng_(seed) {
    symbols_.set_stretch(tree_.child(0));
    for (Symbol& symbol : kept_symbols_) symbol = symbols_.fresh();
    tree_.fork(0);
    symbols_.set_stretch(tree_.child(0));
    for (Symbol& symbol : arrived_symbols_) symbol = symbols_.fresh();
    make_arrived();
    make_kept();
  }

  bool covered() const {
    const verifier::Roles roles{.symbols = &symbols_, .tree = &tree_, .stretch = 1};
    return verifier::covers(kept_, arrived_, roles);
  }
  Claim claim() const {
    Valuation arrived;
    for (const Symbol symbol : arrived_symbols_) {
      arrived.symbols.emplace_back(symbol,
                                   smt_context().int_const(("s" + std::to_string(symbol)).c_str()));
    }
    Valuation kept;
    for (unsigned i = 0; i < 2; ++i) {
      kept.symbols.emplace_back(kept_symbols_[i],
                                word(i) - integer(kept_.registers[i].linear.constant()));
    }
    return {.given = means(arrived_, arrived), .show = {means(kept_, kept)}};
  }

 private:
  int64_t below(int64_t n) { return static_cast<int64_t>(rng_() % static_cast<uint64_t>(n)); }
  bool chance(int n) { return below(n) == 0; }

  static Value number(uint64_t lo, uint64_t hi, const Linear& form) {
    Value value = Value::of(verifier::unsigned_range(lo, hi));
    value.linear = form;
    return value;
  }

  // Forms of the arrived state for what the kept symbols stand for, and values made of them.
  void make_arrived() {
    arrived_.frames.emplace_back();
    for (const Symbol symbol : arrived_symbols_) {
      (void)arrived_.relations.restrict(symbol, static_cast<uint64_t>(below(4)),
                                        static_cast<uint64_t>(6 + below(6)));
    }
    const Linear a = Linear::symbol(arrived_symbols_[0]), b = Linear::symbol(arrived_symbols_[1]);
    if (chance(2)) (void)arrived_.relations.assume(b - a.plus(below(3)));
    stands_for_ = {a.times(1 + below(2)).plus(below(3)), (chance(2) ? b : a + b).plus(below(3))};
  }

  // Ends that are met, or nearly.
  uint64_t end(verifier::Int128 exact, int direction) {
    const auto moved = static_cast<int64_t>(exact) + direction * (chance(12) ? -1 : below(4));
    return static_cast<uint64_t>(std::max<int64_t>(moved, 0));
  }

  void make_kept() {
    kept_.frames.emplace_back();
    const Relations& known = arrived_.relations;
    const Linear s = Linear::symbol(kept_symbols_[0]), t = Linear::symbol(kept_symbols_[1]);
    const std::array<Linear, kValues> forms = {s.plus(below(3)), t.plus(below(3)),
                                               chance(2) ? s + t : s.times(2) + t.plus(1)};
    for (unsigned i = 0; i < 2; ++i) {
      (void)kept_.relations.restrict(kept_symbols_[i], end(known.lower(stands_for_[i]), -1),
                                     end(known.upper(stands_for_[i]), 1));
    }
    for (unsigned i = 0; i < kValues; ++i) {
      Linear form = forms[i]
                        .substituted(kept_symbols_[0], stands_for_[0])
                        .substituted(kept_symbols_[1], stands_for_[1]);
      const auto lo = known.lower(form), hi = known.upper(form);
      kept_.registers[i] = number(end(lo, -1), end(hi, 1), forms[i]);
      if (i == 2 && chance(4)) form = form.plus(1);  // not what the other two say
      arrived_.registers[i] =
          number(static_cast<uint64_t>(lo), static_cast<uint64_t>(hi) + 1, form);
    }
    if (chance(2)) (void)kept_.relations.assume(t - s.plus(below(6) - 5));
  }

  std::mt19937_64 rng_;
  verifier::SymbolSource symbols_;
  verifier::Tree tree_;
  std::array<Symbol, 2> kept_symbols_ = {};
  std::array<Symbol, 2> arrived_symbols_ = {};
  std::array<Linear, 2> stands_for_;
  State kept_;
  State arrived_;
};

TEST(Covers, OnlyWhatIsIncluded) {
  constexpr unsigned kPairs = 1'200;
  unsigned covered = 0;
  for (unsigned seed = 0; seed < kPairs; ++seed) {
    const Pair pair(seed);
    if (!pair.covered()) continue;
    ++covered;
    theorem("pair " + std::to_string(seed), 0, [&] { return pair.claim(); }, kIntegers);
  }
  EXPECT_GT(covered, 60u);
  EXPECT_LT(covered, kPairs - 60);
}

// Pairs that are not covered are often not included either, or the theorem would be of nothing.
TEST(Covers, OthersAreNot) {
  unsigned tried = 0;
  for (unsigned seed = 0; tried < 5; ++seed) {
    const Pair pair(seed);
    if (pair.covered()) continue;
    const Claim claim = pair.claim();
    if (prove(implies(claim.given, claim.show[0]), {.logic = "QF_LIA"}).proved()) continue;
    ++tried;
    refuted("pair " + std::to_string(seed), 0, [&] { return pair.claim(); }, kIntegers);
  }
}

}  // namespace
}  // namespace zext::proofs
