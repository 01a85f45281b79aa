// With Z3: every safe program is accepted and its certificate shown by the checker, every fault is
// rejected with an input that makes it happen, but for smt_misses.txt.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/verification.h"
#include "tests/corpus/builds.h"
#include "tests/corpus/each_program.h"
#include "tests/refinement/expected.h"
#include "verifier/certificate/check.h"

namespace zext::refinement {
namespace {

using corpus::Build;
using corpus::Loaded;
using corpus::Source;

constexpr double kSeconds = 5;        // of Z3, for a program; and for an input that breaks it
constexpr double kCheckSeconds = 20;  // for its certificate
// A machine that is busy may take longer: what is not listed is tried again, with so many times the
// seconds.
constexpr double kPatience = 8;
constexpr double kLeastFound = 0.9;   // of the faults: those with such an input
constexpr double kLeastShown = 0.65;  // of the safe builds: accepted, with a certificate

// What is known to be missed. A search whose end depends on the machine's speed is marked "slow":
// it may do better.
struct Miss {
  std::string program;
  std::string build;  // "O2_v3"; of a fault "1_O2_v3"
  std::string what;   // "rejected", "unchecked", "no-input"
  std::string cause;

  bool slow() const { return cause.starts_with("slow: "); }
};

const std::vector<Miss>& misses() {
  static const std::vector<Miss> kMisses = [] {
    std::vector<Miss> all;
    for (const auto& row : corpus::table("tests/refinement/smt_misses.txt", 3)) {
      all.push_back({.program = row[0], .build = row[1], .what = row[2], .cause = row[3]});
    }
    return all;
  }();
  return kMisses;
}

const Miss* miss_of(const std::string& program, const std::string& build) {
  const auto miss = std::ranges::find_if(
      misses(), [&](const Miss& m) { return m.program == program && m.build == build; });
  return miss == misses().end() ? nullptr : &*miss;
}

std::string name_of(const Build& build) {
  return build.fault == 0 ? build.name : std::to_string(build.fault) + "_" + build.name;
}

// What is missed of a program; "": nothing.
struct Outcome {
  std::string what;
  std::string text;
};

// Half of the seconds are the refiner's, half the search's.
cli::Verification verify(const Loaded& loaded, bool search, double patience) {
  cli::Host host;
  host.seconds = 120 * patience;
  host.smt_seconds = 2 * kSeconds * patience;
  host.search = search;
  return corpus::value_of(cli::verify(loaded.object, loaded.program, loaded.code, {}, host));
}

Outcome judge_safe(const Loaded& loaded, double patience) {
  const cli::Verification verification = verify(loaded, false, patience);
  const verifier::Rejection& rejection = verification.verdict.rejection;
  if (!verification.accepted()) {
    return {"rejected", std::string(verifier::id_of(rejection.reason)) + " at " +
                            std::to_string(rejection.pc) +
                            (verification.smt_spent ? ", Z3's time is spent" : "")};
  }
  if (!verification.certificate) return {"unchecked", verification.certificate.error()};
  const auto report = check(verification.owner->subject(), {.seconds = kCheckSeconds * patience},
                            *verification.certificate);
  if (report) return {};
  const bool violated = report.error().kind == verifier::certificate::Refusal::Kind::kViolated;
  return {"unchecked", report.error().what + " at " + std::to_string(report.error().pc) +
                           (violated ? ", violated" : "")};
}

Outcome judge_fault(const Loaded& loaded, double patience) {
  const cli::Verification verification = verify(loaded, true, patience);
  if (verification.accepted()) return {"accepted", "it is unsafe"};
  if (verification.verdict.outcome != verifier::Outcome::kRejected) {
    return {"no-input", "the budget is spent"};
  }
  const verifier::Rejection& rejection = verification.verdict.rejection;
  const verifier::Search& search = verification.search.value();
  if (!search.found) return {"no-input", search.spent ? "the search is cut short" : "none found"};
  EXPECT_EQ(search.found->pc, rejection.pc) << "an input for another instruction";
  if (search.found->kind == verifier::Counterexample::Kind::kFaults) {
    EXPECT_TRUE(search.found->replay.fault.has_value()) << "the run does not fault";
  }
  return {};
}

void compare(const Outcome& outcome, const Miss* miss) {
  ASSERT_NE(outcome.what, "accepted") << outcome.text;
  if (!outcome.what.empty()) {
    std::printf("%s: %s\n", outcome.what.c_str(), outcome.text.c_str());
  }
  if (miss == nullptr) {
    EXPECT_EQ(outcome.what, "") << outcome.text;
  } else if (!miss->slow()) {
    EXPECT_EQ(outcome.what, miss->what) << "smt_misses.txt says otherwise: " << outcome.text;
  }
}

class Programs : public testing::TestWithParam<Source> {};

TEST_P(Programs, AreJudgedAsTheyAre) {
  const Source& source = GetParam();
  for (const Build& build : source.builds) {
    SCOPED_TRACE(build.path);
    corpus::each_program(corpus::read(build), [&](const Loaded& loaded) {
      const auto judge = build.fault == 0 ? judge_safe : judge_fault;
      const Miss* miss = miss_of(source.name, name_of(build));
      Outcome outcome = judge(loaded, 1);
      if (miss == nullptr && !outcome.what.empty() && outcome.what != "accepted") {
        std::printf("%s (%s), so again with more time\n", outcome.what.c_str(),
                    outcome.text.c_str());
        outcome = judge(loaded, kPatience);
      }
      compare(outcome, miss);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Refinement, Programs, testing::ValuesIn(corpus::sources(kCollection)),
                         [](const auto& info) { return info.param.name; });

TEST(Misses, AreOfTheCollectionAndFew) {
  size_t faults = 0;
  size_t safe = 0;
  size_t listed = 0;
  for (const Source& source : corpus::sources(kCollection)) {
    for (const Build& build : source.builds) {
      ++(build.fault == 0 ? safe : faults);
      const Miss* miss = miss_of(source.name, name_of(build));
      if (miss == nullptr) continue;
      ++listed;
      EXPECT_EQ(miss->what == "no-input", build.fault != 0) << build.path;
    }
  }
  EXPECT_EQ(listed, misses().size()) << "a row is of no build, or there twice";
  const auto no_input = static_cast<size_t>(std::ranges::count(misses(), "no-input", &Miss::what));
  const size_t not_shown = misses().size() - no_input;
  EXPECT_LE(static_cast<double>(no_input), (1 - kLeastFound) * static_cast<double>(faults));
  EXPECT_LE(static_cast<double>(not_shown), (1 - kLeastShown) * static_cast<double>(safe));
  std::printf("%zu faults, inputs for all but %zu; %zu safe builds, shown all but %zu\n", faults,
              no_input, safe, not_shown);
}

}  // namespace
}  // namespace zext::refinement
