// zext plugin as bpf_conformance calls it: what it reads, what it prints, how it fails.

#include <elf.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
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

// An object as the suite makes it of a case: one global function over all of .text, whatever local
// calls there are inside; symbols' names stand among the sections' names.
std::string object_of(const std::string& code) {
  const std::string names("\0.text\0.symtab\0.strtab\0main\0", 28);
  const auto align = [](size_t size) { return (size + 7) & ~size_t{7}; };
  const size_t text = sizeof(Elf64_Ehdr);
  const size_t symbols = align(text + code.size());
  const size_t strings = symbols + 2 * sizeof(Elf64_Sym);
  const size_t headers = align(strings + names.size());
  std::string file(headers + 4 * sizeof(Elf64_Shdr), '\0');
  const auto put = [&](size_t at, const auto& value) {
    std::memcpy(file.data() + at, &value, sizeof value);
  };
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, "\177ELF\2\1\1", 7);
  header.e_type = ET_REL;
  header.e_machine = EM_BPF;
  header.e_version = 1;
  header.e_shoff = headers;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 4;
  header.e_shstrndx = 3;
  put(0, header);
  file.replace(text, code.size(), code);
  put(symbols + sizeof(Elf64_Sym), Elf64_Sym{.st_name = 23,
                                             .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                             .st_other = 0,
                                             .st_shndx = 1,
                                             .st_value = 0,
                                             .st_size = code.size()});
  file.replace(strings, names.size(), names);
  const auto section = [&](size_t index, const Elf64_Shdr& row) {
    put(headers + index * sizeof row, row);
  };
  section(1, {1, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0, text, code.size(), 0, 0, 4, 0});
  section(2, {7, SHT_SYMTAB, 0, 0, symbols, 2 * sizeof(Elf64_Sym), 3, 1, 4, sizeof(Elf64_Sym)});
  section(3, {15, SHT_STRTAB, 0, 0, strings, names.size(), 0, 0, 1, 0});
  return file;
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

// What the suite's cases have besides one instruction each.
constexpr const char* kLocalCall =
    "r6 = 6\nr9 = 9\n*(u32 *)(r10 - 4) = 0x44332211\nr1 = 3\nr2 = 4\ncall sum\nr6 += r9\nr0 += r6\n"
    "r7 = *(u32 *)(r10 - 4)\nif w7 == 0x44332211 goto same\nr0 = 0\nsame:\nexit\n"
    "sum:\n*(u32 *)(r10 - 4) = 0\nr6 = 0\nr9 = 0\nr0 = r1\nr0 += r2\nexit";

TEST_P(Plugin, RunsProgramsOfTheSuitesForms) {
  returns("16", kLocalCall);
  returns("0", "r1 = 1\ncall btf 42\nexit");  // "call runtime": a kernel function
  // The last instruction is no exit; code that nothing reaches.
  returns("5", "goto second\nfirst:\nr0 = 5\nexit\nsecond:\nr2 = 0\ngoto first");
  returns("1", "gotol over\nr0 = 3\nexit\nover:\nr0 = 1\nexit\nr0 = 2\nexit");
  returns("3", "r0 = -5\nr0 s%= 4\nr0 = -r0\nr0 += 2\nexit", "");  // no argument at all
}

TEST_P(Plugin, RunsObjectsAsTheSuiteMakesThem) {
  const std::string object = object_of(contents(assembled("case", kLocalCall)));
  const Result result = plugin_given(hex(object) + "\n", "--elf" + on());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "16\n");
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

TEST(PluginInput, NeedsNoEndOfLine) {
  const std::string exit = hex(contents(assembled("exit", "r0 = 4\nexit")));
  EXPECT_EQ(plugin_given(exit, "--on interpreter").out, "4\n");
}

TEST(PluginInput, DebugShowsTheProgramOnStandardError) {
  const Result result = plugin("r0 = 7\nexit", "'' --debug --on interpreter");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "7\n");
  EXPECT_NE(result.err.find("r0 = 0x7"), std::string::npos) << result.err;
}

}  // namespace
