// Each instruction on states as text: the files in testdata/transfer, as testing/transfer_case.h
// reads them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "verifier/testing/transfer_case.h"

namespace zext::verifier {
namespace {

std::vector<std::string> files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("verifier/testdata/transfer")) {
    names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<TransferCase> cases_of(const std::string& name) {
  return read_transfer_cases("verifier/testdata/transfer/" + name + ".txt");
}

class TransferCasesTest : public testing::TestWithParam<std::string> {};

TEST_P(TransferCasesTest, EachGivesWhatIsWrittenDown) {
  const std::vector<TransferCase> cases = cases_of(GetParam());
  EXPECT_FALSE(cases.empty());
  for (const TransferCase& tested : cases) {
    EXPECT_EQ(difference(tested), "") << GetParam() << ": " << tested.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, TransferCasesTest, testing::ValuesIn(files()),
                         [](const auto& named) { return named.param; });

TEST(TransferCoverageTest, EveryInstructionHasACase) {
  std::set<ebpf::Op> tested;
  std::set<std::string> names;
  size_t count = 0;
  for (const std::string& file : files()) {
    for (const TransferCase& one : cases_of(file)) {
      tested.merge(operations(one));
      EXPECT_TRUE(names.insert(one.name).second) << "twice: " << one.name;
      ++count;
    }
  }
  for (const ebpf::Row& row : ebpf::kRows) {
    EXPECT_TRUE(tested.contains(row.op))
        << row.name << " " << unsigned{row.width} << " " << unsigned{row.bytes}
        << (row.source == ebpf::Source::kImmediate ? " immediate" : " register");
  }
  EXPECT_GE(count, 1900u);
}

// The comparison sees what a transfer function could do wrong.
TEST(TransferComparisonTest, SaysWhatDiffers) {
  const auto said = [](const std::string& post) {
    const auto cases = parse_transfer_cases(
        "== one | xdp\npre: r1 = 0..10; r2 = 5; stack[-8..-1] = r2\ncode: r1 += r2\n" + post);
    return difference(cases.at(0));
  };
  EXPECT_EQ(said("post: r1 = 5..15"), "");
  EXPECT_EQ(said("post: nothing"), "post: r1 is 5..15, not 0..10\n");
  EXPECT_EQ(said("post: r1 = 5..16"), "post: r1 is 5..15, not 5..16\n");
  EXPECT_EQ(said("post: r1 = 5..15; r2 = ?"), "post: r2 is 5, not ?\n");
  EXPECT_EQ(said("post: r1 = 5..15; stack[-8..-1] = 6"), "post: stack[-8..-1] is 5, not 6\n");
  EXPECT_EQ(said("post: r1 = 5..15; r1 >= 6"), "post: not known: r1 >= 6\n");
  EXPECT_EQ(said("post: r1 = 5..15; holds #a"),
            "post: what is held is 0 references, not 1, or others\n");
  EXPECT_EQ(said("reason: packet-bounds"), "reason: accepted, not packet-bounds\n");
  EXPECT_EQ(said("post: never"), "post: is possible\n");
}

}  // namespace
}  // namespace zext::verifier
