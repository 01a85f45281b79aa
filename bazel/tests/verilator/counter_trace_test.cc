#include <cstdio>
#include <fstream>
#include <string>

#include "Vcounter.h"
#include "gtest/gtest.h"
#include "verilated.h"
#include "verilated_fst_c.h"

namespace {

TEST(VerilatorLibrary, WritesWaveformsAndTakesDefines) {
  const std::string file = ::testing::TempDir() + "/counter.fst";
  VerilatedContext context;
  context.traceEverOn(true);
  Vcounter top(&context);
  VerilatedFstC trace;
  top.trace(&trace, 99);
  trace.open(file.c_str());
  top.rst_ni = 0;
  for (uint64_t time = 0; time < 100; ++time) {
    top.clk_i = time & 1;
    if (time == 4) top.rst_ni = 1;
    top.eval();
    trace.dump(time);
  }
  trace.close();
  EXPECT_EQ(top.count_o, 5 + 48);

  std::ifstream in(file, std::ios::binary | std::ios::ate);
  EXPECT_GT(in.tellg(), 100);
  std::remove(file.c_str());
}

}  // namespace
