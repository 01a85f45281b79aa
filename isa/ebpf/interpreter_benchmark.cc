// Instructions a second of the interpreter:
//   bazel run -c opt //isa/ebpf:interpreter_benchmark
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/interpreter.h"

namespace zext::ebpf {
namespace {

Code code_of(const char* text) {
  const auto slots = assemble(text);
  if (!slots) {
    std::fprintf(stderr, "%s\n", describe(slots.error()).c_str());
    std::abort();
  }
  return decode_program(*slots).value();
}

void measure(benchmark::State& state, const char* text, const Environment& environment = {}) {
  const Code code = code_of(text);
  std::vector<uint8_t> buffer(4096, 1);
  Memory memory;
  memory.add({.base = 0x10000, .bytes = buffer});
  uint64_t instructions = 0;
  for (auto _ : state) {
    const auto result = run(code, memory, {0x10000, 100'000}, environment);
    if (!result) {
      state.SkipWithError(describe(result.error()).c_str());
      return;
    }
    instructions += result->instructions;
  }
  state.counters["instructions"] =
      benchmark::Counter(static_cast<double>(instructions), benchmark::Counter::kIsRate);
}

constexpr const char* kAlu = R"(
    r0 = 0
  loop:
    r0 += r2
    r0 ^= 0x55
    r3 = r0
    r3 <<= 3
    r0 += r3
    w4 = w0
    w4 *= 7
    r2 -= 1
    if r2 != 0 goto loop
    exit)";

constexpr const char* kMemory = R"(
    r0 = 0
  loop:
    r3 = *(u64 *)(r1 + 8)
    r0 += r3
    *(u64 *)(r10 - 8) = r0
    w4 = *(u8 *)(r1 + 3)
    *(u32 *)(r1 + 16) = w4
    r2 -= 1
    if r2 != 0 goto loop
    exit)";

constexpr const char* kDivision = R"(
    r0 = 0x123456789abcdef ll
  loop:
    r3 = r0
    r3 /= r2
    r3 s%= 77
    r0 += r3
    r2 -= 1
    if r2 != 0 goto loop
    exit)";

constexpr const char* kCalls = R"(
    r6 = r2
  loop:
    call leaf
    r6 -= 1
    if r6 != 0 goto loop
    exit
  leaf:
    r0 += 1
    exit)";

void BM_Alu(benchmark::State& state) { measure(state, kAlu); }
BENCHMARK(BM_Alu);

void BM_Memory(benchmark::State& state) { measure(state, kMemory); }
BENCHMARK(BM_Memory);

void BM_Division(benchmark::State& state) { measure(state, kDivision); }
BENCHMARK(BM_Division);

void BM_LocalCalls(benchmark::State& state) { measure(state, kCalls); }
BENCHMARK(BM_LocalCalls);

void BM_AluTraced(benchmark::State& state) {
  uint64_t steps = 0;
  const Trace trace{
      .step = [](void* context, uint32_t, const Registers&) { ++*static_cast<uint64_t*>(context); },
      .context = &steps};
  measure(state, kAlu, {.trace = trace});
}
BENCHMARK(BM_AluTraced);

void BM_DecodeProgram(benchmark::State& state) {
  const auto slots = assemble(kAlu).value();
  for (auto _ : state) benchmark::DoNotOptimize(decode_program(slots));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(slots.size()));
}
BENCHMARK(BM_DecodeProgram);

}  // namespace
}  // namespace zext::ebpf

BENCHMARK_MAIN();
