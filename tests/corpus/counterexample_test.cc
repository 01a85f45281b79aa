// Of the faults of programs/, most have an input that makes them happen, found and replayed. Every
// fourth fault is asked about; all of them by
//
//   bazel run //tests/corpus:counterexample_test -- --all
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "cli/verification.h"
#include "tests/corpus/builds.h"
#include "tests/corpus/each_program.h"

namespace zext::corpus {
namespace {

constexpr char kBuild[] = "O2_v3";
constexpr double kSmtSeconds = 2;  // for an input; and for what the domains leave open
constexpr double kLeastFound = 0.85;
constexpr uint32_t kEvery = 4;

bool all = false;

// By name and number (FNV-1a), so that a new program changes nothing of the others.
bool chosen(const std::string& program, unsigned fault) {
  uint32_t hash = 2166136261;
  for (const char c : program + std::to_string(fault)) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  }
  return all || (hash >> 16) % kEvery == 0;
}

// What all tests of this process saw.
class Summary : public testing::Environment {
 public:
  void add(const std::string& name, const std::string& reason, const verifier::Search& search) {
    auto& [found, asked] = by_reason_[reason];
    ++asked;
    ++asked_;
    seconds_ += search.seconds;
    if (search.found) {
      ++found;
      ++found_;
      return;
    }
    const char* why = search.spent          ? "the search is cut short"
                      : search.unsupported  ? "something only the domains know"
                      : search.examples > 0 ? "no example replays"
                                            : "none found";
    std::printf("no input: %s, %s: %s\n", name.c_str(), reason.c_str(), why);
  }

  void TearDown() override {
    const double share = static_cast<double>(found_) / static_cast<double>(asked_);
    std::printf("%zu rejected faults, %zu with an input (%.1f %%), %.1f s of Z3\n", asked_, found_,
                100 * share, seconds_);
    for (const auto& [reason, counts] : by_reason_) {
      std::printf("  %-24s %4zu of %4zu\n", reason.c_str(), counts.first, counts.second);
    }
    if (testing::GTEST_FLAG(filter) != "*") return;
    EXPECT_GE(asked_, 30u) << "too few are asked about";
    EXPECT_GE(share, kLeastFound);
  }

 private:
  size_t asked_ = 0;
  size_t found_ = 0;
  double seconds_ = 0;
  std::map<std::string, std::pair<size_t, size_t>> by_reason_;
};

Summary& summary() {
  // GoogleTest owns it.
  static auto* const kSummary =
      static_cast<Summary*>(testing::AddGlobalTestEnvironment(new Summary));
  return *kSummary;
}

// The first program of the object that is rejected is the one with the fault.
void ask(const Build& build) {
  bool rejected = false;
  each_program(read(build), [&](const Loaded& loaded) {
    if (rejected) return;
    cli::Host host;
    host.seconds = 120;
    host.smt_seconds = 2 * kSmtSeconds;
    host.search = true;
    const cli::Verification verification =
        value_of(cli::verify(loaded.object, loaded.program, loaded.code, {}, host));
    if (!verification.search) {
      EXPECT_NE(verification.verdict.outcome, verifier::Outcome::kResourceLimit) << build.path;
      return;
    }
    rejected = true;
    const verifier::Search& search = *verification.search;
    const verifier::Rejection& rejection = verification.verdict.rejection;
    summary().add(build.path, verifier::id_of(rejection.reason), search);
    if (search.found) {
      EXPECT_EQ(search.found->pc, rejection.pc) << build.path;
    }
  });
  EXPECT_TRUE(rejected) << build.path << " is accepted";
}

class Counterexamples : public testing::TestWithParam<Source> {};

TEST_P(Counterexamples, AreFound) {
  for (const Build& build : GetParam().builds) {
    if (build.fault == 0 || build.name != kBuild) continue;
    if (chosen(GetParam().name, build.fault)) ask(build);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, Counterexamples, testing::ValuesIn(sources()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace zext::corpus

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--all") {
      std::fprintf(stderr, "unknown argument %s; there is --all\n", argv[i]);
      return 2;
    }
    zext::corpus::all = true;
  }
  zext::corpus::summary();
  return RUN_ALL_TESTS();
}
