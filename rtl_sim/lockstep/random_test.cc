// The core and QEMU agree on random programs, in each preset in turn. To repeat one:
// --gtest_filter=*/<preset>_<seed>. For more of them:
// ZEXT_RANDOM_PROGRAMS=5000 bazel run //rtl_sim/lockstep:random_test
#include <gtest/gtest.h>

#include <cstdlib>

#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/lockstep/random_program.h"

namespace zext::rtl_sim::lockstep {
namespace {

uint64_t programs() {
  const char* const asked = std::getenv("ZEXT_RANDOM_PROGRAMS");
  const uint64_t count = asked == nullptr ? 0 : std::strtoull(asked, nullptr, 10);
  return count != 0 ? count : 50;
}

class Random : public testing::TestWithParam<std::tuple<Preset, uint64_t>> {};

TEST_P(Random, Agrees) {
  const auto [preset, seed] = GetParam();
  if (!is_linked(preset)) GTEST_SKIP() << "linked without this preset";
  RandomOptions random;
  random.seed = seed;
  const Image image = random_program(random);
  Options options;
  options.preset = preset;
  options.max_instructions = 10'000'000;
  options.memory.size = 2 << 20;
  const auto report = run(image, options);
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_FALSE(report->divergence) << text(*report->divergence);
  EXPECT_EQ(report->stop, Report::Stop::kExited);
  // Jumps leave some of the body out, but not most of it.
  EXPECT_GT(report->instructions, uint64_t{random.instructions} * random.rounds / 3);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random,
                         testing::Combine(testing::ValuesIn(kPresets),
                                          testing::Range<uint64_t>(0, programs())),
                         [](const auto& info) {
                           return std::string(name(std::get<0>(info.param))) + "_" +
                                  std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace zext::rtl_sim::lockstep
