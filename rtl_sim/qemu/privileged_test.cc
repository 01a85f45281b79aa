// The core's tests of privilege pass on QEMU as well, so that it is not only our reading of the
// manual that they check.
#include "gtest/gtest.h"
#include "rtl_sim/model/test_files.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::rtl_sim::qemu {
namespace {

class Privileged : public ::testing::TestWithParam<const char*> {};

TEST_P(Privileged, PassesOnQemu) {
  const Image image = read_image(std::string("rtl_sim/core/tests/") + GetParam() + "_qemu.elf");
  const auto outcome = run(image, {.max_instructions = 10'000'000});
  ASSERT_TRUE(outcome) << outcome.error().message();
  ASSERT_EQ(outcome->stop, Outcome::Stop::kExited);
  EXPECT_EQ(outcome->exit_code, 0U) << "case " << (outcome->exit_code & 0x3ff)
                                    << (outcome->exit_code & 0x400 ? ": unexpected trap" : "");
  EXPECT_GT(outcome->instructions, 500U);
}

INSTANTIATE_TEST_SUITE_P(Core, Privileged,
                         ::testing::Values("csr_fields", "delegation", "mprv", "pmp", "pmp_walk",
                                           "privilege", "sfence", "sv39", "sv39_crossing",
                                           "sv39_update", "wfi"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace zext::rtl_sim::qemu
