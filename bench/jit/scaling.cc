#include "bench/jit/scaling.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "bench/allocations/allocations.h"
#include "cli/input.h"
#include "cli/pipeline.h"
#include "cli/setting.h"
#include "isa/ebpf/encode.h"

namespace zext::bench {
namespace {

using object::Error;

constexpr size_t kRounds = 5;

struct Copied {
  std::vector<ebpf::Slot> slots;
  uint64_t instructions = 0;
};

std::expected<std::vector<Copied>, Error> read_kernels(std::span<const Kernel> kernels,
                                                       const std::string& folder) {
  std::vector<Copied> result;
  for (const Kernel& kernel : kernels) {
    const auto input = cli::read_input({.file = folder + kernel.name + ".bpf.o",
                                        .raw = false,
                                        .type = std::nullopt,
                                        .program = kernel.name});
    if (!input) return std::unexpected(input.error());
    const object::Program& program = input->object.programs.front();
    const auto code = cli::decode(program);
    if (!code) return std::unexpected(code.error());
    Copied copied{.slots = program.slots, .instructions = 0};
    for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) ++copied.instructions;
    result.push_back(std::move(copied));
  }
  return result;
}

// A call of each copy, an exit, and the copies.
std::vector<ebpf::Slot> program_of(std::span<const Copied> kernels, uint64_t length,
                                   uint64_t& instructions) {
  std::vector<size_t> chosen;
  instructions = 1;
  for (size_t i = 0; instructions < length; i = (i + 1) % kernels.size()) {
    chosen.push_back(i);
    instructions += kernels[i].instructions + 1;
  }
  std::vector<ebpf::Slot> slots;
  uint64_t entry = chosen.size() + 1;
  for (size_t call = 0; call < chosen.size(); ++call) {
    append({.op = ebpf::Op::kCallLocal, .imm = Bits<64>::of(entry - call - 1)}, slots);
    entry += kernels[chosen[call]].slots.size();
  }
  append({.op = ebpf::Op::kExit}, slots);
  for (const size_t i : chosen) {
    slots.insert(slots.end(), kernels[i].slots.begin(), kernels[i].slots.end());
  }
  return slots;
}

std::expected<ScalingPoint, Error> measure_length(std::span<const Copied> kernels,
                                                  uint64_t length) {
  using Clock = std::chrono::steady_clock;
  ScalingPoint point;
  object::Program program;
  program.name = "all kernels";
  program.slots = program_of(kernels, length, point.instructions);
  const auto code = cli::decode(program);
  if (!code) return std::unexpected(code.error());
  cli::Setting callable;
  for (const KernelHelper& known : kernel_helpers()) {
    callable.helpers.push_back(known.helper);
    callable.helpers.back().address = cli::kHelperAddress;
  }
  const auto each = static_cast<double>(point.instructions);
  std::array<double, kRounds> seconds{};
  for (double& round : seconds) {
    reset_peak();
    const auto start = Clock::now();
    const auto compiled = cli::compile_for(callable, program, *code, cli::kDefaultMarch);
    round = std::chrono::duration<double>(Clock::now() - start).count();
    if (!compiled) return std::unexpected(compiled.error());
    point.bytes = static_cast<double>(peak_bytes()) / each;
  }
  std::ranges::nth_element(seconds, seconds.begin() + kRounds / 2);
  point.nanoseconds = seconds[kRounds / 2] * 1e9 / each;
  return point;
}

}  // namespace

std::expected<std::vector<ScalingPoint>, Error> measure_scaling(std::span<const Kernel> kernels,
                                                                const std::string& folder,
                                                                std::span<const uint64_t> lengths) {
  const auto copied = read_kernels(kernels, folder);
  if (!copied) return std::unexpected(copied.error());
  std::vector<ScalingPoint> points;
  for (const uint64_t length : lengths) {
    const auto point = measure_length(*copied, length);
    if (!point) return std::unexpected(point.error());
    points.push_back(*point);
  }
  return points;
}

}  // namespace zext::bench
