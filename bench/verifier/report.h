// All figures together: as tables, as JSON, as plots.
//
//   const Figures figures{.corpus = measure_corpus({}), ...};
//   fmt::print("{}", text(figures));
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/verifier/corpus.h"
#include "bench/verifier/growth.h"
#include "bench/verifier/sample.h"

namespace zext::bench {

// What the verifier has to reach.
inline constexpr double kTargetMedian = 0.5;      // milliseconds for a program
inline constexpr double kTarget99 = 20;           // the 99th percentile
inline constexpr double kTargetRate = 2e6;        // straight-line instructions a second
inline constexpr double kTargetBytes = 64 << 20;  // for a program of kMemoryLength
inline constexpr uint64_t kMemoryLength = 5000;   // instructions

struct Figures {
  std::vector<CorpusSet> corpus;
  std::vector<Growth> growth;
  std::vector<Sample> memory;  // of programs of kMemoryLength
  std::string why_not_linux;   // empty: it was asked
};

// Median, 99th percentile and greatest of something.
struct Spread {
  double median = 0;
  double high = 0;
  double worst = 0;
};

struct SetSummary {
  size_t programs = 0;
  size_t accepted = 0;
  Spread milliseconds;
  Spread microseconds_each;  // for an instruction of the program
  Spread bytes;
  Spread bytes_each;
  Spread prepare;
  double rate = 0;  // instructions explored a second, over all programs
  std::string slowest;
  std::string largest;
  // Of the programs that Linux accepts: how long it takes, and we for the same.
  size_t timed_by_linux = 0;
  Spread linux_milliseconds;
  Spread ours;
};

// At least one sample.
SetSummary summarize(const CorpusSet& set);

// Instructions a second on the longest straight-line program.
double straight_line_rate(const std::vector<Growth>& growth);

std::string text(const Figures& figures);
nlohmann::json json(const Figures& figures);
// The text of SVG files, by name.
std::map<std::string, std::string> plots(const Figures& figures);

}  // namespace zext::bench
