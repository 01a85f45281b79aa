// The bench programs end with the right results, in no more cycles than they should take.
#include <string>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/test_files.h"

namespace zext::rtl_sim {
namespace {

struct Bound {
  const char* program;
  Preset preset;
  double cpi;  // a little above what was measured when the bound was set
};

class Bench : public ::testing::TestWithParam<Bound> {};

TEST_P(Bench, IsRightAndFast) {
  const Bound& bound = GetParam();
  auto model = Model::create({.preset = bound.preset});
  ASSERT_TRUE(model) << model.error().message();
  const std::string file = std::string("rtl_sim/core/bench/") + bound.program + ".elf";
  ASSERT_TRUE(model->load(read_image(file)));
  const Outcome outcome = model->run(10'000'000);
  ASSERT_EQ(outcome.stop, Outcome::Stop::kExited) << outcome.hang;
  EXPECT_EQ(outcome.exit_code, 0);
  const double cpi =
      static_cast<double>(outcome.cycles) / static_cast<double>(outcome.instructions);
  EXPECT_LE(cpi, bound.cpi);
  // More than the lanes can do would be a fault of the counters.
  EXPECT_GE(cpi, bound.preset == Preset::kDefault ? 0.5 : 1.0);
}

INSTANTIATE_TEST_SUITE_P(
    Core, Bench,
    ::testing::Values(
        Bound{"automaton", Preset::kDefault, 0.71}, Bound{"automaton", Preset::kSingle, 1.10},
        Bound{"crc", Preset::kDefault, 0.79}, Bound{"crc", Preset::kSingle, 1.02},
        Bound{"list", Preset::kDefault, 0.75}, Bound{"list", Preset::kSingle, 1.06},
        Bound{"mark", Preset::kDefault, 0.79}, Bound{"mark", Preset::kSingle, 1.10},
        Bound{"matrix", Preset::kDefault, 0.74}, Bound{"matrix", Preset::kSingle, 1.03},
        Bound{"records", Preset::kDefault, 0.67}, Bound{"records", Preset::kSingle, 1.07},
        Bound{"sort", Preset::kDefault, 0.70}, Bound{"sort", Preset::kSingle, 1.08},
        Bound{"strings", Preset::kDefault, 1.50}, Bound{"strings", Preset::kSingle, 1.90}),
    [](const auto& info) {
      return std::string(info.param.program) + "_" + name(info.param.preset);
    });

}  // namespace
}  // namespace zext::rtl_sim
