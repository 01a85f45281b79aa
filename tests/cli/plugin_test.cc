// zext plugin as bpf_conformance calls it: what it reads, what it prints, how it fails.

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/cli/zext.h"

namespace {

using zext::testing::assembled;
using zext::testing::contents;
using zext::testing::Result;
using zext::testing::run_zext;
using zext::testing::write;

constexpr const char* kMachines[] = {"interpreter", "qemu", "rtl", "lockstep"};

// As the suite writes bytes: two digits, two spaces.
std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    char digits[8];
    std::snprintf(digits, sizeof digits, "%02x  ", static_cast<unsigned char>(byte));
    text += digits;
  }
  return text;
}

// `line` is standard input.
Result plugin_given(const std::string& line, const std::string& arguments) {
  return run_zext("plugin " + arguments, "cat " + write("stdin", line) + " | ");
}

Result plugin(const std::string& program, const std::string& arguments) {
  return plugin_given(hex(contents(assembled("case", program))) + "\n", arguments);
}

class Plugin : public ::testing::TestWithParam<const char*> {
 public:
  std::string on() const { return std::string(" --on ") + GetParam(); }
  void returns(const std::string& r0, const std::string& program,
               const std::string& memory = "''") const {
    const Result result = plugin(program, memory + on());
    EXPECT_EQ(result.status, 0) << program << result.err;
    EXPECT_EQ(result.out, r0 + "\n") << program;
    EXPECT_EQ(result.err, "") << program;
  }
  void fails(int status, const std::string& program) const {
    const Result result = plugin(program, "''" + on());
    EXPECT_EQ(result.status, status) << program << result.out;
    EXPECT_EQ(result.out, "") << program;
    EXPECT_NE(result.err.find("zext: error: "), std::string::npos) << result.err;
  }
};

TEST_P(Plugin, PrintsR0InHexadecimal) {
  returns("2a", "r0 = 0x2a\nexit");
  returns("ffffffffffffffff", "r0 = -1\nexit");
  returns("0", "r0 = 0\nexit");
}

TEST_P(Plugin, PassesMemoryAndItsLength) {
  returns("efbeadde", "r0 = *(u32 *)(r1 + 1)\nexit", "'00  de  ad  be  ef  '");
  returns("5", "r0 = r2\nexit", "'00deadbeef'");
  returns("77", "*(u8 *)(r1 + 1) = 0x77\nr0 = *(u8 *)(r1 + 1)\nexit", "'01 02'");
  returns("0", "r0 = r1\nr0 |= r2\nexit");
}

TEST_P(Plugin, AllowsAnEmptyArgumentForOptions) { returns("7", "r0 = 7\nexit", "'' ''"); }

TEST_P(Plugin, HelperFiveReturnsItsArgument) {
  returns("1122", "r6 = 0x1100\nr1 = 0x22\ncall 5\nr0 += r6\nexit");
  // The register holds the helper's number, as in the suite, or the address of a function.
  returns("2", "r1 = -1\nr2 = 5\ncallx r2\nr0 += 3\nexit");
  returns("2a", "r1 = 21\nld_pseudo r9, 4, twice\ncallx r9\nexit\ntwice:\nr0 = r1\nr0 += r1\nexit");
}

TEST_P(Plugin, RunsWhatAVerifierMayReject) {
  returns("0", "r0 = 1\nr0 /= 0\nexit");
  returns("9", "r3 = 9\ngoto end\nr0 = 5\nexit\nend:\nr0 = r3\nexit");
}

TEST_P(Plugin, ReportsFaults) {
  fails(1, "r0 = *(u64 *)(r1 + 0)\nexit");
  fails(1, "r1 = 0x7777777777777777 ll\n*(u8 *)(r1 + 0) = 1\nr0 = 0\nexit");
  fails(1, "r2 = 6\ncallx r2\nexit");
}

TEST_P(Plugin, RefusesUnknownHelpers) {
  const Result result = plugin("call 6\nexit", "''" + on());
  EXPECT_NE(result.status, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find('6'), std::string::npos) << result.err;
}

TEST_P(Plugin, EndsEndlessLoops) {
  const Result result = plugin("loop:\ngoto loop\nexit", "--max-instructions 5000" + on());
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "");
}

TEST_P(Plugin, RunsElfObjects) {
  const std::string line = hex(contents("examples/gcd.bpf.o"));
  const Result result = plugin_given(line, "'0c 00 00 00 12 00 00 00' --elf" + on());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "6\n");
}

INSTANTIATE_TEST_SUITE_P(On, Plugin, ::testing::ValuesIn(kMachines),
                         [](const auto& info) { return std::string(info.param); });

TEST(PluginInput, BadInputIsSaidAndExitsWithTwo) {
  const std::string exit = hex(contents(assembled("exit", "r0 = 0\nexit")));
  const struct {
    std::string line;
    std::string arguments;
    const char* said;
  } cases[] = {
      {"", "", "no program"},
      {"\n", "", "no program"},
      {"  \n" + exit, "", "no program"},
      {"b7 0", "", "odd number of digits"},
      {"b7 0g", "", "character 5"},
      {"b7 00 00", "", "8-byte"},
      {"ff 00 00 00 00 00 00 00", "", "0xff"},
      {exit, "'de a'", "memory"},
      {exit, "xyz", "memory"},
      {exit, "'' surplus", "surplus"},
      {exit, "--on toaster", "toaster"},
      {exit, "--march rv64z", "rv64z"},
      {exit, "--cpu_version v3", "--cpu_version"},
      {exit, "--elf", "not an ELF file"},
      {"7f 45 4c 46", "--elf", "ELF header"},
  };
  for (const auto& bad : cases) {
    const Result result = plugin_given(bad.line, bad.arguments);
    EXPECT_EQ(result.status, 2) << bad.line << " / " << bad.arguments << ": " << result.err;
    EXPECT_EQ(result.out, "") << bad.line;
    EXPECT_NE(result.err.find(bad.said), std::string::npos) << bad.said << ": " << result.err;
  }
}

TEST(PluginInput, EndsWithItsLine) {
  const std::string exit = hex(contents(assembled("exit", "r0 = 3\nexit")));
  const Result result = plugin_given(exit + "\nnot read\n", "--on interpreter");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "3\n");
}

TEST(PluginInput, DebugShowsTheProgramOnStandardError) {
  const Result result = plugin("r0 = 7\nexit", "'' --debug --on interpreter");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "7\n");
  EXPECT_NE(result.err.find("r0 = 0x7"), std::string::npos) << result.err;
}

}  // namespace
