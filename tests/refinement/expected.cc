#include "tests/refinement/expected.h"

#include <algorithm>

#include "tests/corpus/builds.h"

namespace zext::refinement {
namespace {

std::vector<Expectation> read_expectations() {
  std::vector<Expectation> all;
  for (const auto& row : corpus::table("tests/refinement/expected.txt", 4)) {
    all.push_back({.program = row[0],
                   .category = row[1],
                   .build = row[2],
                   .domains = row[3],
                   .linux_says = row[4]});
  }
  return all;
}

}  // namespace

const std::vector<Expectation>& expectations() {
  static const std::vector<Expectation> kExpectations = read_expectations();
  return kExpectations;
}

const Expectation* expectation_of(const std::string& program, const std::string& build) {
  const auto& all = expectations();
  const auto row = std::ranges::find_if(
      all, [&](const Expectation& e) { return e.program == program && e.build == build; });
  return row == all.end() ? nullptr : &*row;
}

}  // namespace zext::refinement
