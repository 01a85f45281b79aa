#include "tests/corpus/misses.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "tests/corpus/builds.h"

namespace zext::corpus {
namespace {

std::vector<Miss> read_misses() {
  std::vector<Miss> misses;
  for (const auto& row : table("tests/corpus/misses.txt", 2)) {
    Miss miss{.program = row[0], .builds = {}, .cause = row[2]};
    std::istringstream builds(row[1]);
    for (std::string build; std::getline(builds, build, ',');) miss.builds.insert(build);
    misses.push_back(std::move(miss));
  }
  return misses;
}

}  // namespace

const std::vector<Miss>& misses() {
  static const std::vector<Miss> kMisses = read_misses();
  return kMisses;
}

const Miss* miss_of(const std::string& program, const std::string& build) {
  const auto miss = std::ranges::find_if(misses(), [&](const Miss& candidate) {
    return candidate.program == program &&
           (candidate.builds.contains("all") || candidate.builds.contains(build));
  });
  return miss == misses().end() ? nullptr : &*miss;
}

}  // namespace zext::corpus
