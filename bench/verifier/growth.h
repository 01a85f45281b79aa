// How the cost of verifying grows: families of programs by one number each.
//
//   for (const Growth& growth : measure_growth({.largest = 10'000})) {
//     exponent(growth)      // of time: 1 where twice the size takes twice the time
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/verifier/sample.h"

namespace zext::bench {

struct GrowthPoint {
  uint64_t size = 0;
  Sample sample;
};

struct Growth {
  std::string name;  // "straight-line"
  std::string unit;  // what `size` counts: "instructions"
  std::vector<GrowthPoint> points;
};

struct GrowthOptions {
  uint64_t largest = 1'000'000;  // sizes beyond are left out
  Repetition repetition = {};
};

// Throws when a family's text is no program.
std::vector<Growth> measure_growth(const GrowthOptions& options);

// Programs of different kinds with some so many instructions, for their memory.
std::vector<Sample> measure_memory(uint64_t instructions, const Repetition& repetition);

// The slope of the logarithm of time against that of size. At least two points.
double exponent(const Growth& growth);

}  // namespace zext::bench
