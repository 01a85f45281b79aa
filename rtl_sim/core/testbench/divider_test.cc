// The divider against C++'s own division: all forms, operands of every length, the special cases.
#include <cstdint>
#include <random>

#include "Vdivider.h"
#include "gtest/gtest.h"
#include "verilated.h"

namespace zext::rtl_sim {
namespace {

struct Division {
  uint64_t a, b;
  bool is_unsigned, remainder, word;
};

// Unprivileged manual, "M": by zero the quotient is all ones and the remainder the dividend; the
// overflow of the smallest number by -1 wraps.
template <class Signed, class Unsigned>
uint64_t divide(const Division& d) {
  const auto a = static_cast<Signed>(d.a), b = static_cast<Signed>(d.b);
  const auto ua = static_cast<Unsigned>(a), ub = static_cast<Unsigned>(b);
  Signed result;
  if (b == 0) {
    result = d.remainder ? a : Signed{-1};
  } else if (d.is_unsigned) {
    result = static_cast<Signed>(d.remainder ? ua % ub : ua / ub);
  } else if (b == -1) {
    result = d.remainder ? Signed{0} : static_cast<Signed>(Unsigned{0} - ua);
  } else {
    result = d.remainder ? a % b : a / b;
  }
  return static_cast<uint64_t>(static_cast<int64_t>(result));
}

class Divider : public ::testing::Test {
 protected:
  Divider() {
    top_.rst_ni = 0;
    tick();
    top_.rst_ni = 1;
  }

  void tick() {
    top_.clk_i = 1;
    top_.eval();
    top_.clk_i = 0;
    top_.eval();
  }

  // Cycles until the result is there.
  int run(const Division& d) {
    top_.a_i = d.a;
    top_.b_i = d.b;
    top_.is_unsigned_i = d.is_unsigned;
    top_.is_rem_i = d.remainder;
    top_.word_i = d.word;
    top_.valid_i = 1;
    top_.leave_i = 0;
    int cycles = 0;
    do {
      tick();
    } while (!top_.done_o && ++cycles < 100);
    return cycles;
  }

  void leave() {
    top_.leave_i = 1;
    tick();
  }

  Vdivider top_;
};

uint64_t operand(std::mt19937_64& random) {
  const uint64_t x = random();
  const unsigned shift = random() % 64;
  switch (random() % 8) {
    case 0:
      return x;
    case 1:
      return x >> shift;
    case 2:
      return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(x)));
    case 3:
      return uint64_t{1} << shift;
    case 4:
      return ~uint64_t{0} << shift;
    case 5:
      return (uint64_t{1} << shift) - 1;
    case 6:
      return x % 4;
    default:
      return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(x)));
  }
}

TEST_F(Divider, IsRightForEveryFormAndLength) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 300'000; ++i) {
    const uint64_t bits = random();
    const Division d{operand(random), operand(random), (bits & 1) != 0, (bits & 2) != 0,
                     (bits & 4) != 0};
    ASSERT_LE(run(d), 16);
    const uint64_t expected = d.word ? divide<int32_t, uint32_t>(d) : divide<int64_t, uint64_t>(d);
    ASSERT_EQ(top_.result_o, expected)
        << std::hex << d.a << " by " << d.b << (d.is_unsigned ? " unsigned" : "")
        << (d.remainder ? " remainder" : "") << (d.word ? " word" : "");
    leave();
  }
}

// A cycle to align, then four bits of the quotient in each.
TEST_F(Divider, TakesAsLongAsTheQuotientIs) {
  for (const auto& [a, b, cycles] : {std::tuple<uint64_t, uint64_t, int>{7, 0, 0},
                                     {7, 8, 0},
                                     {15, 1, 1},
                                     {16, 1, 2},
                                     {255, 1, 2},
                                     {256, 1, 3},
                                     {~uint64_t{0}, 1, 16},
                                     {~uint64_t{0}, ~uint64_t{0}, 1}}) {
    EXPECT_EQ(run({a, b, true, false, false}), cycles) << a << " by " << b;
    leave();
  }
}

}  // namespace
}  // namespace zext::rtl_sim
