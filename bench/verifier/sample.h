// What verifying one program costs: time, instructions explored, memory.
//
//   const Sample sample = measure(subject, {}, {.rounds = 5});
//   sample.milliseconds, sample.bytes
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verifier/options.h"
#include "verifier/subject.h"

namespace zext::bench {

// How often something is measured: so many times, but not again once it has taken that long.
struct Repetition {
  unsigned rounds = 5;
  double seconds = 0.5;
};

struct Sample {
  std::string name;
  uint64_t instructions = 0;
  bool accepted = false;
  double milliseconds = 0;  // of verify(): the median of the rounds
  uint64_t steps = 0;       // instructions explored
  uint64_t bytes = 0;       // the most that verify() held at once
  double prepare = 0;       // milliseconds for making the subject; 0: not from an object
  std::optional<double> linux_milliseconds = {};  // the running kernel's own
};

// At least one round. It has no name yet.
Sample measure(const verifier::Subject& subject, const verifier::Options& options,
               const Repetition& repetition);

// The value that this fraction of the values is not above; 0.5: the median, 1: the greatest. At
// least one value.
double quantile(std::vector<double> values, double fraction);

}  // namespace zext::bench
