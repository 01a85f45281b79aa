// What compiling costs for longer and longer programs: time and memory for an eBPF instruction.
//
//   auto points = measure_scaling(kernels(), "bench/jit/", {10'000, 100'000, 1'000'000});
//   (*points)[0].nanoseconds      // for each instruction of the first program
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "bench/jit/kernels.h"
#include "object/error.h"

namespace zext::bench {

struct ScalingPoint {
  uint64_t instructions = 0;
  double nanoseconds = 0;  // for one instruction, on one core: the median of several compilations
  // Of memory for one instruction: the most that was held at once, the code itself and what it is
  // made in included, the decoded program not.
  double bytes = 0;
};

// A program of at least each of these lengths: the kernels again and again, as functions that its
// main function calls. `folder` as for measure(). Errors: kernels that cannot be read or compiled.
std::expected<std::vector<ScalingPoint>, object::Error> measure_scaling(
    std::span<const Kernel> kernels, const std::string& folder, std::span<const uint64_t> lengths);

}  // namespace zext::bench
