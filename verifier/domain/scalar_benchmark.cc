// Nanoseconds of the operations a verifier spends its time in:
//   bazel run -c opt //verifier/domain:scalar_benchmark
#include <benchmark/benchmark.h>

#include "verifier/domain/scalar.h"

namespace zext::verifier {
namespace {

using ebpf::AluOp;
using ebpf::JumpOp;
using S = Scalar<Bits<64>>;

S operand(uint64_t lo, uint64_t hi) { return S::range(Bits<64>::of(lo), Bits<64>::of(hi)); }

void run_alu(benchmark::State& state, AluOp op, unsigned width) {
  S a = operand(3, 1000);
  S b = operand(1, 60);
  for (auto _ : state) {
    benchmark::DoNotOptimize(a);
    benchmark::DoNotOptimize(b);
    S r = alu(op, width, a, b);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK_CAPTURE(run_alu, add64, AluOp::kAdd, 64);
BENCHMARK_CAPTURE(run_alu, add32, AluOp::kAdd, 32);
BENCHMARK_CAPTURE(run_alu, and64, AluOp::kAnd, 64);
BENCHMARK_CAPTURE(run_alu, lsh64, AluOp::kLsh, 64);
BENCHMARK_CAPTURE(run_alu, mul64, AluOp::kMul, 64);
BENCHMARK_CAPTURE(run_alu, mod64, AluOp::kMod, 64);
BENCHMARK_CAPTURE(run_alu, mov64, AluOp::kMov, 64);

void run_reduce(benchmark::State& state) {
  S a = operand(3, 1000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(a);
    S r = reduce(a);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(run_reduce);

void run_assume(benchmark::State& state) {
  S a = operand(3, 1000);
  S b = operand(1, 60);
  for (auto _ : state) {
    benchmark::DoNotOptimize(a);
    benchmark::DoNotOptimize(b);
    Refined<Bits<64>> r = assume(JumpOp::kJlt, 64, a, b, true);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(run_assume);

void run_join(benchmark::State& state) {
  S a = operand(3, 1000);
  S b = operand(1, 60);
  for (auto _ : state) {
    benchmark::DoNotOptimize(a);
    benchmark::DoNotOptimize(b);
    S r = join(a, b);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(run_join);

}  // namespace
}  // namespace zext::verifier

BENCHMARK_MAIN();
