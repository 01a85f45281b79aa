// The bench programs end with the right results, in no more cycles than they should take.
#include <string>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/test_files.h"

namespace zext::rtl_sim {
namespace {

struct Bound {
  const char* program;
  double cpi;  // a little above what was measured when the bound was set
};

class Bench : public ::testing::TestWithParam<Bound> {};

TEST_P(Bench, IsRightAndFast) {
  auto model = Model::create();
  ASSERT_TRUE(model) << model.error().message();
  const std::string file = std::string("rtl_sim/core/bench/") + GetParam().program + ".elf";
  ASSERT_TRUE(model->load(read_image(file)));
  const Outcome outcome = model->run(10'000'000);
  ASSERT_EQ(outcome.stop, Outcome::Stop::kExited) << outcome.hang;
  EXPECT_EQ(outcome.exit_code, 0);
  const double cpi =
      static_cast<double>(outcome.cycles) / static_cast<double>(outcome.instructions);
  EXPECT_LE(cpi, GetParam().cpi);
  // More than one a cycle would be a fault of the counters.
  EXPECT_GE(cpi, 1.0);
}

INSTANTIATE_TEST_SUITE_P(Core, Bench,
                         ::testing::Values(Bound{"automaton", 1.19}, Bound{"crc", 1.05},
                                           Bound{"list", 1.14}, Bound{"matrix", 1.05},
                                           Bound{"sort", 1.17}, Bound{"strings", 2.1}),
                         [](const auto& info) { return std::string(info.param.program); });

}  // namespace
}  // namespace zext::rtl_sim
