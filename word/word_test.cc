// Bits and Bv give each operation one meaning: compared on edge and random values.
#include "word/word.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "word/bits.h"
#include "word/bv.h"
#include "word/smt.h"

namespace zext {
namespace {

template <unsigned N>
uint64_t value_of(const Bv<N>& word) {
  const z3::expr term = word.term().simplify();
  uint64_t value = 0;
  EXPECT_TRUE(term.is_numeral_u64(value)) << term;
  return value;
}

bool value_of(const Formula& formula) {
  const z3::expr term = formula.term().simplify();
  EXPECT_TRUE(term.is_true() || term.is_false()) << term;
  return term.is_true();
}

bool value_of(bool value) { return value; }

template <unsigned N>
uint64_t value_of(Bits<N> word) {
  return word.value();
}

// Zero, one, the signed extremes and their neighbours, small shift amounts, and random words.
template <unsigned N>
std::vector<uint64_t> interesting(unsigned randoms) {
  const uint64_t sign = uint64_t{1} << (N - 1);
  std::vector<uint64_t> values = {0, 1, 2, 3, N - 1, N, N + 1, sign - 1, sign, sign + 1};
  values.insert(values.end(), {~uint64_t{0}, ~uint64_t{0} - 1, 0x55555555'55555555});
  std::mt19937_64 random(N);
  for (unsigned i = 0; i < randoms; ++i) values.push_back(random() >> random() % N);
  return values;
}

template <class T>
class Widths : public ::testing::Test {};

template <unsigned N>
struct Width {
  static constexpr unsigned kWidth = N;
};

struct WidthName {
  template <class T>
  static std::string GetName(int) {
    return std::to_string(T::kWidth);
  }
};
using AllWidths = ::testing::Types<Width<8>, Width<16>, Width<32>, Width<64>>;
TYPED_TEST_SUITE(Widths, AllWidths, WidthName);

// `operation` on both kinds of word, for all pairs of interesting values.
template <unsigned N, class Operation>
void compare(const char* name, Operation operation) {
  for (const uint64_t a : interesting<N>(12)) {
    for (const uint64_t b : interesting<N>(12)) {
      const auto computed = value_of(operation(Bits<N>::of(a), Bits<N>::of(b)));
      const auto reasoned = value_of(operation(Bv<N>::of(a), Bv<N>::of(b)));
      ASSERT_EQ(computed, reasoned) << name << " of " << Bits<N>::of(a).signed_value() << " and "
                                    << Bits<N>::of(b).signed_value() << " at " << N << " bits";
    }
  }
}

TYPED_TEST(Widths, Arithmetic) {
  constexpr unsigned N = TypeParam::kWidth;
  compare<N>("+", [](auto a, auto b) { return a + b; });
  compare<N>("-", [](auto a, auto b) { return a - b; });
  compare<N>("*", [](auto a, auto b) { return a * b; });
  compare<N>("udiv", [](auto a, auto b) { return udiv(a, b); });
  compare<N>("urem", [](auto a, auto b) { return urem(a, b); });
  compare<N>("sdiv", [](auto a, auto b) { return sdiv(a, b); });
  compare<N>("srem", [](auto a, auto b) { return srem(a, b); });
}

TYPED_TEST(Widths, Bitwise) {
  constexpr unsigned N = TypeParam::kWidth;
  compare<N>("&", [](auto a, auto b) { return a & b; });
  compare<N>("|", [](auto a, auto b) { return a | b; });
  compare<N>("^", [](auto a, auto b) { return a ^ b; });
  compare<N>("~", [](auto a, auto) { return ~a; });
}

TYPED_TEST(Widths, Shifts) {
  constexpr unsigned N = TypeParam::kWidth;
  compare<N>("shl", [](auto a, auto b) { return shl(a, b); });
  compare<N>("lshr", [](auto a, auto b) { return lshr(a, b); });
  compare<N>("ashr", [](auto a, auto b) { return ashr(a, b); });
}

TYPED_TEST(Widths, Comparisons) {
  constexpr unsigned N = TypeParam::kWidth;
  compare<N>("==", [](auto a, auto b) { return a == b; });
  compare<N>("!=", [](auto a, auto b) { return a != b; });
  compare<N>("ult", [](auto a, auto b) { return ult(a, b); });
  compare<N>("ule", [](auto a, auto b) { return ule(a, b); });
  compare<N>("slt", [](auto a, auto b) { return slt(a, b); });
  compare<N>("sle", [](auto a, auto b) { return sle(a, b); });
  compare<N>("&&", [](auto a, auto b) { return a == b && slt(a, b + a); });
  compare<N>("||", [](auto a, auto b) { return ult(a, b) || !(a == b); });
  compare<N>("implies", [](auto a, auto b) { return implies(ult(a, b), slt(a, b)); });
}

TYPED_TEST(Widths, Selection) {
  constexpr unsigned N = TypeParam::kWidth;
  compare<N>("select", [](auto a, auto b) { return select(ult(a, b), a, b); });
  compare<N>("select of truth values",
             [](auto a, auto b) { return select(ult(a, b), slt(a, b), a == b); });
}

TYPED_TEST(Widths, ChangesOfWidth) {
  constexpr unsigned N = TypeParam::kWidth;
  // Results beyond 64 bits are looked at in halves.
  compare<N>("zext", [](auto a, auto) { return trunc<64>(zext<128>(a)); });
  compare<N>("zext", [](auto a, auto) { return extract<127, 64>(zext<128>(a)); });
  compare<N>("sext", [](auto a, auto) { return trunc<64>(sext<128>(a)); });
  compare<N>("sext", [](auto a, auto) { return extract<127, 64>(sext<128>(a)); });
  compare<N>("zext to itself", [](auto a, auto) { return zext<N>(a); });
  compare<N>("sext by one", [](auto a, auto) { return extract<N, 1>(sext<N + 1>(a)); });
  compare<N>("trunc", [](auto a, auto) { return trunc<N / 2>(a); });
  compare<N>("trunc", [](auto a, auto) { return trunc<1>(a); });
  compare<N>("extract", [](auto a, auto) { return extract<N - 1, N / 2>(a); });
  compare<N>("extract", [](auto a, auto) { return extract<N - 2, 3>(a); });
  compare<N>("extract", [](auto a, auto) { return extract<0, 0>(a); });
  compare<N>("concat", [](auto a, auto b) { return trunc<N>(concat(a, b)); });
  compare<N>("concat", [](auto a, auto b) { return extract<2 * N - 1, N>(concat(a, b)); });
  compare<N>("zext_or_trunc", [](auto a, auto) { return zext_or_trunc<32>(a); });
  compare<N>("sext_or_trunc", [](auto a, auto) { return sext_or_trunc<32>(a); });
}

TYPED_TEST(Widths, ByteReverse) {
  constexpr unsigned N = TypeParam::kWidth;
  compare<N>("byte_reverse", [](auto a, auto) { return byte_reverse(a); });
}

TYPED_TEST(Widths, Constants) {
  constexpr unsigned N = TypeParam::kWidth;
  for (const uint64_t value : interesting<N>(20)) {
    EXPECT_EQ(value_of(Bits<N>::of(value)), value_of(Bv<N>::of(value)));
  }
  EXPECT_EQ(value_of(Bv<N>()), 0u);
}

// Widths that C++ has no integer for, and the widest.
TEST(OddWidths, Agree) {
  compare<12>("ashr", [](auto a, auto b) { return ashr(a, b); });
  compare<12>("sdiv", [](auto a, auto b) { return sdiv(a, b); });
  compare<21>("*", [](auto a, auto b) { return a * b; });
  compare<21>("slt", [](auto a, auto b) { return slt(a, b); });
  compare<1>("ashr", [](auto a, auto b) { return ashr(a, b); });
  compare<1>("sdiv", [](auto a, auto b) { return sdiv(a, b); });
  compare<64>("the upper half of a product",
              [](auto a, auto b) { return extract<127, 64>(zext<128>(a) * zext<128>(b)); });
  compare<64>("the upper half of a signed product",
              [](auto a, auto b) { return extract<127, 64>(sext<128>(a) * sext<128>(b)); });
  compare<64>("a 128-bit shift", [](auto a, auto b) {
    return extract<100, 50>(lshr(concat(a, b), zext<128>(b & a)));
  });
}

// Hand-written: what both could get wrong alike.
TEST(Bits, KnownValues) {
  static_assert(zext<64>(Bits<32>::of(0x804df568)).value() == 0x804df568);
  static_assert(sext<64>(Bits<32>::of(0x804df568)).value() == 0xffffffff'804df568);
  static_assert((Bits<8>::of(200) + Bits<8>::of(100)).value() == 44);
  static_assert((Bits<16>::of(0xffff) * Bits<16>::of(0xffff)).value() == 1);
  static_assert(udiv(Bits<8>::of(7), Bits<8>::of(0)).value() == 0xff);
  static_assert(urem(Bits<8>::of(7), Bits<8>::of(0)).value() == 7);
  static_assert(sdiv(Bits<8>::of(0x80), Bits<8>::of(0xff)).value() == 0x80);
  static_assert(sdiv(Bits<8>::of(0xf9), Bits<8>::of(2)).value() == 0xfd);
  static_assert(sdiv(Bits<8>::of(0xf9), Bits<8>::of(0)).value() == 1);
  static_assert(srem(Bits<8>::of(0xf9), Bits<8>::of(2)).value() == 0xff);
  static_assert(shl(Bits<8>::of(1), Bits<8>::of(8)).value() == 0);
  static_assert(ashr(Bits<8>::of(0x80), Bits<8>::of(200)).value() == 0xff);
  static_assert(slt(Bits<8>::of(0x80), Bits<8>::of(0)) && ult(Bits<8>::of(0), Bits<8>::of(0x80)));
  static_assert(byte_reverse(Bits<32>::of(0x11223344)).value() == 0x44332211);
  static_assert(Bits<12>::of(0xfff).signed_value() == -1);
  EXPECT_EQ(concat(Bits<8>::of(0x12), Bits<4>::of(0x3)).value(), 0x123);
}

TEST(Prove, ForAllValues) {
  const auto x = Bv<64>::variable("x");
  const auto y = Bv<64>::variable("y");
  EXPECT_TRUE(prove(x + y == y + x).proved());
  EXPECT_TRUE(prove((x ^ y) + shl(x & y, Bv<64>::of(1)) == x + y).proved());
  EXPECT_TRUE(prove(byte_reverse(byte_reverse(x)) == x).proved());
}

TEST(Prove, RefutesWithACounterexample) {
  const auto x = Bv<32>::variable("x");
  const Proof proof = prove(implies(x != Bv<32>::of(0x80000000), zext<64>(x) == sext<64>(x)) ||
                            !(x == Bv<32>::of(0xfffffff5)));
  EXPECT_TRUE(proof.refuted());
  EXPECT_EQ(proof.counterexample, "x = 0xfffffff5");
}

TEST(Prove, UnknownIsNotAProof) {
  const auto x = Bv<64>::variable("x");
  const auto y = Bv<64>::variable("y");
  // To refute this is to factor a product of two primes.
  const auto small = [](const Bv<64>& n) {
    return ult(Bv<64>::of(1), n) && ult(n, Bv<64>::of(uint64_t{1} << 32));
  };
  const Proof proof =
      prove(implies(small(x) && small(y), x * y != Bv<64>::of(2147483647ull * 2147483629ull)),
            {.timeout_ms = 20});
  EXPECT_FALSE(proof.proved());
  EXPECT_EQ(proof.status, Proof::Status::kUnknown);
  EXPECT_NE(proof.reason, "");
}

TEST(Prove, WritesItsQueryAsSmtLib) {
  const std::string script = to_smtlib(Bv<8>::variable("x") == Bv<8>::of(3));
  EXPECT_NE(script.find("(declare-fun x () (_ BitVec 8))"), std::string::npos) << script;
  EXPECT_NE(script.find("(check-sat)"), std::string::npos) << script;
}

TEST(OpaqueArithmetic, EqualOperandsGiveEqualProducts) {
  const auto x = Bv<64>::variable("x");
  const auto y = Bv<64>::variable("y");
  EXPECT_FALSE(OpaqueArithmetic::active());
  {
    const OpaqueArithmetic opaque;
    EXPECT_TRUE(OpaqueArithmetic::active());
    EXPECT_TRUE(prove(implies(x == y, x * x == y * x)).proved());
    EXPECT_TRUE(prove(implies(x == y, sdiv(x, y) == sdiv(y, x))).proved());
    // Commutativity is not known of it, so what is proven holds without it.
    EXPECT_TRUE(prove(x * y == y * x).refuted());
    // Constants still compute.
    EXPECT_EQ(value_of(Bv<64>::of(6) * Bv<64>::of(7)), 42u);
  }
  EXPECT_FALSE(OpaqueArithmetic::active());
}

}  // namespace
}  // namespace zext
