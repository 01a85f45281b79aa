// An object file of zext's, linked with a C driver by GNU ld, runs on our core and on QEMU, in
// lockstep.

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rtl_sim/image/image.h"
#include "rtl_sim/lockstep/lockstep.h"

namespace zext::rtl_sim {
namespace {

class Linked : public testing::TestWithParam<const char*> {};

TEST_P(Linked, ComputesWhatCSays) {
  std::ifstream file(std::string("tests/elf/") + GetParam() + ".elf", std::ios::binary);
  const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  const auto image = load_elf(bytes);
  ASSERT_TRUE(image) << image.error().message();
  lockstep::Options options;
  options.max_instructions = 1'000'000;
  const auto report = lockstep::run(*image, options);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->divergence) << lockstep::text(*report->divergence);
  EXPECT_EQ(report->stop, lockstep::Report::Stop::kExited);
  EXPECT_EQ(report->exit_code, 0U) << "the result in tests/elf/driver.c that is wrong";
  EXPECT_GT(report->instructions, 1'000U);
}

INSTANTIATE_TEST_SUITE_P(Elf, Linked, testing::Values("compressed", "plain", "bit_manipulation"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace zext::rtl_sim
