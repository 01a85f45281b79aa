// The load and store unit: random accesses against flat memory, and how many cycles things take.
#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtl_sim/core/testbench/lsu_bench.h"
#include "rtl_sim/core/testbench/lsu_random.h"

namespace lsu {
namespace {

struct Setting {
  const char* name;
  Behaviour behaviour;
};

class Random : public testing::TestWithParam<Setting> {};

TEST_P(Random, AgreesWithFlatMemory) {
  unsigned accesses = 0;
  unsigned faults = 0;
  for (uint32_t seed = 1; seed <= LSU_SEEDS; ++seed) {
    Bench bench(seed);
    bench.behaviour = GetParam().behaviour;
    RandomProgram program(bench, seed);
    program.prepare();
    for (unsigned round = 0; round < 40; ++round) {
      program.change_context();
      for (unsigned i = 0; i < 200; ++i) {
        bench.issue(program.access());
        if (i % 100 == 37) bench.compare_overlay();
      }
      if (round % 4 == 0) bench.clean();
    }
    bench.drain();
    bench.clean();
    ASSERT_FALSE(bench.failed()) << "seed " << seed;
    accesses += bench.outcomes.size();
    for (const Outcome& outcome : bench.outcomes) faults += outcome.fault ? 1 : 0;
  }
  EXPECT_GT(accesses, 2000 * LSU_SEEDS);
  EXPECT_GT(faults, accesses / 50);
  EXPECT_LT(faults, accesses / 2);
}

INSTANTIATE_TEST_SUITE_P(
    Lsu, Random,
    testing::Values(
        Setting{"Plain", {}}, Setting{"Slow", {.min_latency = 20, .max_latency = 20}},
        Setting{"Kills", {.min_latency = 1, .max_latency = 6, .hold = 10, .kill = 20}},
        Setting{"Everything",
                {.min_latency = 1,
                 .max_latency = 30,
                 .gap = 30,
                 .hold = 20,
                 .kill = 5,
                 .late_kill = 2,
                 .fetch_walk = 50,
                 .clear = 1}},
        Setting{"LateKills",
                {.min_latency = 1, .max_latency = 10, .gap = 10, .kill = 2, .late_kill = 10}}),
    [](const testing::TestParamInfo<Setting>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lsu
