// Every machine that a run of an accepted program passes is in what its verification knows there,
// and no such run faults: the programs of tests/corpus and tests/refinement on random inputs.
//
//   bazel run //tests/embedding:embedding_test -- --seconds=7200
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cli/verification.h"
#include "tests/corpus/builds.h"
#include "tests/corpus/each_program.h"
#include "tests/embedding/flight.h"
#include "tests/embedding/picture.h"
#include "tests/refinement/expected.h"

namespace zext::embedding {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kBuild[] = "O2_v3";
constexpr double kSmtSeconds = 5;
constexpr size_t kLeastPrograms = 100;  // over all shards
constexpr uint64_t kLeastRuns = 10;     // of a program, however slow

// Of runs, over all shards and programs. Verification comes on top.
double run_seconds = 30;

std::vector<corpus::Source> all_sources() {
  std::vector<corpus::Source> all = corpus::sources();
  for (corpus::Source& source : corpus::sources(refinement::kCollection)) {
    all.push_back(std::move(source));
  }
  return all;
}

const std::vector<corpus::Source>& sources() {
  static const std::vector<corpus::Source> kSources = all_sources();
  return kSources;
}

size_t shards() {
  const char* const text = std::getenv("GTEST_TOTAL_SHARDS");
  return text == nullptr ? 1 : std::stoul(text);
}

// What all tests of this process saw.
class Summary : public testing::Environment {
 public:
  Counts counts;

  void TearDown() override {
    std::printf("%lu programs, %lu runs (%lu cut short, %lu incomplete), %lu steps, %lu values\n",
                counts.programs, counts.runs, counts.cut_short, counts.incomplete, counts.steps,
                counts.values);
    std::printf("%lu passes of cut points, %lu in one; %lu more rounds of loops, %lu in one\n",
                counts.passes, counts.passes_in_one, counts.rounds, counts.rounds_in_one);
    if (testing::GTEST_FLAG(filter) != "*") return;
    EXPECT_GE(counts.programs * shards(), kLeastPrograms) << "too few took part";
    EXPECT_LE(counts.cut_short * 4, counts.runs);
    EXPECT_LE(counts.incomplete * 10, counts.runs);
    EXPECT_GE(counts.passes_in_one * 2, counts.passes);
    EXPECT_GE(counts.rounds_in_one * 100, counts.rounds * 99);
  }
};

Summary& summary() {
  // GoogleTest owns it.
  static auto* const kSummary =
      static_cast<Summary*>(testing::AddGlobalTestEnvironment(new Summary));
  return *kSummary;
}

void fly(const std::string& name, const corpus::Loaded& loaded) {
  Album album;
  verifier::Options options;
  options.record_invariants = true;
  options.observer = &album.observer();
  cli::Host host;
  host.seconds = 120;
  host.smt_seconds = 2 * kSmtSeconds;
  const cli::Verification verification =
      corpus::value_of(cli::verify(loaded.object, loaded.program, loaded.code, options, host));
  if (!verification.accepted()) {
    std::printf("%s is not accepted, and left out\n", name.c_str());
    return;
  }
  const auto* certificate = verification.certificate ? &*verification.certificate : nullptr;
  Counts& counts = summary().counts;
  Flight flight(name, verification.owner->subject(), verification.verdict, album, certificate,
                counts);
  const auto share =
      std::chrono::duration<double>(run_seconds / static_cast<double>(sources().size()));
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(share);
  for (uint64_t seed = 0; seed < kLeastRuns || Clock::now() < end; ++seed) {
    flight.run(seed);
    ASSERT_EQ(flight.broken(), "") << name;
  }
  ++counts.programs;
}

class Embedding : public testing::TestWithParam<corpus::Source> {};

TEST_P(Embedding, RunsAreInWhatIsKnown) {
  for (const corpus::Build& build : GetParam().builds) {
    if (build.fault != 0 || build.name != kBuild) continue;
    corpus::each_program(corpus::read(build), [&](const corpus::Loaded& loaded) {
      fly(build.path + ", " + loaded.program.name, loaded);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, Embedding, testing::ValuesIn(sources()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace zext::embedding

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  constexpr std::string_view kFlag = "--seconds=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(kFlag)) {
      std::fprintf(stderr, "unknown argument %s; there is --seconds=N\n", argv[i]);
      return 2;
    }
    zext::embedding::run_seconds = std::stod(std::string(argument.substr(kFlag.size())));
  }
  zext::embedding::summary();
  return RUN_ALL_TESTS();
}
