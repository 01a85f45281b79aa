// The core and QEMU agree on each program of programs/.
#include <gtest/gtest.h>

#include "rtl_sim/lockstep/elf_file.h"
#include "rtl_sim/lockstep/lockstep.h"

namespace zext::rtl_sim::lockstep {
namespace {

class Directed : public testing::TestWithParam<const char*> {};

TEST_P(Directed, Agrees) {
  const auto image = program_image(GetParam());
  ASSERT_TRUE(image) << image.error().message();
  Options options;
  options.max_instructions = 10'000'000;
  const auto report = run(*image, options);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->divergence) << text(*report->divergence);
  EXPECT_EQ(report->stop, Report::Stop::kExited);
  EXPECT_EQ(report->exit_code, 0u);
  std::printf("%s: %lu instructions, CPI %.2f, %lu CSR reads supplied\n", GetParam(),
              report->instructions, report->cpi(), report->supplied_csr_reads);
}

INSTANTIATE_TEST_SUITE_P(Programs, Directed,
                         testing::Values("alu", "atomics", "branches", "compressed", "csrs",
                                         "fetch_fault", "loop", "memory", "traps"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace zext::rtl_sim::lockstep
