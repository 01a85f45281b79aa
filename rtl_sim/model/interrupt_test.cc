// Interrupts at arbitrary cycles: each is taken where the manual allows, and disturbs nothing.
#include <cstring>
#include <random>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/test_files.h"

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kInterrupt = uint64_t{1} << 63;

uint64_t read_word(const Model& model, uint64_t address) {
  uint8_t bytes[8];
  EXPECT_TRUE(model.read(address, bytes));
  uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

TEST(Interrupt, AtRandomCyclesKeepTheProgramIntact) {
  const Image image = read_image("rtl_sim/core/tests/interrupts.elf");
  const uint64_t counts = image.symbol("counts").value();
  std::mt19937_64 random(1);
  auto model = Model::create();
  ASSERT_TRUE(model);
  ASSERT_TRUE(model->load(image));

  uint64_t taken[12] = {};
  bool raised = false;
  unsigned line = 0;
  for (uint64_t i = 0; i < 200'000; ++i) {
    const auto retired = model->retire(500);
    ASSERT_TRUE(retired) << "nothing retired after " << i;
    ASSERT_FALSE(model->exited()) << "case " << *model->exited();
    ASSERT_FALSE(retired->trap) << "exception " << retired->cause;
    if (retired->interrupt) {
      // A line falls once its handler has begun, as a device's does when it is served.
      ASSERT_TRUE(raised);
      ASSERT_EQ(retired->cause, kInterrupt | line);
      ++taken[line];
      raised = false;
      model->set_interrupts(false, false, false);
    } else if (!raised && random() % 23 == 0) {
      line = 3 + 4 * (random() % 3);
      raised = true;
      model->set_interrupts(line == 3, line == 7, line == 11);
    }
  }
  for (unsigned cause : {3, 7, 11}) EXPECT_GT(taken[cause], 500) << cause;

  // Let the last handler end, then stop the program and compare its own counts.
  model->set_interrupts(false, false, false);
  for (int i = 0; i < 100; ++i) {
    const auto retired = model->retire(500);
    if (retired->interrupt) ++taken[line];
  }
  EXPECT_EQ(read_word(*model, counts), taken[3]);
  EXPECT_EQ(read_word(*model, counts + 8), taken[7]);
  EXPECT_EQ(read_word(*model, counts + 16), taken[11]);
  const uint8_t stop[8] = {1};
  ASSERT_TRUE(model->write(image.symbol("stop").value(), stop));
  const Outcome outcome = model->run(10'000);
  ASSERT_EQ(outcome.stop, Outcome::Stop::kExited) << outcome.hang;
  EXPECT_EQ(outcome.exit_code, 0);
}

TEST(Interrupt, ExternalBeforeSoftwareBeforeTimer) {
  const Image image = read_image("rtl_sim/core/tests/interrupts.elf");
  auto model = Model::create();
  ASSERT_TRUE(model);
  ASSERT_TRUE(model->load(image));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(model->retire(500));
  struct {
    bool software, timer, external;
    uint64_t cause;
  } const cases[] = {{true, true, true, 11}, {true, true, false, 3}, {false, true, false, 7}};
  for (const auto& pending : cases) {
    model->set_interrupts(pending.software, pending.timer, pending.external);
    uint64_t waited = 0;
    while (true) {
      const auto retired = model->retire(500);
      ASSERT_TRUE(retired);
      ASSERT_LT(++waited, 200) << "not taken";
      if (!retired->interrupt) continue;
      EXPECT_EQ(retired->cause, kInterrupt | pending.cause);
      break;
    }
    model->set_interrupts(false, false, false);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(model->retire(500));
  }
}

TEST(Interrupt, MaskedOnesWait) {
  // Without mie and mstatus.MIE nothing is taken, and mip shows what waits.
  Image image;
  // csrr a0, mip; j -4
  image.segments.push_back({.address = 0x80000000,
                            .bytes = {0x73, 0x25, 0x40, 0x34, 0x6f, 0xf0, 0xdf, 0xff},
                            .size = 0,
                            .executable = true});
  image.entry = 0x80000000;
  auto model = Model::create();
  ASSERT_TRUE(model);
  ASSERT_TRUE(model->load(image));
  model->set_interrupts(true, false, true);
  for (int i = 0; i < 100; ++i) {
    const auto retired = model->retire(100);
    ASSERT_TRUE(retired);
    ASSERT_FALSE(retired->interrupt);
  }
  EXPECT_EQ(model->reg(10), 0x808);
}

}  // namespace
}  // namespace zext::rtl_sim
