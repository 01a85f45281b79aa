// What verifying the programs of tests/corpus costs.
//
//   for (const CorpusSet& set : measure_corpus({.all_builds = true})) quantile(...)
#pragma once

#include <string>
#include <vector>

#include "bench/verifier/sample.h"

namespace zext::bench {

struct CorpusSet {
  std::string name;             // "safe, -O2 v3"
  std::vector<Sample> samples;  // one for each program of each object
};

struct CorpusOptions {
  bool all_builds = false;  // all levels and versions, not -O2 v3 alone
  bool ask_linux = false;   // time the running kernel too, on the safe programs at -O2 v3
  size_t every = 1;         // only every so many-th source
  Repetition repetition = {};
};

// At most four sets: safe programs and faults, of -O2 v3 and of all builds; in this order. Throws
// when an object is not to be read.
std::vector<CorpusSet> measure_corpus(const CorpusOptions& options);

}  // namespace zext::bench
