// A model restored from a snapshot goes on exactly as the one that was saved.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/test_files.h"

namespace zext::rtl_sim {
namespace {

class Snapshot : public ::testing::TestWithParam<Preset> {
 protected:
  static Model make(uint64_t seed = 0, uint64_t memory = 1 << 20) {
    ModelConfig config;
    config.preset = GetParam();
    config.seed = seed;
    config.memory.size = memory;
    auto model = Model::create(config);
    EXPECT_TRUE(model) << model.error().message();
    return std::move(*model);
  }

  static void expect_equal(const Model& one, const Model& two) {
    EXPECT_EQ(one.cycles(), two.cycles());
    EXPECT_EQ(one.instructions(), two.instructions());
    EXPECT_EQ(one.lost_cycles(), two.lost_cycles());
    EXPECT_EQ(one.console(), two.console());
    EXPECT_EQ(one.exited(), two.exited());
    EXPECT_TRUE(std::ranges::equal(one.memory(), two.memory()));
    for (unsigned i = 0; i < 32; ++i) EXPECT_EQ(one.reg(i), two.reg(i)) << "x" << i;
  }

  // Both retire the same, in the same cycles, up to the end.
  static void expect_same_rest(Model& one, Model& two, uint64_t most) {
    for (uint64_t i = 0; i < most && !one.exited(); ++i) {
      const auto a = one.retire(10'000), b = two.retire(10'000);
      ASSERT_TRUE(a && b) << i;
      ASSERT_TRUE(*a == *b) << "at " << i << ", order " << a->order << " and " << b->order;
    }
    expect_equal(one, two);
  }
};

// Taken at many moments: misses, stores and divisions under way, lane 1 not handed out yet.
TEST_P(Snapshot, GoesOnBitByBit) {
  const Image image = read_image("rtl_sim/core/tests/hazards.elf");
  Model one = make(1);
  for (uint64_t at = 1; at < 1'500; at += 131) {
    ASSERT_TRUE(one.load(image));
    for (uint64_t i = 0; i < at; ++i) ASSERT_TRUE(one.retire(10'000));
    const std::vector<uint8_t> state = one.snapshot();
    Model two = make(2);
    ASSERT_TRUE(two.restore(state));
    expect_equal(one, two);
    expect_same_rest(one, two, 3'000);
  }
}

TEST_P(Snapshot, BringsAModelBack) {
  Model model = make();
  ASSERT_TRUE(model.load(read_image("rtl_sim/core/tests/loads_stores.elf")));
  model.run(300);
  const std::vector<uint8_t> state = model.snapshot();
  const Outcome first = model.run(100'000);
  EXPECT_TRUE(first.passed()) << first.hang;
  ASSERT_TRUE(model.restore(state));
  EXPECT_FALSE(model.exited());
  EXPECT_EQ(model.cycles(), 300);
  const Outcome second = model.run(100'000);
  EXPECT_TRUE(second.passed());
  EXPECT_EQ(second.cycles, first.cycles);
  EXPECT_EQ(second.instructions, first.instructions);
}

// Devices, their queues and the host's side are in it.
TEST_P(Snapshot, HasTheDevices) {
  Model one = make();
  ASSERT_TRUE(one.load(read_image("rtl_sim/soc/tests/uart.elf")));
  one.run(20'000);
  one.send_console("abc");
  one.run(500);
  Model two = make();
  ASSERT_TRUE(two.restore(one.snapshot()));
  EXPECT_EQ(two.console(), one.console());
  for (Model* const model : {&one, &two}) {
    model->send_console("d.");
    EXPECT_TRUE(model->run(100'000).passed());
    EXPECT_EQ(model->console(), "ready\nabcd.");
  }
  expect_equal(one, two);
}

TEST_P(Snapshot, OfSomethingElseIsRefused) {
  Model one = make(), two = make(0, 1 << 16);
  const std::vector<uint8_t> state = one.snapshot();
  EXPECT_FALSE(two.restore(state));
  EXPECT_FALSE(one.restore({}));
  for (size_t size = 0; size < state.size(); size += 1'009) {
    EXPECT_FALSE(one.restore(std::span(state).first(size))) << size;
  }
  std::vector<uint8_t> longer = state;
  longer.push_back(0);
  EXPECT_FALSE(one.restore(longer));
  EXPECT_TRUE(one.restore(state));
}

// What reset leaves open comes from the seed; programs must not depend on it, nor runs on the past.
TEST_P(Snapshot, RunsRepeatWhateverWasBefore) {
  const Image image = read_image("rtl_sim/core/tests/hazards.elf");
  std::vector<uint64_t> cycles;
  for (uint64_t seed : {0, 1, 1, 2}) {
    Model model = make(seed);
    ASSERT_TRUE(model.load(image));
    const Outcome first = model.run(100'000);
    EXPECT_TRUE(first.passed()) << first.hang;
    ASSERT_TRUE(model.load(image));
    EXPECT_EQ(model.run(100'000).cycles, first.cycles) << "seed " << seed;
    cycles.push_back(first.cycles);
  }
  EXPECT_EQ(cycles[1], cycles[2]);
}

INSTANTIATE_TEST_SUITE_P(Presets, Snapshot, ::testing::Values(Preset::kSmall, Preset::kDefault),
                         [](const auto& info) { return std::string(name(info.param)); });

}  // namespace
}  // namespace zext::rtl_sim
