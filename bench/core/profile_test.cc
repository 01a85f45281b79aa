#include "bench/core/profile.h"

#include <chrono>
#include <string>

#include "gtest/gtest.h"

// Named as Verilator names the functions it makes of busy.sv's line 7.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" [[gnu::noinline]] uint64_t Vsoc_test__PROF__busy__l7(uint64_t value) {
  for (int i = 0; i < 1'000'000; ++i) value = value * 6364136223846793005u + 1;
  return value;
}

namespace zext::bench {
namespace {

TEST(ModuleOf, ReadsTheName) {
  EXPECT_EQ(module_of("_ZL53Vsoc_small___024root___nba_sequent__TOP__3__PROF__decode__l42P"),
            "decode");
  EXPECT_EQ(module_of("Vsoc_x___024root___act__PROF__line_port__l12"), "line_port");
  EXPECT_EQ(module_of("_ZN10Vsoc_small4evalEv"), "(scheduling)");
  EXPECT_EQ(module_of("_ZN4zext7rtl_sim3Bus4readEm"), "(model)");
  EXPECT_EQ(module_of(""), "(model)");
}

TEST(Functions, FindsTheOneAround) {
  const Functions functions({{16, "first"}, {32, "second"}});
  EXPECT_EQ(functions.at(15), "");
  EXPECT_EQ(functions.at(16), "first");
  EXPECT_EQ(functions.at(31), "first");
  EXPECT_EQ(functions.at(400), "second");
}

TEST(ModuleShares, LeaveOutScheduling) {
  const Functions functions({{1, "Vsoc_x_eval"}, {2, "Vsoc_x__PROF__alu__l1"}, {3, "run"}});
  const auto shares = module_shares({1, 1, 1, 2, 2, 2, 3, 1}, functions);
  EXPECT_EQ(shares.size(), 2u);
  EXPECT_DOUBLE_EQ(shares.at("alu"), 0.75);
  EXPECT_DOUBLE_EQ(shares.at("(model)"), 0.25);
  EXPECT_TRUE(module_shares({1}, functions).empty());
  EXPECT_TRUE(module_shares({}, functions).empty());
}

TEST(Profile, SeesWhoIsBusy) {
  Profile profile;
  const auto start = std::chrono::steady_clock::now();
  uint64_t value = 1;
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(300)) {
    value = Vsoc_test__PROF__busy__l7(value);
  }
  const auto samples = profile.stop();
  EXPECT_NE(value, 0u);
  ASSERT_GT(samples.size(), 20u);
  const auto shares = module_shares(samples, Functions::own());
  ASSERT_TRUE(shares.contains("busy"));
  EXPECT_GT(shares.at("busy"), 0.8);
  EXPECT_TRUE(profile.stop().empty());
}

}  // namespace
}  // namespace zext::bench
