// Runs the directed assembly tests of rtl_sim/core/tests on the core.
#include <string>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/test_files.h"

namespace zext::rtl_sim {
namespace {

class Directed : public ::testing::TestWithParam<const char*> {
 protected:
  Image image() const {
    return read_image(std::string("rtl_sim/core/tests/") + GetParam() + ".elf");
  }
};

TEST_P(Directed, Passes) {
  auto model = Model::create();
  ASSERT_TRUE(model) << model.error().message();
  ASSERT_TRUE(model->load(image()));
  const Outcome outcome = model->run(200'000);
  ASSERT_EQ(outcome.stop, Outcome::Stop::kExited) << outcome.hang;
  EXPECT_EQ(outcome.exit_code, 0) << "case " << (outcome.exit_code & 0x3ff)
                                  << (outcome.exit_code & 0x400 ? ": unexpected trap" : "");
  EXPECT_GT(outcome.instructions, 100);
}

// What retires is one unbroken path: orders count up, and each next_pc is the pc that follows,
// unless an interrupt does.
TEST_P(Directed, RetiresAnUnbrokenPath) {
  auto model = Model::create();
  ASSERT_TRUE(model) << model.error().message();
  const Image program = image();
  ASSERT_TRUE(model->load(program));
  uint64_t expected_pc = program.entry;
  uint64_t expected_order = 0;
  while (!model->exited()) {
    const auto retired = model->retire(3'000);
    ASSERT_TRUE(retired) << "nothing retired after order " << expected_order;
    ASSERT_EQ(retired->order, expected_order++);
    if (!retired->interrupt) {
      ASSERT_EQ(retired->pc, expected_pc);
    }
    expected_pc = retired->next_pc;
    const bool compressed = (retired->insn & 3) != 3;
    if (compressed) {
      ASSERT_EQ(retired->insn >> 16, 0);
    }
    if (retired->rd != 0) {
      ASSERT_EQ(model->reg(retired->rd), retired->rd_value);
    }
    if (retired->trap) {
      ASSERT_EQ(retired->rd, 0);
      ASSERT_EQ(retired->mem_wmask, 0);
    }
  }
  EXPECT_EQ(model->instructions(), expected_order);
}

INSTANTIATE_TEST_SUITE_P(Core, Directed,
                         ::testing::Values("arithmetic", "atomics", "bit_manipulation", "branches",
                                           "compressed", "conditional_zero", "csr", "csr_fields",
                                           "delegation", "hazards", "hpm", "loads_stores", "mprv",
                                           "multiply_divide", "pmp", "pmp_walk", "privilege",
                                           "sfence", "sv39", "sv39_crossing", "sv39_update",
                                           "traps", "wfi"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace zext::rtl_sim
