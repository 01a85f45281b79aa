// The figures of one preset as tables and as JSON.
//
//   fmt::print("{}", text({.preset = "small", .runs = runs, .kernels = kernels}));
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/core/measure.h"

namespace zext::bench {

// One of the JIT's kernels, as our code for it with Zba, Zbb and Zbs.
struct KernelRun {
  std::string name;
  uint64_t instructions = 0;
  uint64_t cycles = 0;
};

struct PresetFigures {
  std::string preset;
  std::vector<Run> runs;
  std::vector<KernelRun> kernels = {};
};

// A line for each program: instructions, cycles, CPI, the share of cycles that retired two, and the
// shares that were lost, by cause (those that a program lost 0.05% of its cycles to). Below that
// the kernels' CPI and the speed of simulation.
std::string text(const PresetFigures& figures);

nlohmann::json json(const PresetFigures& figures);

}  // namespace zext::bench
