// What a run costs: PROG_TEST_RUN a second, runs by the interpreter, calls of helpers, map lookups.
//   bazel run -c opt //kernel_shim/programs:test_run_benchmark
#include <benchmark/benchmark.h>

#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/test_run_testing.h"

namespace zext::shim {
namespace {

class Bench : public TestRunTest {
 public:
  void TestBody() override {}
  using ProgramTest::kernel_;
  using ProgramTest::load;
  using ProgramTest::map;
  using ProgramTest::program;
  using TestRunTest::test_run;
};

// As many PROG_TEST_RUN as there are iterations, each of one run.
void test_runs(benchmark::State& state, uint32_t type) {
  Bench bench;
  Program& program = bench.program("r0 = 1\n exit", type);
  Trial trial{.data_in = frame(64), .data_out = Bytes(64)};
  for (auto _ : state) {
    if (bench.test_run(program, trial) != 0) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_TestRunSocketFilter(benchmark::State& state) {
  test_runs(state, BPF_PROG_TYPE_SOCKET_FILTER);
}
BENCHMARK(BM_TestRunSocketFilter);

void BM_TestRunXdp(benchmark::State& state) { test_runs(state, BPF_PROG_TYPE_XDP); }
BENCHMARK(BM_TestRunXdp);

// Runs without anything around them.
void BM_Run(benchmark::State& state) {
  Bench bench;
  Program& program = bench.program("r0 = 1\n exit");
  const ReadSection section(bench.kernel_);
  for (auto _ : state) {
    Run run{.kernel = bench.kernel_, .program = &program};
    benchmark::DoNotOptimize(program_run(bench.kernel_, program, run));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Run);

// What one round of 1,000 costs; `set_up` is before, `body` in the loop.
void rounds(benchmark::State& state, Bench& bench, const std::string& set_up,
            const std::string& body) {
  Program& program = bench.program(set_up + "r9 = 1000\n loop:\n" + body + R"(
      r9 -= 1
      if r9 != 0 goto loop
      r0 = 0
      exit)");
  const ReadSection section(bench.kernel_);
  for (auto _ : state) {
    Run run{.kernel = bench.kernel_, .program = &program};
    benchmark::DoNotOptimize(program_run(bench.kernel_, program, run));
  }
  state.SetItemsProcessed(1000 * state.iterations());
}

void BM_EmptyRound(benchmark::State& state) {
  Bench bench;
  rounds(state, bench, "", "r0 = 1");
}
BENCHMARK(BM_EmptyRound);

void BM_HelperCall(benchmark::State& state) {
  Bench bench;
  rounds(state, bench, "", "call 8");
}
BENCHMARK(BM_HelperCall);

void lookups(benchmark::State& state, uint32_t type) {
  Bench bench;
  Map& map = bench.map({.type = type, .key_size = 4, .value_size = 8, .max_entries = 1024});
  const uint32_t key = 7;
  const uint64_t value = 1;
  map_update_value(bench.kernel_, map, &key, &value, BPF_ANY);
  rounds(state, bench, Bench::load(6, &map) + "*(u32 *)(r10 - 4) = 7\n",
         "r1 = r6\n r2 = r10\n r2 += -4\n call 1");
}
void BM_ArrayLookup(benchmark::State& state) { lookups(state, BPF_MAP_TYPE_ARRAY); }
BENCHMARK(BM_ArrayLookup);
void BM_HashLookup(benchmark::State& state) { lookups(state, BPF_MAP_TYPE_HASH); }
BENCHMARK(BM_HashLookup);

void BM_Callback(benchmark::State& state) {
  Bench bench;
  Program& program = bench.program(R"(
      r1 = 1000
      ld_pseudo r2, 4, each
      r3 = 0
      r4 = 0
      call 181
      exit
    each:
      r0 = 0
      exit)");
  const ReadSection section(bench.kernel_);
  for (auto _ : state) {
    Run run{.kernel = bench.kernel_, .program = &program};
    benchmark::DoNotOptimize(program_run(bench.kernel_, program, run));
  }
  state.SetItemsProcessed(1000 * state.iterations());
}
BENCHMARK(BM_Callback);

}  // namespace
}  // namespace zext::shim

BENCHMARK_MAIN();
