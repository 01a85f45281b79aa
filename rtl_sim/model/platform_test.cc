// CLINT, PLIC, UART and HTIF by the programs of rtl_sim/soc/tests, on each preset.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/test_files.h"

namespace zext::rtl_sim {
namespace {

// Bytes 1 to 3 are the levels of three interrupt lines; this is one of them.
class Line : public Device {
 public:
  std::optional<uint64_t> read(uint64_t /*offset*/, unsigned bytes) override {
    if (bytes != 1) return std::nullopt;
    return level_ ? 1 : 0;
  }
  bool write(uint64_t /*offset*/, unsigned bytes, uint64_t value) override {
    level_ = (value & 1) != 0;
    return bytes == 1;
  }
  bool interrupt() const override { return level_; }
  void reset() override { level_ = false; }

 private:
  bool level_ = false;
};

class Platform : public ::testing::TestWithParam<Preset> {
 protected:
  static Model make(ModelConfig config = {}) {
    config.preset = GetParam();
    config.memory.size = 1 << 20;
    auto model = Model::create(config);
    EXPECT_TRUE(model) << model.error().message();
    return std::move(*model);
  }

  static Image image(const std::string& name) {
    return read_image("rtl_sim/soc/tests/" + name + ".elf");
  }

  static void expect_pass(const Outcome& outcome) {
    EXPECT_EQ(outcome.stop, Outcome::Stop::kExited) << outcome.hang;
    EXPECT_EQ(outcome.exit_code, 0) << "case " << (outcome.exit_code & 0x3ff)
                                    << (outcome.exit_code & 0x400 ? ": unexpected trap" : "");
  }
};

TEST_P(Platform, Clint) {
  Model model = make();
  ASSERT_TRUE(model.load(image("clint")));
  expect_pass(model.run(200'000));
}

TEST_P(Platform, Plic) {
  ModelConfig config;
  for (unsigned source : {1, 2, 3}) {
    config.devices.push_back({.range = {.base = 0x4000'0000 + source, .size = 1},
                              .device = std::make_shared<Line>(),
                              .source = source});
  }
  Model model = make(config);
  ASSERT_TRUE(model.load(image("plic")));
  expect_pass(model.run(200'000));
}

TEST_P(Platform, Uart) {
  std::string seen;
  ModelConfig config;
  config.console = [&](std::string_view text) { seen += text; };
  Model model = make(config);
  ASSERT_TRUE(model.load(image("uart")));
  // Waits for input, and says so.
  const Outcome waiting = model.run(20'000);
  EXPECT_EQ(waiting.stop, Outcome::Stop::kCycleLimit);
  EXPECT_NE(waiting.hang.find("wait for interrupt"), std::string::npos) << waiting.hang;
  EXPECT_EQ(model.console(), "ready\n");
  model.send_console("abc");
  model.run(20'000);
  EXPECT_EQ(model.console(), "ready\nabc");
  model.send_console("d.");
  expect_pass(model.run(200'000));
  EXPECT_EQ(model.console(), "ready\nabcd.");
  EXPECT_EQ(seen, model.console());
}

TEST_P(Platform, Htif) {
  Model model = make();
  ASSERT_TRUE(model.load(image("htif")));
  EXPECT_EQ(model.run(50'000).stop, Outcome::Stop::kCycleLimit);
  EXPECT_EQ(model.console(), "Hi you,\n");
  model.send_console("x");
  expect_pass(model.run(50'000));
}

// The same, when every retirement is looked at.
TEST_P(Platform, HtifStepByStep) {
  Model model = make();
  ASSERT_TRUE(model.load(image("htif")));
  model.send_console("x");
  uint64_t order = 0;
  while (!model.exited()) {
    const auto retired = model.retire(10'000);
    ASSERT_TRUE(retired);
    ASSERT_EQ(retired->order, order++);
    ASSERT_LT(order, 50'000);
  }
  EXPECT_EQ(model.exited(), 0);
  EXPECT_EQ(model.instructions(), order);
  EXPECT_EQ(model.console(), "Hi you,\n");
}

// Without somebody who serves it, a program waits at its first request.
TEST_P(Platform, HtifIsNotServedUnlessWanted) {
  ModelConfig config;
  config.serve_htif = false;
  Model model = make(config);
  ASSERT_TRUE(model.load(image("htif")));
  const Outcome outcome = model.run(50'000);
  EXPECT_EQ(outcome.stop, Outcome::Stop::kHtifRequest);
  EXPECT_EQ(outcome.tohost, 0x0101'0000'0000'0048);
  EXPECT_EQ(model.console(), "");
}

INSTANTIATE_TEST_SUITE_P(Presets, Platform, ::testing::Values(Preset::kSmall, Preset::kDefault),
                         [](const auto& info) { return std::string(name(info.param)); });

}  // namespace
}  // namespace zext::rtl_sim
