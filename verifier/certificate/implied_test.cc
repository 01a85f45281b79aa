#include "verifier/certificate/implied.h"

#include <gtest/gtest.h>

#include "verifier/certificate/layout_number.h"
#include "verifier/certificate/random_certificate.h"
#include "verifier/state/number.h"

namespace zext::verifier::certificate {
namespace {

constexpr int kCases = 20'000;

Number of(const verifier::Number& number) {
  return {.ones = known_ones(number),
          .unknown = unknown_bits(number),
          .lo = unsigned_min(number),
          .hi = unsigned_max(number),
          .slo = signed_min(number),
          .shi = signed_max(number),
          .lo32 = number.u32.lo.value(),
          .hi32 = number.u32.hi.value(),
          .slo32 = static_cast<int32_t>(number.s32.lo.signed_value()),
          .shi32 = static_cast<int32_t>(number.s32.hi.signed_value())};
}

bool within(const Number& number, unsigned views, uint64_t word) {
  const auto as_signed = static_cast<int64_t>(word);
  const auto low = static_cast<uint32_t>(word);
  const auto low_signed = static_cast<int32_t>(low);
  if ((views & kUnsignedView) != 0 && (word < number.lo || word > number.hi)) return false;
  if ((views & kSignedView) != 0 && (as_signed < number.slo || as_signed > number.shi)) {
    return false;
  }
  if ((views & kBitsView) != 0 && (word & ~number.unknown) != number.ones) return false;
  if ((views & kUnsigned32View) != 0 && (low < number.lo32 || low > number.hi32)) return false;
  return (views & kSigned32View) == 0 || (low_signed >= number.slo32 && low_signed <= number.shi32);
}

TEST(Implied, KeepsWhatIsGiven) {
  Random rng(1);
  for (int i = 0; i < kCases; ++i) {
    const Number number = random_number(rng);
    EXPECT_EQ(implied(number, kAllViews), number);
    const auto given = static_cast<unsigned>(rng() % (kAllViews + 1));
    const Number filled = implied(number, given);
    // The others are looked at not at all, so that a reader, which has none, gets the same.
    EXPECT_EQ(implied(filled, given), filled);
  }
  EXPECT_EQ(implied(random_number(rng), 0), Number{});
}

// Every word that the given views allow is allowed by the others as well.
TEST(Implied, FollowsFromWhatIsGiven) {
  Random rng(2);
  int words = 0;
  for (int i = 0; i < kCases; ++i) {
    const Number number = random_number(rng);
    const auto given = static_cast<unsigned>(rng() % (kAllViews + 1));
    const Number filled = implied(number, given);
    for (const uint64_t near :
         {number.lo, number.hi, static_cast<uint64_t>(number.slo),
          static_cast<uint64_t>(number.shi), number.ones, number.ones | number.unknown,
          uint64_t{number.lo32}, uint64_t{number.hi32}, uint64_t{0}, ~uint64_t{0}, rng()}) {
      for (const uint64_t word : {near - 1, near, near + 1, near ^ (uint64_t{1} << rng() % 64)}) {
        if (!within(number, given, word)) continue;
        ++words;
        EXPECT_TRUE(within(filled, kAllViews, word)) << word << " views " << given;
      }
    }
  }
  EXPECT_GT(words, kCases);
}

// What the verifier knows of a range is what a file's reader finds, so that a range is all it says.
TEST(Implied, AgreesWithTheDomainOnRanges) {
  Random rng(3);
  for (int i = 0; i < kCases; ++i) {
    const uint64_t lo = rng() >> rng() % 64;
    const uint64_t hi = lo + std::min(rng() >> rng() % 64, ~lo);
    const Number made = of(unsigned_range(lo, hi));
    EXPECT_EQ(implied(made, kUnsignedView), made) << lo << ".." << hi;
    const auto slo = static_cast<int64_t>(lo);
    const auto shi = static_cast<int64_t>(hi);
    if (slo > shi) continue;
    const Number other = of(signed_range(slo, shi));
    EXPECT_EQ(implied(other, kSignedView), other) << slo << ".." << shi;
  }
}

TEST(Implied, FewViewsTellNumbersOfPrograms) {
  using Word = Bits<64>;
  const auto views = [](const verifier::Number& number) { return telling_views(of(number)); };
  const verifier::Number byte = number_of_bytes(1);
  EXPECT_EQ(views(verifier::Number::top()), 0u);
  EXPECT_EQ(views(byte), kUnsignedView);
  EXPECT_EQ(views(signed_range(-8, 5)), kSignedView);
  const verifier::Number times_four =
      abstract_alu(ebpf::AluOp::kLsh, 64, byte, verifier::Number::constant(Word::of(2)));
  EXPECT_EQ(views(times_four), kUnsignedView | kBitsView);
  verifier::Number low = verifier::Number::top();
  low.u32.hi = Bits<32>::of(5);
  EXPECT_LE(std::popcount(views(reduce(low))), 2);
}

TEST(Implied, ByForm) {
  const std::vector<Range> ranges = {{.symbol = 4, .lo = 0, .hi = 5},
                                     {.symbol = 9, .lo = 1, .hi = 2}};
  const Sum offset{.terms = {{4, 4}}, .constant = 14};
  const Number number = implied(offset, Type::kPacket, ranges);
  EXPECT_EQ(number.slo, 14);
  EXPECT_EQ(number.shi, 34);
  EXPECT_EQ(number.ones & 3, 2u);
  EXPECT_EQ(number.unknown, 0x3cu);
  const Sum difference{.terms = {{4, 1}, {9, -1}}, .constant = 0};
  EXPECT_EQ(implied(difference, Type::kPacket, ranges).slo, -2);
  // As an unsigned integer it may be below zero, of which nothing follows.
  EXPECT_EQ(implied(difference, Type::kNumber, ranges), Number{});
  // Nor from a symbol without a range, nor from sums beyond 128 bits.
  EXPECT_EQ(implied(Sum{.terms = {{5, 1}}, .constant = 0}, Type::kNumber, ranges), Number{});
  const Sum huge{.terms = {{5, INT64_MIN}, {6, INT64_MIN}}, .constant = 0};
  EXPECT_EQ(implied(huge, Type::kPacket, ranges), Number{});
}

}  // namespace
}  // namespace zext::verifier::certificate
