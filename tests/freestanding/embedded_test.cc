// The kernel in miniature runs on our core and on QEMU, in lockstep: decoder, verifier and JIT on
// bare metal, and what they compiled.

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <vector>

#include "rtl_sim/image/image.h"
#include "rtl_sim/lockstep/lockstep.h"

namespace zext::rtl_sim {
namespace {

TEST(Embedded, VerifiesCompilesAndRunsOnBareMetal) {
  std::ifstream file("tests/freestanding/embedded", std::ios::binary);
  const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  const auto image = load_elf(bytes);
  ASSERT_TRUE(image) << image.error().message();
  lockstep::Options options;
  options.max_instructions = 50'000'000;
  const auto report = lockstep::run(*image, options);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->divergence) << lockstep::text(*report->divergence);
  EXPECT_EQ(report->stop, lockstep::Report::Stop::kExited);
  EXPECT_EQ(report->exit_code, 0U) << "the step of tests/freestanding/main.cc that failed";
  EXPECT_GT(report->instructions, 10'000U);
  RecordProperty("instructions", std::to_string(report->instructions));
  std::printf("%llu instructions, CPI %.2f\n",
              static_cast<unsigned long long>(report->instructions), report->cpi());
}

}  // namespace
}  // namespace zext::rtl_sim
