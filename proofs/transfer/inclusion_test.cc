// What one state means is meant by another: the lemmas behind covers(), for one value and
// one inequality, and behind what generalise() makes of a value that moves steadily.
//
// A state is a set of machines: those for which some integers, put for the symbols, make every
// range, inequality and value true. covers() gives, for any integers of the arrived state, those of
// the kept one: each symbol is an expression over the arrived state's symbols.
#include <gtest/gtest.h>

#include <array>
#include <span>

#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"
#include "proofs/transfer/numbers.h"

namespace zext::proofs {
namespace {

using W = Bv<64>;

constexpr TheoremOptions kNumbers{.logic = "QF_NRA"};

Exact number(const char* name) { return Exact::variable(name); }

// A form of two symbols.
struct Form {
  Exact constant;
  Exact f;
  Exact g;
  static Form any(const std::string& name) {
    const auto part = [&](const char* which) { return number((name + which).c_str()); };
    return {part(".constant"), part(".f"), part(".g")};
  }
  Exact at(const Exact& s, const Exact& t) const { return constant + f * s + g * t; }
  // With forms in the place of the symbols, as translate() and substituted() compute it.
  Form with(const Form& s, const Form& t) const {
    return {constant + f * s.constant + g * t.constant, f * s.f + g * t.f, f * s.g + g * t.g};
  }
};

// The kept form, translated, has the value that the kept form has at the witness.
TEST(Witness, TranslationIsEvaluation) {
  theorem(
      "translate(form) at the arrived symbols", 0,
      [] {
        const Form form = Form::any("form"), s = Form::any("s"), t = Form::any("t");
        const Exact x = number("x"), y = number("y");
        return form.with(s, t).at(x, y) == form.at(s.at(x, y), t.at(x, y));
      },
      kNumbers);
}

// So an inequality that holds translated, holds of the witness; and a range between bounds.
TEST(Witness, Facts) {
  theorem(
      "an inequality and a range of the kept state", 0,
      [] {
        const Form fact = Form::any("fact"), s = Form::any("s"), t = Form::any("t");
        const Exact x = number("x"), y = number("y");
        const Exact lower = number("lower"), upper = number("upper");
        const Exact lo = number("lo"), hi = number("hi");
        const Exact value = s.at(x, y);
        return Claim{.given = sle(Exact::of(0), fact.with(s, t).at(x, y)) && sle(lower, value) &&
                              sle(value, upper) && sle(lo, lower) && sle(upper, hi),
                     .show = {sle(Exact::of(0), fact.at(value, t.at(x, y))),
                              sle(lo, value) && sle(value, hi)}};
      },
      kNumbers);
}

// The round symbol of a loop head is one more at the next visit: a value that moved by the stride
// is the same form at the next round.
TEST(Rounds, SteadyValuesAreTheSameForm) {
  theorem(
      "form + stride * (round + 1)", 0,
      [] {
        const Exact start = number("start"), stride = number("stride"), round = number("round");
        const Exact now = start + stride * round;
        return now + stride == start + stride * (round + Exact::of(1));
      },
      kNumbers);
}

// widened_steadily(): room for the value now and for the value of the next round.
TEST(Widening, HoldsTheNextRound) {
  theorem("reached", 64, [] {
    const auto now = any_scalar<W>("now");
    const auto next = any_scalar<W>("next");  // of now + stride, as alu_test.cc proves
    const W x = any<W>("x");
    const W stride = any<W>("stride");
    const auto reached = join(now, next);
    Claim claim{.given = contains(now, x) && contains(next, x + stride), .show = goals(reached, x)};
    for (const Formula& goal : goals(reached, x + stride)) claim.show.push_back(goal);
    return claim;
  });
  theorem("from the earlier visit to what is reached", 64, [] {
    const auto earlier = any_scalar<W>("earlier");
    const auto reached = any_scalar<W>("reached");
    const W x = any<W>("x");
    const std::array<W, 2> words = {any<W>("t0"), any<W>("t1")};
    const auto wide = widening(earlier, reached, std::span<const W>(words));
    return Claim{.given = contains(earlier, x) || contains(reached, x), .show = goals(wide, x)};
  });
}

}  // namespace
}  // namespace zext::proofs
