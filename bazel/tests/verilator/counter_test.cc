#include "Vcounter.h"
#include "gtest/gtest.h"
#include "verilated.h"

namespace {

void tick(Vcounter& top) {
  top.clk_i = 1;
  top.eval();
  top.clk_i = 0;
  top.eval();
}

TEST(VerilatorLibrary, SimulatesWithTheGivenParameter) {
  VerilatedContext context;
  Vcounter top(&context);
  top.rst_ni = 0;
  tick(top);
  EXPECT_EQ(top.count_o, 0);
  top.rst_ni = 1;
  for (int i = 0; i < 5; ++i) tick(top);
  EXPECT_EQ(top.count_o, 15);
}

}  // namespace
