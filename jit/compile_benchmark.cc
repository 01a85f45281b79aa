// How fast the baseline tier compiles, and how long its code is.
//
//   bazel run -c opt //jit:compile_benchmark
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "jit/compile.h"

namespace zext::jit {
namespace {

// A mixture as in compiled programs: a hash over a buffer with bounds checks and a spill.
constexpr const char* kKernel = R"(
    r3 = r1
    r3 += r2
    r0 = 0
    w4 = 0x9e3779b9
  next:
    r5 = r1
    r5 += 8
    if r5 > r3 goto done
    w6 = *(u32 *)(r1 + 0)
    w7 = *(u8 *)(r1 + 4)
    w4 ^= w6
    w4 *= 0x85ebca6b
    w6 = w4
    w6 >>= 13
    w4 ^= w6
    *(u64 *)(r10 - 8) = r4
    r0 += r4
    if w7 == 0 goto skip
    r0 ^= r7
    r8 = *(u64 *)(r10 - 8)
    r8 <<= 3
    r0 += r8
  skip:
    r1 += 8
    r0 &= 0x7fffffff
    if r0 s< 7 goto next
    goto next
  done:
    exit
)";

ebpf::Code repeated(unsigned copies) {
  const auto kernel = *ebpf::assemble(kKernel);
  std::vector<ebpf::Slot> program;
  for (unsigned i = 0; i < copies; ++i) program.insert(program.end(), kernel.begin(), kernel.end());
  return *ebpf::decode_program(program);
}

void run(benchmark::State& state, const ebpf::Code& code, Extensions extensions) {
  size_t bytes = 0;
  for (auto _ : state) {
    const auto compiled = compile(code, {.extensions = extensions});
    bytes = compiled->bytes.size();
    benchmark::DoNotOptimize(compiled);
  }
  uint64_t instructions = 0;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) ++instructions;
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * instructions));
  state.counters["bytes/insn"] = static_cast<double>(bytes) / static_cast<double>(instructions);
}

void BM_Kernel(benchmark::State& state) {
  run(state, repeated(static_cast<unsigned>(state.range(0))), kRv64gc);
}
BENCHMARK(BM_Kernel)->Arg(1)->Arg(100)->Arg(30'000)->Unit(benchmark::kMicrosecond);

void BM_KernelBitManipulation(benchmark::State& state) {
  run(state, repeated(static_cast<unsigned>(state.range(0))),
      kRv64gc | Extensions{rv64::Extension::kZba, rv64::Extension::kZbb, rv64::Extension::kZbs});
}
BENCHMARK(BM_KernelBitManipulation)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace zext::jit

BENCHMARK_MAIN();
