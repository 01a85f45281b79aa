#include "bench/verifier/sample.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "bench/allocations/allocations.h"
#include "verifier/verify.h"

namespace zext::bench {

Sample measure(const verifier::Subject& subject, const verifier::Options& options,
               const Repetition& repetition) {
  using Clock = std::chrono::steady_clock;
  Sample sample;
  for (uint32_t pc = 0; pc < subject.code.size(); pc = subject.code.next(pc)) ++sample.instructions;
  std::vector<double> times;
  double spent = 0;
  do {
    reset_peak();
    const auto start = Clock::now();
    const verifier::Verdict verdict = verify(subject, options);
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    sample.bytes = peak_bytes();
    sample.accepted = verdict.outcome == verifier::Outcome::kAccepted;
    sample.steps = verdict.statistics.steps;
    spent += times.back() / 1000;
  } while (times.size() < repetition.rounds && spent < repetition.seconds);
  sample.milliseconds = quantile(std::move(times), 0.5);
  return sample;
}

double quantile(std::vector<double> values, double fraction) {
  std::ranges::sort(values);
  const double rank = std::ceil(fraction * static_cast<double>(values.size())) - 1;
  return values[static_cast<size_t>(std::max(rank, 0.0))];
}

}  // namespace zext::bench
