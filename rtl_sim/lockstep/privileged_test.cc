// The core and QEMU agree on random privileged programs, in each preset. To repeat one:
// --gtest_filter=*/<preset>_<seed>. For more of them:
// ZEXT_RANDOM_PROGRAMS=5000 bazel run //rtl_sim/lockstep:privileged_test
#include <gtest/gtest.h>

#include <cstdlib>

#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/lockstep/privileged_program.h"

namespace zext::rtl_sim::lockstep {
namespace {

uint64_t programs() {
  const char* const asked = std::getenv("ZEXT_RANDOM_PROGRAMS");
  const uint64_t count = asked == nullptr ? 0 : std::strtoull(asked, nullptr, 10);
  return count != 0 ? count : 12;
}

class Privileged : public testing::TestWithParam<std::tuple<Preset, uint64_t>> {};

TEST_P(Privileged, Agrees) {
  const auto [preset, seed] = GetParam();
  if (!is_linked(preset)) GTEST_SKIP() << "linked without this preset";
  Options options;
  options.preset = preset;
  options.max_instructions = 10'000'000;
  options.memory = privileged_memory();
  const auto report = run(privileged_program({.seed = seed}), options);
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_FALSE(report->divergence) << text(*report->divergence);
  EXPECT_EQ(report->stop, Report::Stop::kExited);
  EXPECT_EQ(report->exit_code, 0u);
}

INSTANTIATE_TEST_SUITE_P(Programs, Privileged,
                         testing::Combine(testing::ValuesIn(kPresets),
                                          testing::Range<uint64_t>(0, programs())),
                         [](const auto& info) {
                           return std::string(name(std::get<0>(info.param))) + "_" +
                                  std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace zext::rtl_sim::lockstep
