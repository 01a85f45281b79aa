// misses.txt as data: the safe programs of programs/ that the verifier does not find safe.
//
//   miss_of("hex_dump", "O2_v3") != nullptr
#pragma once

#include <set>
#include <string>
#include <vector>

namespace zext::corpus {

struct Miss {
  std::string program;
  std::set<std::string> builds;  // "O2_v3"; or "all"
  std::string cause;
};

// Throws when the table is not among the test's data, or a row is not whole.
const std::vector<Miss>& misses();

// Null: the build of the program is to be accepted.
const Miss* miss_of(const std::string& program, const std::string& build);

}  // namespace zext::corpus
