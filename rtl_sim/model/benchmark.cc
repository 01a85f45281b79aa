// Simulated speed and cycles per instruction of the core on its bench programs.
#include "benchmark/benchmark.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rtl_sim/model/model.h"

namespace zext::rtl_sim {
namespace {

void run_program(benchmark::State& state, const std::string& name) {
  std::ifstream file("rtl_sim/core/bench/" + name + ".elf", std::ios::binary);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto image = load_elf(bytes);
  if (!image) return state.SkipWithError(image.error().message().c_str());
  auto model = Model::create();
  if (!model) return state.SkipWithError(model.error().message().c_str());

  Outcome outcome;
  uint64_t cycles = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto loaded = model->load(*image);
    state.ResumeTiming();
    if (!loaded) return state.SkipWithError(loaded.error().message().c_str());
    outcome = model->run(100'000'000);
    if (!outcome.passed()) return state.SkipWithError("the program failed");
    cycles += outcome.cycles;
  }
  state.counters["kHz"] =
      benchmark::Counter(static_cast<double>(cycles) / 1e3, benchmark::Counter::kIsRate);
  state.counters["CPI"] =
      static_cast<double>(outcome.cycles) / static_cast<double>(outcome.instructions);
  state.counters["instructions"] = static_cast<double>(outcome.instructions);
}

BENCHMARK_CAPTURE(run_program, automaton, "automaton");
BENCHMARK_CAPTURE(run_program, crc, "crc");
BENCHMARK_CAPTURE(run_program, list, "list");
BENCHMARK_CAPTURE(run_program, matrix, "matrix");
BENCHMARK_CAPTURE(run_program, sort, "sort");
BENCHMARK_CAPTURE(run_program, strings, "strings");

}  // namespace
}  // namespace zext::rtl_sim

BENCHMARK_MAIN();
