// Each mistake that an analysis may make lets an unsafe program pass, and the checker refuses the
// certificate that comes of it: mutants.txt.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/analysis_mutants/broken/verifier/certificate/extract.h"
#include "tests/analysis_mutants/broken/verifier/testing/case.h"
#include "tests/analysis_mutants/broken/verifier/verify.h"
#include "tests/analysis_mutants/mutant.h"
#include "verifier/certificate/check.h"
#include "verifier/check/reason.h"

namespace zext::verifier {
namespace {

using certificate::Certificate;
using certificate::Refusal;

// The last mistake's number in break.sh.
constexpr int kMutants = 20;

std::vector<Case> cases() { return read_cases("tests/analysis_mutants/mutants.txt"); }

// The section's line, or nothing.
std::string line_of(const Case& tested, const std::string& section) {
  const auto found = tested.sections.find(section);
  if (found == tested.sections.end()) return "";
  return found->second.substr(0, found->second.find('\n'));
}

int mutant_of(const Case& tested) {
  const std::string number = line_of(tested, "mutant");
  return number.empty() ? 0 : std::stoi(number);
}

// What the analysis with one mistake says, and why it accepts if it does.
struct Analysed {
  std::string verdict;
  std::expected<Certificate, std::string> certificate;
};

Analysed analyse(const Case& tested, const Subject& subject, int mutant) {
  certificate::Extraction extraction(subject);
  Options options = tested.options;
  options.cut_points = &extraction.receiver();
  zext_mutant = mutant;
  const Verdict verdict = verify(subject, options);
  zext_mutant = 0;
  switch (verdict.outcome) {
    case Outcome::kAccepted:
      return {"accept", extraction.certificate()};
    case Outcome::kRejected:
      return {id_of(verdict.rejection.reason), {}};
    case Outcome::kResourceLimit:
      break;
  }
  return {"resource-limit", {}};
}

std::string text_of(const Refusal& refusal) {
  const std::string reason = id_of(refusal.reason);
  switch (refusal.kind) {
    case Refusal::Kind::kViolated:
      return "violated " + reason;
    case Refusal::Kind::kUndecided:
      return "undecided " + reason;
    case Refusal::Kind::kUnsupported:
      return "unsupported";
    case Refusal::Kind::kMalformed:
      return "malformed";
    case Refusal::Kind::kTermination:
      return "termination";
  }
  return "";
}

std::string where_of(const Refusal& refusal) {
  const std::string from = refusal.cut_point == certificate::kNone
                               ? "the entry"
                               : fmt::format("cut point {}", refusal.cut_point);
  return fmt::format("at {}, from {}: {}", refusal.pc, from, refusal.what);
}

auto check(const Case& tested, const Subject& subject, const Certificate& certificate) {
  return certificate::check(subject, {.privileged = tested.options.privileged}, certificate);
}

TEST(AnalysisMutantsTest, EachHasAProgram) {
  std::set<int> mutants;
  for (const Case& tested : cases()) mutants.insert(mutant_of(tested));
  for (int mutant = 1; mutant <= kMutants; ++mutant)
    EXPECT_TRUE(mutants.contains(mutant)) << mutant;
  EXPECT_EQ(mutants.size(), size_t{kMutants} + 1);
}

TEST(AnalysisMutantsTest, TheCheckerRefusesWhatTheyAccept) {
  fmt::print("{:>2}  {:<63} {:<20} refused by the checker\n", "", "mutant", "sound analysis");
  for (const Case& tested : cases()) {
    const int mutant = mutant_of(tested);
    if (mutant == 0) continue;
    const auto ready = prepare(tested);
    ASSERT_TRUE(ready.has_value()) << tested.name << ": " << ready.error();
    const Subject subject = (*ready)->subject();

    EXPECT_EQ(analyse(tested, subject, 0).verdict, tested.expected) << tested.name;
    const Analysed broken = analyse(tested, subject, mutant);
    EXPECT_EQ(broken.verdict, "accept") << tested.name;
    if (broken.verdict != "accept") continue;
    ASSERT_TRUE(broken.certificate.has_value())
        << tested.name << ": " << broken.certificate.error();

    const auto checked = check(tested, subject, *broken.certificate);
    EXPECT_FALSE(checked.has_value()) << tested.name;
    if (checked) continue;
    EXPECT_EQ(text_of(checked.error()), line_of(tested, "refusal")) << tested.name;
    fmt::print("{:>2}  {:<63} {:<20} {} {}\n", mutant, tested.name, tested.expected,
               text_of(checked.error()), where_of(checked.error()));
  }
}

TEST(AnalysisMutantsTest, SafeProgramsAreShownSafe) {
  int safe = 0;
  for (const Case& tested : cases()) {
    if (mutant_of(tested) != 0) continue;
    ++safe;
    const auto ready = prepare(tested);
    ASSERT_TRUE(ready.has_value()) << tested.name << ": " << ready.error();
    const Subject subject = (*ready)->subject();
    const Analysed sound = analyse(tested, subject, 0);
    ASSERT_EQ(sound.verdict, "accept") << tested.name;
    ASSERT_TRUE(sound.certificate.has_value()) << tested.name << ": " << sound.certificate.error();
    const auto checked = check(tested, subject, *sound.certificate);
    EXPECT_TRUE(checked.has_value())
        << tested.name << ": " << text_of(checked.error()) << " " << where_of(checked.error());
    if (!checked) continue;
    fmt::print("{}: {} cut points, {} steps, {} queries\n", tested.name,
               sound.certificate->cut_points.size(), checked->steps, checked->queries);
  }
  EXPECT_GE(safe, 5);
}

}  // namespace
}  // namespace zext::verifier
