// Relations are sound: the bounds that verifier/state/bounds.h computes hold of every valuation of
// the symbols, and nothing wraps in 128 bits. Kernels are instantiated with exact numbers; the
// class itself is run on systems with given factors, for all valuations of the symbols as integers.
#include "verifier/state/relations.h"

#include <gtest/gtest.h>

#include <random>

#include "proofs/theorem.h"
#include "proofs/transfer/numbers.h"
#include "word/bv.h"

namespace zext::proofs {
namespace {

using verifier::Linear;
using verifier::Relations;
using verifier::Symbol;

constexpr TheoremOptions kNumbers{.logic = "QF_NRA"};
constexpr TheoremOptions kIntegers{.logic = "QF_LIA"};

Exact number(const char* name) { return Exact::variable(name); }
Exact zero() { return Exact::of(0); }
Exact one() { return Exact::of(1); }

TEST(Bounds, LeastOfATerm) {
  theorem(
      "least of factor * x", 0,
      [] {
        const Exact f = number("f"), x = number("x"), lo = number("lo"), hi = number("hi");
        return Claim{.given = sle(lo, x) && sle(x, hi),
                     .show = {sle(verifier::least_of(f, lo, hi), f * x)}};
      },
      kNumbers);
}

TEST(Bounds, FloorDivision) {
  theorem(
      "greatest multiple below", 0,
      [] {
        const Exact a = number("a"), b = number("b");
        const Exact q = verifier::floor_division(a, b);
        return Claim{.given = slt(zero(), b), .show = {sle(q * b, a), slt(a, q * b + b)}};
      },
      kNumbers);
  theorem("greatest multiple below", 8, [] {
    const auto a = Bv<8>::variable("a");
    const auto b = Bv<8>::variable("b");
    const auto wide = [](const Bv<8>& x) { return sext<16>(x); };
    const auto multiple = wide(verifier::floor_division(a, b)) * wide(b);
    return Claim{.given = slt(Bv<8>::of(0), b),
                 .show = {sle(multiple, wide(a)), slt(wide(a), multiple + wide(b))}};
  });
}

TEST(Bounds, LimitOfASymbol) {
  theorem(
      "factor * s + rest >= 0 bounds s", 0,
      [] {
        const Exact f = number("f"), s = number("s"), rest = number("rest"), most = number("most");
        const Exact limit = verifier::limit_of(most, f);
        return Claim{.given = f != zero() && sle(rest, most) && sle(zero(), f * s + rest) &&
                              integers(s, limit) && integers(s, limit - one()),
                     .show = {implies(slt(zero(), f), sle(limit, s)),
                              implies(slt(f, zero()), sle(s, limit))}};
      },
      kNumbers);
}

// lower() goes from an expression to one that is not greater and lacks a symbol.
TEST(Bounds, CancellingASymbol) {
  theorem(
      "e - m * i <= e", 0,
      [] {
        const Exact wanted = number("wanted"), f = number("f"), i = number("i"), e = number("e");
        const Exact m = verifier::cancelling(wanted, f);
        return Claim{.given = f != zero() && wanted != zero() && sle(zero(), i) && m != zero(),
                     .show = {slt(zero(), m), wanted - m * f == zero(), sle(e - m * i, e)}};
      },
      kNumbers);
}

// restrict_shifted(): a symbol of known range equals word - by + k * turn for an integer k.
TEST(Bounds, TurnsOfAWord) {
  for (const unsigned width : {32u, 64u}) {
    theorem(
        "word - by + k * 2^width in a range", width,
        [=] {
          const Exact turn = power_of_two(width);
          const Exact s = number("s"), word = number("word"), by = number("by"), k = number("k");
          const Exact least = number("least"), greatest = number("greatest");
          const Exact lo = number("lo"), hi = number("hi");
          const Exact first = verifier::first_turn(least, hi - by, turn);
          const Exact from = lo - by + first * turn;
          const Exact to = hi - by + first * turn;
          return Claim{.given = sle(least, s) && sle(s, greatest) && sle(lo, word) &&
                                sle(word, hi) && s == word - by + k * turn && integers(k, first) &&
                                integers(k, first - one()),
                       .show = {sle(from, greatest),
                                implies(slt(greatest, from + turn), sle(from, s) && sle(s, to))}};
        },
        kNumbers);
  }
}

TEST(NoWrap, Terms) {
  const Exact word = power_of_two(64) - one();
  const Exact factor = Exact::of(Linear::kMaxFactor);
  theorem(
      "a term stays below 2^97", 0,
      [&] {
        const Exact f = number("f"), lo = number("lo"), hi = number("hi");
        const Exact x = select(slt(zero(), f), lo, hi);
        return Claim{.given = within(f, factor) && sle(zero(), lo) && sle(lo, word) &&
                              sle(zero(), hi) && sle(hi, word),
                     .show = {within(f * x, power_of_two(97)),
                              within(verifier::least_of(f, lo, hi), power_of_two(97))}};
      },
      kNumbers);
  theorem(
      "a constant and kMaxTerms terms stay below 2^100", 0,
      [&] {
        Exact sum = number("constant");
        Claim claim{.given = within(sum, Exact::of(Linear::kMaxConstant)), .show = {}};
        for (unsigned i = 0; i < Linear::kMaxTerms; ++i) {
          const Exact term = number(("term" + std::to_string(i)).c_str());
          claim.given = claim.given && within(term, power_of_two(97));
          sum = sum + term;
          claim.show.push_back(within(sum, power_of_two(100)));
        }
        return claim;
      },
      kNumbers);
  theorem(
      "sums of forms stay below 2^100 before they are judged", 0,
      [&] {
        const Exact a = number("a"), b = number("b"), f = number("f");
        const Exact c = number("c"), d = number("d");
        const Exact constant = Exact::of(Linear::kMaxConstant);
        return Claim{
            .given = within(f, factor) && within(a, factor) && within(b, factor) &&
                     within(c, constant) && within(d, constant),
            .show = {within(a + b * f, power_of_two(100)), within(c + d * f, power_of_two(100))}};
      },
      kNumbers);
}

TEST(NoWrap, Quotients) {
  theorem(
      "quotients are no greater than what is divided, and one", 0,
      [] {
        const Exact most = number("most"), f = number("f");
        const Exact bound = power_of_two(100);
        return Claim{.given = within(most, bound) && (sle(one(), f) || sle(f, zero() - one())),
                     .show = {within(verifier::limit_of(most, f), bound + one())}};
      },
      kNumbers);
}

// The value of a form where symbol i is the i-th integer.
z3::expr value_of(const Linear& form) {
  z3::context& context = smt_context();
  z3::expr sum = context.int_val(form.constant());
  for (const Linear::Term& term : form) {
    const std::string name = "s" + std::to_string(term.symbol);
    sum = sum + context.int_val(term.factor) * context.int_const(name.c_str());
  }
  return sum;
}

constexpr unsigned kSymbols = 4;

Linear form_of(unsigned symbols, int64_t factor) {
  Linear form = Linear::constant(3);
  for (Symbol i = 0; i < kSymbols; ++i) {
    if ((symbols >> i & 1) != 0) form = form + Linear::symbol(i).times(factor + i);
  }
  return form;
}

// combined() is the sum of the values, for every pattern of symbols in common, cancelled or not.
TEST(Forms, SumsHaveTheSumsValue) {
  for (unsigned left = 0; left < 1u << kSymbols; ++left) {
    theorem(
        "a + f * b with the symbols " + std::to_string(left), 0,
        [=] {
          Formula all = true;
          for (unsigned right = 0; right < 1u << kSymbols; ++right) {
            for (const int64_t factor : {-3, -1, 1, 7}) {
              const Linear a = form_of(left, 5);
              const Linear b = form_of(right, 5);
              const Linear sum = a.combined(b, factor);
              const z3::expr wanted = value_of(a) + smt_context().int_val(factor) * value_of(b);
              all = all && Formula(value_of(sum) == wanted) && Formula(sum.known());
            }
          }
          return all;
        },
        kIntegers);
  }
}

Formula holds(const Relations& relations) {
  z3::context& context = smt_context();
  Formula all = true;
  for (const Relations::Range& range : relations.ranges()) {
    const z3::expr s = value_of(Linear::symbol(range.symbol));
    all = all && Formula(s >= context.int_val(range.lo)) && Formula(s <= context.int_val(range.hi));
  }
  for (const Linear& inequality : relations.inequalities()) {
    all = all && Formula(value_of(inequality) >= 0);
  }
  return all;
}

Linear random_form(std::mt19937& rng) {
  Linear form = Linear::constant(static_cast<int64_t>(rng() % 41) - 20);
  for (Symbol i = 0; i < kSymbols; ++i) {
    const int64_t factor = static_cast<int64_t>(rng() % 9) - 4;
    if (rng() % 2 == 0) form = form + Linear::symbol(i).times(factor);
  }
  return form;
}

z3::expr int_of(verifier::Int128 value) {
  const bool negative = value < 0;
  unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(value) : value;
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  return smt_context().int_val((negative ? "-" + digits : digits).c_str());
}

// Whatever satisfies the facts satisfies what is kept, and every bound asked for.
TEST(Systems, KeepOnlyWhatFollows) {
  for (unsigned seed = 0; seed < 24; ++seed) {
    theorem(
        "system " + std::to_string(seed), 0,
        [=] {
          std::mt19937 rng(seed);
          z3::context& context = smt_context();
          Relations relations;
          Claim claim;
          bool possible = true;
          for (Symbol i = 0; i < kSymbols; ++i) {
            const uint64_t hi = i == 0 ? ~uint64_t{0} : 100 + rng() % 100;
            possible = relations.restrict(i, i, hi) && possible;
            const z3::expr s = value_of(Linear::symbol(i));
            claim.given = claim.given && Formula(s >= context.int_val(i)) &&
                          Formula(s <= context.int_val(hi));
          }
          // True of a point, so that the facts do not contradict each other.
          for (int i = 0; i < 6 && possible; ++i) {
            Linear fact = random_form(rng);
            int64_t there = fact.constant();
            for (const Linear::Term& term : fact) there += term.factor * (10 + term.symbol);
            if (there < 0) fact = fact.plus(-there);
            claim.given = claim.given && Formula(value_of(fact) >= 0);
            possible = relations.assume(fact);
          }
          claim.show = {possible, holds(relations)};
          for (int i = 0; i < 6; ++i) {
            const Linear form = random_form(rng);
            claim.show.push_back(Formula(value_of(form) >= int_of(relations.lower(form))));
            claim.show.push_back(Formula(value_of(form) <= int_of(relations.upper(form))));
          }
          return claim;
        },
        kIntegers);
  }
}

// define(): where the symbol is the form, facts about the form are facts about the symbol.
TEST(Systems, DefineKeepsTheMeaning) {
  theorem(
      "a symbol in the place of a form", 0,
      [] {
        Relations relations;
        const Linear i = Linear::symbol(0), n = Linear::symbol(1), size = Linear::symbol(2);
        const Linear form = i.times(2) + n.plus(3);
        const Linear facts[] = {size - form, form.times(2) - size.plus(7), n - i};
        Claim claim{.given = Formula(value_of(Linear::symbol(3)) == value_of(form)), .show = {}};
        for (Symbol s = 0; s < 3; ++s) {
          claim.given = claim.given && Formula(relations.restrict(s, 0, 1000)) && holds(relations);
        }
        for (const Linear& fact : facts) {
          claim.given =
              claim.given && Formula(relations.assume(fact)) && Formula(value_of(fact) >= 0);
        }
        relations.define(3, form);
        claim.show = {holds(relations)};
        return claim;
      },
      kIntegers);
}

}  // namespace
}  // namespace zext::proofs
