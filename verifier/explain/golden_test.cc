// Every reason has a program that provokes it, and every text is as written down in testdata/.
#include "verifier/explain/golden.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "verifier/check/reason.h"

namespace zext::verifier {
namespace {

std::vector<Case> all_cases() {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("verifier/explain/testdata")) {
    files.insert(entry.path());
  }
  std::vector<Case> all;
  for (const auto& file : files) {
    for (Case& one : read_cases(file)) all.push_back(std::move(one));
  }
  return all;
}

// Reasons that no program of text can have, and why.
const std::map<std::string, std::string> kNotFromPrograms = {
    {"frame-pointer-write", "the decoder lets no instruction through that writes r10"},
    {"unsupported-program-type", "a case names its platform, so there is one"},
};

TEST(GoldenTest, TextsAreAsWrittenDown) {
  for (const Case& tested : all_cases()) {
    EXPECT_FALSE(tested.sections.empty()) << tested.name;
    for (const auto& [section, text] : tested.sections) {
      EXPECT_EQ(rendered(tested, section), text)
          << tested.name << "\nbazel run //verifier/explain:update writes it anew";
    }
  }
}

TEST(GoldenTest, VerdictsAreThoseOfTheCases) {
  for (const Case& tested : all_cases()) {
    EXPECT_EQ(verdict_of(tested), tested.expected) << tested.name;
  }
}

TEST(GoldenTest, EveryReasonHasACase) {
  std::set<std::string> seen;
  for (const Case& tested : all_cases()) seen.insert(tested.expected);
#define X(name, id, demand)                                   \
  EXPECT_NE(seen.contains(id), kNotFromPrograms.contains(id)) \
      << id << " has no case in testdata/, or one although it is said to have none";
  ZEXT_VERIFIER_REASONS(X)
#undef X
}

TEST(GoldenTest, EveryReasonIsInTheDocumentation) {
  std::stringstream text;
  text << std::ifstream("docs/verifier.md").rdbuf();
#define X(name, id, demand)                                                      \
  EXPECT_NE(text.str().find(std::string("| `") + id + "` | " + demand + " |\n"), \
            std::string::npos)                                                   \
      << "docs/verifier.md lacks: | `" << id << "` | " << demand << " |";
  ZEXT_VERIFIER_REASONS(X)
#undef X
}

}  // namespace
}  // namespace zext::verifier
