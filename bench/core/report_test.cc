#include "bench/core/report.h"

#include "gtest/gtest.h"

namespace zext::bench {
namespace {

using rtl_sim::Lost;

PresetFigures figures() {
  Run one{.name = "one", .instructions = 1000, .cycles = 800, .simulated = 800, .seconds = 0.001};
  one.lost[static_cast<size_t>(Lost::kDivide)] = 40;
  one.lost[static_cast<size_t>(Lost::kMispredict)] = 160;
  Run two{.name = "two", .instructions = 50, .cycles = 100, .simulated = 200, .seconds = 0.0};
  two.lost[static_cast<size_t>(Lost::kDivide)] = 50;
  return {.preset = "default",
          .runs = {one, two},
          .kernels = {{.name = "gcd", .instructions = 100, .cycles = 200},
                      {.name = "mix", .instructions = 300, .cycles = 150}}};
}

TEST(Text, HasALineForEachProgram) {
  EXPECT_EQ(
      text(figures()),
      "preset default\n"
      "program        instructions      cycles     CPI  paired   cycles lost to\n"
      "one                    1000         800   0.800   50.0%   20.0% mispredict, 5.0% division\n"
      "two                      50         100   2.000    0.0%   50.0% division\n"
      "geometric mean                            1.265\n"
      "JIT's code, 2 kernels: CPI 1.000 (geometric mean), 0.875 (all cycles); the highest: "
      "gcd 2.00, mix 0.50\n"
      "simulated at 1.00 MHz\n");
}

TEST(Text, LeavesOutWhatIsNotThere) {
  EXPECT_EQ(text({.preset = "small", .runs = {}}),
            "preset small\n"
            "program        instructions      cycles     CPI  paired   cycles lost to\n"
            "geometric mean                            0.000\n"
            "simulated at 0.00 MHz\n");
}

TEST(Json, HasEverything) {
  const auto value = json(figures());
  EXPECT_EQ(value["preset"], "default");
  EXPECT_EQ(value["programs"][0]["paired"], 400);
  EXPECT_EQ(value["programs"][0]["lost"]["mispredict"], 160);
  EXPECT_EQ(value["programs"][1]["lost"].size(), 1u);
  EXPECT_EQ(value["kernels"][1]["name"], "mix");
  EXPECT_DOUBLE_EQ(value["megahertz"], 1.0);
}

}  // namespace
}  // namespace zext::bench
