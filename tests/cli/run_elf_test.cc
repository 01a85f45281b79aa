// `zext run` of RV64 executables as users call it: how programs end, signatures, bad input.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/zext.h"

namespace {

using nlohmann::json;
using zext::testing::contents;
using zext::testing::Result;
using zext::testing::run_zext;
using zext::testing::scratch;
using zext::testing::write;

std::string bare(const std::string& name) { return "tests/cli/bare/" + name + ".elf"; }

// Places in the header of an ELF file of 64 bits, and of a program header.
constexpr size_t kType = 16, kMachine = 18, kSegments = 32, kSegmentAddress = 24;

// The program that passes, with some bytes changed.
std::string changed(const std::string& name, size_t at, const std::string& bytes) {
  std::string file = contents(bare("quiet"));
  EXPECT_GT(file.size(), at + bytes.size());
  return write(name, file.replace(at, bytes.size(), bytes));
}

TEST(RunElf, EachPresetSaysHowItEnded) {
  for (const std::string preset : {"small", "single", "default", "big"}) {
    const std::string run = "run --on rtl --preset " + preset + " ";
    const Result good = run_zext(run + bare("passes"));
    EXPECT_EQ(good.status, 0) << preset << good.out << good.err;
    EXPECT_NE(good.out.find("hello from the core\npassed\n"), std::string::npos) << good.out;
    EXPECT_NE(good.out.find("(" + preset + ")"), std::string::npos) << good.out;
    const Result bad = run_zext(run + bare("fails"));
    EXPECT_EQ(bad.status, 1) << preset << bad.out << bad.err;
    EXPECT_NE(bad.out.find("failed: test 5\n"), std::string::npos) << bad.out;
  }
}

TEST(RunElf, QemuAndLockstepRunTheSame) {
  for (const std::string machine : {"qemu", "lockstep"}) {
    const Result good = run_zext("run --on " + machine + " " + bare("quiet"));
    EXPECT_EQ(good.status, 0) << machine << good.out << good.err;
    const Result bad = run_zext("run --on " + machine + " " + bare("fails"));
    EXPECT_EQ(bad.status, 1) << machine << bad.out << bad.err;
    EXPECT_NE(bad.out.find("failed: test 5\n"), std::string::npos) << bad.out;
    const Result endless = run_zext("run --max-cycles 2000 --on " + machine + " " + bare("hangs"));
    EXPECT_EQ(endless.status, 1) << machine << endless.out << endless.err;
    EXPECT_NE(endless.out.find("did not end within 2000"), std::string::npos) << endless.out;
  }
  const Result small = run_zext("run --on lockstep --preset small " + bare("quiet"));
  EXPECT_EQ(small.status, 0) << small.out << small.err;
  EXPECT_NE(small.out.find("lockstep (small)"), std::string::npos) << small.out;
  // Lockstep is what runs if nothing is said, as for eBPF programs.
  const Result flipped = run_zext("run --fault 2:0x10 " + bare("quiet"));
  EXPECT_EQ(flipped.status, 1) << flipped.out << flipped.err;
  EXPECT_NE(flipped.out.find("diverged"), std::string::npos) << flipped.out;
}

TEST(RunElf, AHangIsReportedWithItsPlace) {
  const Result result = run_zext("run --on rtl --max-cycles 5000 " + bare("hangs"));
  EXPECT_EQ(result.status, 1) << result.out << result.err;
  EXPECT_NE(result.out.find("did not end within 5000 cycles"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("0x8000000"), std::string::npos) << result.out;
}

TEST(RunElf, WhatNobodyServesIsAFailure) {
  for (const std::string machine : {"rtl", "qemu", "lockstep"}) {
    const Result result = run_zext("run --on " + machine + " " + bare("asks"));
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    EXPECT_NE(result.out.find("tohost 0x7700000000000002"), std::string::npos) << result.out;
  }
}

TEST(RunElf, SignaturesAreWordsInHexadecimal) {
  for (const std::string machine : {"rtl", "qemu", "lockstep"}) {
    const std::string file = scratch("signature");
    const Result result =
        run_zext("run --signature " + file + " --on " + machine + " " + bare("quiet"));
    EXPECT_EQ(result.status, 0) << machine << result.out << result.err;
    EXPECT_EQ(contents(file), "00000001\n89abcdef\nfeedface\n") << machine;
  }
  const Result nowhere = run_zext("run --on rtl --signature /nonexistent/x " + bare("quiet"));
  EXPECT_EQ(nowhere.status, 2) << nowhere.out << nowhere.err;
  const Result none = run_zext("run --on rtl --signature - rtl_sim/core/tests/arithmetic.elf");
  EXPECT_EQ(none.status, 2) << none.out << none.err;
  EXPECT_NE(none.err.find("begin_signature"), std::string::npos) << none.err;
}

TEST(RunElf, Json) {
  const Result good = run_zext("run --json --on rtl " + bare("passes"));
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  const json told = json::parse(good.out);
  EXPECT_EQ(told["outcome"], "passed");
  EXPECT_EQ(told["exit_code"], 0);
  EXPECT_EQ(told["console"], "hello from the core\n");
  EXPECT_GT(told["cycles"], 0);
  const json failed = json::parse(run_zext("run --json --on rtl " + bare("fails")).out);
  EXPECT_EQ(failed["outcome"], "failed");
  EXPECT_EQ(failed["exit_code"], 5);
  const json hung =
      json::parse(run_zext("run --json --on rtl --max-cycles 3000 " + bare("hangs")).out);
  EXPECT_EQ(hung["outcome"], "hang");
}

TEST(RunElf, AWaveformShowsAPartOfTheRun) {
  const std::string file = scratch("wave.fst");
  const std::string run = "run --on rtl --trace " + file + " ";
  const Result result = run_zext(run + "--trace-cycles 10:40 " + bare("quiet"));
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  EXPECT_GT(contents(file).size(), 100U);
  for (const std::string cycles : {"", "10", "40:10", "a:b", "1:2:3"}) {
    EXPECT_EQ(run_zext(run + "--trace-cycles '" + cycles + "' " + bare("quiet")).status,
              cycles.empty() ? 0 : 2)
        << cycles;
  }
}

TEST(RunElf, BadFilesSayWhatAndWhere) {
  const std::string whole = contents(bare("quiet"));
  ASSERT_GT(whole.size(), 4096U);
  const size_t segment = static_cast<unsigned char>(whole[kSegments]);
  struct Case {
    std::string file;
    std::string says;
  };
  const std::vector<Case> cases = {
      {changed("pc", kMachine, {'\x3e', '\0'}), "for machine 62"},
      {changed("object", kType, {'\1', '\0'}), "not an executable"},
      {changed("small_class", 4, "\1"), "32-bit ELF file"},
      {write("short", whole.substr(0, 100)), "damaged"},
      {write("cut", whole.substr(0, 4200)), "truncated"},
      {bare("mute"), "no symbol `tohost`"},
  };
  for (const Case& bad : cases) {
    const Result result = run_zext("run --on rtl " + bad.file);
    EXPECT_EQ(result.status, 2) << bad.file << result.out << result.err;
    EXPECT_NE(result.err.find(bad.says), std::string::npos) << bad.file << result.err;
    EXPECT_NE(result.err.find("zext: error:"), std::string::npos) << result.err;
  }
  // Every segment moved out of memory, wherever loadable ones are among the headers.
  std::string far = whole;
  for (size_t i = 0; i < 3; ++i) {
    const size_t at = segment + i * 56 + kSegmentAddress;
    if (far[segment + i * 56] == 1) far[at + 4] = '\x11';
  }
  const Result outside = run_zext("run --on rtl " + write("far", far));
  EXPECT_EQ(outside.status, 2) << outside.out << outside.err;
  EXPECT_NE(outside.err.find("outside memory"), std::string::npos) << outside.err;
}

TEST(RunElf, OptionsForOthersAreRefused) {
  for (const std::string options :
       {"--on interpreter", "--on toaster", "--on rtl --preset huge", "--on qemu --preset small",
        "--on qemu --trace x.fst", "--on qemu --fault 1", "--on rtl --mem 00", "--raw",
        "--on rtl --max-instructions 7", "--on rtl --unverified", "--on rtl --march rv64imac",
        "--on rtl --max-cycles many"}) {
    const Result result = run_zext("run " + options + " " + bare("quiet"));
    EXPECT_EQ(result.status, 2) << options << result.out << result.err;
  }
  const std::string filter = "examples/xdp_filter.bpf.o";
  for (const std::string options : {"--preset small", "--max-cycles 7", "--signature x"}) {
    const Result result = run_zext("run " + options + " " + filter);
    EXPECT_EQ(result.status, 2) << options << result.out << result.err;
    EXPECT_NE(result.err.find("RV64 executables"), std::string::npos) << result.err;
  }
}

}  // namespace
