// Some seconds of each kind of campaign; `bazel run //kernel_shim/fuzz -- --help` goes on.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "kernel_shim/fuzz/campaign.h"

namespace zext::shim::fuzz {
namespace {

// Runs sequences from this seed on, for some seconds and at least a few.
void run_for(double seconds, uint64_t seed, const CampaignOptions& options) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  for (uint64_t i = 0; i < 5 || std::chrono::steady_clock::now() < end; ++i) {
    const uint64_t own = seed + i * 64;
    SCOPED_TRACE("seed " + std::to_string(own));
    ASSERT_EQ(run_sequence(own, options), "");
  }
}

TEST(SequenceTest, AreThoseOfTheirSeed) {
  EXPECT_EQ(make_sequence(1, 100), make_sequence(1, 100));
  EXPECT_NE(make_sequence(1, 100), make_sequence(2, 100));
}

TEST(SequenceTest, ArePrintedAndReadAgain) {
  const std::vector<Op> ops = make_sequence(5, 500);
  const auto same = parse(print(ops));
  ASSERT_TRUE(same.has_value()) << same.error();
  EXPECT_EQ(*same, ops);
  EXPECT_FALSE(parse("map_create 1 2 3 4 5").has_value());
  EXPECT_FALSE(parse("map_create 1 2 3 4 5 6 7").has_value());
  EXPECT_FALSE(parse("no_call 1 2 3 4 5 6").has_value());
}

TEST(FuzzTest, SameCallsSameAnswers) {
  for (uint64_t seed = 100; seed < 105; ++seed) {
    std::vector<long> first;
    std::vector<long> second;
    ASSERT_EQ(run_sequence(seed, {.calls = 200}, &first), "");
    ASSERT_EQ(run_sequence(seed, {.calls = 200}, &second), "");
    EXPECT_EQ(first, second) << "seed " << seed;
  }
}

// Were most calls refused, the campaigns would show little.
TEST(FuzzTest, ManyCallsSucceed) {
  size_t good = 0;
  size_t all = 0;
  for (uint64_t seed = 200; seed < 205; ++seed) {
    std::vector<long> results;
    ASSERT_EQ(run_sequence(seed, {}, &results), "");
    for (const long result : results) good += result >= 0 ? 1 : 0;
    all += results.size();
  }
  EXPECT_GT(good * 4, all);
}

TEST(FuzzTest, FailingCallsChangeNothing) {
  run_for(3, 1000, {.calls = 150, .check_failing_calls = true});
}

TEST(FuzzTest, OneThread) { run_for(3, 2000, {}); }

TEST(FuzzTest, OneThreadWithFailures) { run_for(3, 3000, {.failures = 20}); }

TEST(FuzzTest, Threads) { run_for(4, 4000, {.threads = 4}); }

TEST(FuzzTest, ThreadsWithFailures) { run_for(4, 5000, {.threads = 3, .failures = 10}); }

}  // namespace
}  // namespace zext::shim::fuzz
