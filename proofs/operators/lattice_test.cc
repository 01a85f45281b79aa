// The lattices' verbs are what they say, for the sets that `contains` means.
#include <gtest/gtest.h>

#include <array>

#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using verifier::Order;

// The verbs of one lattice; `any` gives a value about which nothing is known.
template <class W, class Any>
void verbs_are_sound(Any any_value) {
  const auto a = any_value("a");
  const auto b = any_value("b");
  const W x = any<W>("x");
  using A = decltype(a);
  theorem("bottom, top, constant", W::kWidth, [&] {
    const W y = any<W>("y");
    using Value = std::remove_cvref_t<A>;
    return Claim{.show = {!contains(Value::bottom(), x), contains(Value::top(), x),
                          contains(Value::constant(x), x),
                          implies(contains(Value::constant(x), y), x == y)}};
  });
  theorem("is_bottom", W::kWidth,
          [&] { return Claim{.given = is_bottom(a), .show = {!contains(a, x)}}; });
  theorem("join keeps both", W::kWidth, [&] {
    return Claim{.given = contains(a, x) || contains(b, x), .show = {contains(join(a, b), x)}};
  });
  theorem("meet keeps what is in both", W::kWidth, [&] {
    return Claim{.given = contains(a, x) && contains(b, x), .show = {contains(meet(a, b), x)}};
  });
  theorem("leq is inclusion", W::kWidth,
          [&] { return Claim{.given = leq(a, b) && contains(a, x), .show = {contains(b, x)}}; });
  theorem("narrowing keeps what is in both", W::kWidth, [&] {
    return Claim{.given = contains(a, x) && contains(b, x), .show = {contains(narrowing(a, b), x)}};
  });
  theorem("widening keeps both", W::kWidth, [&] {
    const std::array<W, 2> thresholds = {any<W>("t0"), any<W>("t1")};
    return Claim{.given = contains(a, x) || contains(b, x),
                 .show = {contains(widening(a, b, std::span<const W>(thresholds)), x)}};
  });
}

// Of one component: exact where the lattice can be, and least.
template <class W, class Any>
void verbs_are_precise(Any any_value) {
  const auto a = any_value("a");
  const auto b = any_value("b");
  const auto c = any_value("c");
  const W x = any<W>("x");
  theorem("meet is exact", W::kWidth, [&] {
    return Claim{.given = contains(meet(a, b), x), .show = {contains(a, x) && contains(b, x)}};
  });
  theorem("join is least", W::kWidth,
          [&] { return Claim{.given = leq(a, c) && leq(b, c), .show = {leq(join(a, b), c)}}; });
  theorem("join is an upper bound", W::kWidth,
          [&] { return leq(a, join(a, b)) && leq(b, join(a, b)); });
}

template <class W>
class Lattice : public ::testing::Test {};
using Widths = ::testing::Types<Bv<32>, Bv<64>>;
TYPED_TEST_SUITE(Lattice, Widths);

TYPED_TEST(Lattice, Tnum) {
  using W = TypeParam;
  const auto any_value = [](const char* name) { return any_tnum<W>(name); };
  verbs_are_sound<W>(any_value);
  verbs_are_precise<W>(any_value);
}

TYPED_TEST(Lattice, UnsignedInterval) {
  using W = TypeParam;
  const auto any_value = [](const char* name) { return any_interval<W, Order::kUnsigned>(name); };
  verbs_are_sound<W>(any_value);
  verbs_are_precise<W>(any_value);
}

TYPED_TEST(Lattice, SignedInterval) {
  using W = TypeParam;
  const auto any_value = [](const char* name) { return any_interval<W, Order::kSigned>(name); };
  verbs_are_sound<W>(any_value);
  verbs_are_precise<W>(any_value);
}

}  // namespace
}  // namespace zext::proofs
