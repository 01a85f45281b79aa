// Instructions verified a second on straight-line code, on branches that meet again, and the time
// of loops by their number of rounds, which should not matter.
#include <benchmark/benchmark.h>

#include <string>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

void verify_text(benchmark::State& state, const std::string& text, const char* platform) {
  const auto code = ebpf::decode_program(*ebpf::assemble(text));
  uint64_t instructions = 0;
  for (auto _ : state) {
    const Verdict verdict = verify(*code, *find_platform(platform));
    if (verdict.outcome != Outcome::kAccepted) {
      state.SkipWithError(verdict.outcome == Outcome::kRejected ? "rejected" : "resource limit");
      return;
    }
    instructions += code->size();
    state.counters["steps"] = static_cast<double>(verdict.statistics.steps);
    state.counters["states"] = verdict.statistics.peak_states;
    state.counters["attempts"] = verdict.statistics.attempts;
  }
  state.counters["instructions/s"] =
      benchmark::Counter(static_cast<double>(instructions), benchmark::Counter::kIsRate);
}

std::string repeated(int64_t times, const std::string& text) {
  std::string result;
  for (int64_t i = 0; i < times; ++i) result += text;
  return result;
}

void BM_StraightLine(benchmark::State& state) {
  verify_text(state,
              "r0 = r2\n" +
                  repeated(state.range(0),
                           "r0 += 3\nr3 = r0\nr3 &= 255\n*(u64 *)(r10 - 8) = r3\nw0 ^= w3\n") +
                  "exit\n",
              "plain_memory");
}
BENCHMARK(BM_StraightLine)->Arg(100)->Arg(1000);

void BM_Branches(benchmark::State& state) {
  std::string text = "r0 = 0\nr6 = r2\n";
  for (int64_t i = 0; i < state.range(0); ++i) {
    const std::string label = "l" + std::to_string(i);
    text += "if r6 == " + std::to_string(i) + " goto " + label + "\nr0 = 1\n" + label + ":\n";
  }
  verify_text(state, text + "exit\n", "plain_memory");
}
BENCHMARK(BM_Branches)->Arg(10)->Arg(50)->Arg(100)->Arg(200);

void BM_Loop(benchmark::State& state) {
  verify_text(state,
              "r0 = 0\nl:\nr0 += 1\nif r0 != " + std::to_string(state.range(0)) + " goto l\nexit\n",
              "plain_memory");
}
BENCHMARK(BM_Loop)->Arg(10)->Arg(1000)->Arg(1'000'000);

void BM_SumBuffer(benchmark::State& state) {
  verify_text(state,
              "r0 = 0\nif r2 == 0 goto out\nl:\nr5 = *(u8 *)(r1 + 0)\nr0 += r5\nr1 += 1\n"
              "r2 += -1\nif r2 != 0 goto l\nout:\nexit\n",
              "plain_memory");
}
BENCHMARK(BM_SumBuffer);

}  // namespace
}  // namespace zext::verifier

BENCHMARK_MAIN();
