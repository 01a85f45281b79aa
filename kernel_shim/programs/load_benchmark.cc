// What BPF_PROG_LOAD takes, in process: probes of two instructions as `bpftool feature probe` makes
// them by thousands, accepted and refused, with and without a log; and a larger program.
#include <benchmark/benchmark.h>

#include <string>

#include "kernel_shim/programs/testing/loads.h"

namespace zext::shim {
namespace {

void run(benchmark::State& state, const LoadText& program) {
  Loads loads;
  Loads::Prepared prepared = Loads::prepare(program);
  for (auto _ : state) {
    const long fd = loads.load_prepared(prepared);
    if (fd >= 0) loads.close(fd);
    benchmark::DoNotOptimize(fd);
  }
}

void BM_Accepted(benchmark::State& state) { run(state, {.text = "call 5\nexit\n"}); }
BENCHMARK(BM_Accepted);

void BM_Refused(benchmark::State& state) { run(state, {.text = "call 1\nexit\n"}); }
BENCHMARK(BM_Refused);

void BM_RefusedWithALog(benchmark::State& state) {
  run(state, {.text = "call 1\nexit\n", .level = 1, .room = 4096});
}
BENCHMARK(BM_RefusedWithALog);

void BM_UnknownHelperWithALog(benchmark::State& state) {
  run(state, {.text = "call 4711\nexit\n", .level = 1, .room = 4096});
}
BENCHMARK(BM_UnknownHelperWithALog);

void BM_ThousandInstructions(benchmark::State& state) {
  std::string text = "r0 = 0\n";
  for (int i = 0; i < 333; ++i) text += "r0 += 3\nr0 ^= 5\n*(u64 *)(r10 - 8) = r0\n";
  run(state, {.text = text + "exit\n"});
}
BENCHMARK(BM_ThousandInstructions);

}  // namespace
}  // namespace zext::shim

BENCHMARK_MAIN();
