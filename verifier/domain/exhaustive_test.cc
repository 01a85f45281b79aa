// Every operator on every pair of abstract values of four bits, against the set of concrete
// results: it loses none, and how often it is the best abstraction is counted. The counts are a
// floor: an operator that gets less precise fails here.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "isa/ebpf/semantics.h"
#include "verifier/domain/scalar.h"

namespace zext::verifier {
namespace {

using ebpf::AluOp;
using W = Bits<4>;
constexpr unsigned kWords = 16;

// A set of words, as a bit each.
using Set = uint32_t;

template <class A>
Set set_of(const A& a) {
  Set set = 0;
  for (unsigned x = 0; x < kWords; ++x) {
    if (contains(a, W::of(x))) set |= Set{1} << x;
  }
  return set;
}

std::vector<Tnum<W>> all_tnums() {
  std::vector<Tnum<W>> all;
  for (unsigned value = 0; value < kWords; ++value) {
    for (unsigned mask = 0; mask < kWords; ++mask) {
      if ((value & mask) == 0) all.push_back({W::of(value), W::of(mask)});
    }
  }
  return all;
}

template <Order kOrder>
std::vector<Interval<W, kOrder>> all_intervals() {
  std::vector<Interval<W, kOrder>> all;
  for (unsigned lo = 0; lo < kWords; ++lo) {
    for (unsigned hi = 0; hi < kWords; ++hi) {
      const Interval<W, kOrder> a{W::of(lo), W::of(hi)};
      if (!is_bottom(a)) all.push_back(a);
    }
  }
  return all;
}

// The least element that contains a set.
template <class A>
A best(Set set) {
  A a = A::bottom();
  for (unsigned x = 0; x < kWords; ++x) {
    if ((set >> x & 1) != 0) a = join(a, A::constant(W::of(x)));
  }
  return a;
}

Set concrete(AluOp op, Set a, Set b) {
  Set result = 0;
  for (unsigned x = 0; x < kWords; ++x) {
    for (unsigned y = 0; y < kWords; ++y) {
      if ((a >> x & 1) == 0 || (b >> y & 1) == 0) continue;
      result |= Set{1} << ebpf::alu(op, W::of(x), W::of(y)).value();
    }
  }
  return result;
}

// Soundness of every pair; at least `percent` of the results must be best.
template <class A, class Operator>
void check(const char* name, const std::vector<A>& all, AluOp op, Operator abstract,
           unsigned percent) {
  size_t optimal = 0;
  for (const A& a : all) {
    const Set set_a = set_of(a);
    for (const A& b : all) {
      const Set exact = concrete(op, set_a, set_of(b));
      const Set result = set_of(abstract(a, b));
      ASSERT_EQ(exact & ~result, 0u) << name << " loses a word";
      if (result == set_of(best<A>(exact))) ++optimal;
    }
  }
  const size_t pairs = all.size() * all.size();
  std::printf("%-26s %6zu pairs, best in %5.1f%%\n", name, pairs,
              100.0 * static_cast<double>(optimal) / static_cast<double>(pairs));
  EXPECT_GE(100 * optimal, percent * pairs) << name;
}

TEST(Exhaustive, Tnum) {
  const auto all = all_tnums();
  ASSERT_EQ(all.size(), 81u);
  const auto shift_of = [](Shift kind) {
    return [kind](const auto& a, const auto& b) {
      return shift(kind, a, bit_and(b, Tnum<W>::constant(W::of(3))));
    };
  };
  const auto op = [](auto function) { return function; };
  check("tnum add", all, AluOp::kAdd, op([](auto a, auto b) { return add(a, b); }), 100);
  check("tnum sub", all, AluOp::kSub, op([](auto a, auto b) { return sub(a, b); }), 100);
  check("tnum and", all, AluOp::kAnd, op([](auto a, auto b) { return bit_and(a, b); }), 100);
  check("tnum or", all, AluOp::kOr, op([](auto a, auto b) { return bit_or(a, b); }), 100);
  check("tnum xor", all, AluOp::kXor, op([](auto a, auto b) { return bit_xor(a, b); }), 100);
  check("tnum shift left", all, AluOp::kLsh, shift_of(Shift::kLeft), 100);
  check("tnum shift right", all, AluOp::kRsh, shift_of(Shift::kRight), 100);
  check("tnum shift arithmetic", all, AluOp::kArsh, shift_of(Shift::kArithmetic), 100);
  check("tnum mul", all, AluOp::kMul, op([](auto a, auto b) { return mul(a, b); }), 80);
}

TEST(Exhaustive, UnsignedInterval) {
  const auto all = all_intervals<Order::kUnsigned>();
  ASSERT_EQ(all.size(), 136u);
  check("unsigned add", all, AluOp::kAdd, [](auto a, auto b) { return add(a, b); }, 99);
  check("unsigned sub", all, AluOp::kSub, [](auto a, auto b) { return sub(a, b); }, 99);
  check("unsigned mul", all, AluOp::kMul, [](auto a, auto b) { return mul(a, b); }, 40);
  check("unsigned div", all, AluOp::kDiv, [](auto a, auto b) { return div(a, b); }, 99);
  check("unsigned mod", all, AluOp::kMod, [](auto a, auto b) { return mod(a, b); }, 50);
  check("unsigned and", all, AluOp::kAnd, [](auto a, auto b) { return bit_and(a, b); }, 20);
  check("unsigned or", all, AluOp::kOr, [](auto a, auto b) { return bit_or(a, b); }, 20);
}

TEST(Exhaustive, SignedInterval) {
  const auto all = all_intervals<Order::kSigned>();
  ASSERT_EQ(all.size(), 136u);
  check("signed add", all, AluOp::kAdd, [](auto a, auto b) { return add(a, b); }, 99);
  check("signed sub", all, AluOp::kSub, [](auto a, auto b) { return sub(a, b); }, 99);
  check("signed mul", all, AluOp::kMul, [](auto a, auto b) { return mul(a, b); }, 40);
  check("signed div", all, AluOp::kSdiv, [](auto a, auto b) { return div(a, b); }, 30);
  check("signed mod", all, AluOp::kSmod, [](auto a, auto b) { return mod(a, b); }, 30);
}

// The product of all components: a reduced view of every pair of a tnum and an unsigned interval.
TEST(Exhaustive, ReducedView) {
  size_t optimal = 0;
  size_t pairs = 0;
  for (const Tnum<W>& bits : all_tnums()) {
    for (const auto& u : all_intervals<Order::kUnsigned>()) {
      View<W> a = View<W>::top();
      a.bits = bits;
      a.u = u;
      const Set exact = set_of(a);
      const View<W> r = reduce(a);
      ASSERT_EQ(exact & ~set_of(r), 0u) << "reduce loses a word";
      ++pairs;
      const bool tight = exact == 0 ? is_bottom(r)
                                    : set_of(r.u) == set_of(best<UnsignedInterval<W>>(exact)) &&
                                          set_of(r.s) == set_of(best<SignedInterval<W>>(exact));
      if (tight) ++optimal;
    }
  }
  std::printf("reduce, intervals best in %.1f%%\n",
              100.0 * static_cast<double>(optimal) / static_cast<double>(pairs));
  EXPECT_GE(100 * optimal, 90 * pairs);
}

}  // namespace
}  // namespace zext::verifier
