// The `zext` command as its users call it: exit codes, what goes where, JSON, bad input.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/zext.h"

namespace {

using nlohmann::json;
using zext::testing::assembled;
using zext::testing::contents;
using zext::testing::Result;
using zext::testing::run_zext;
using zext::testing::scratch;
using zext::testing::write;

constexpr const char* kFilter = "examples/xdp_filter.bpf.o";
constexpr const char* kUnsafe = "examples/rejected_oob.bpf.o";

TEST(Cli, HelpAndVersionExitWithZero) {
  EXPECT_EQ(run_zext("--help").status, 0);
  EXPECT_EQ(run_zext("--version").status, 0);
  for (const char* command : {"verify", "jit", "run", "disasm", "asm"}) {
    const Result help = run_zext(std::string(command) + " --help");
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_NE(help.out.find("FILE"), std::string::npos) << command;
  }
}

TEST(Cli, WrongUsageIsBadInput) {
  EXPECT_EQ(run_zext("").status, 2);
  EXPECT_EQ(run_zext("frobnicate").status, 2);
  EXPECT_EQ(run_zext("verify").status, 2);
  EXPECT_EQ(run_zext(std::string("verify --nonsense ") + kFilter).status, 2);
  EXPECT_EQ(run_zext(std::string("verify --type cake ") + kFilter).status, 2);
  EXPECT_EQ(run_zext(std::string("run --on toaster ") + kFilter).status, 2);
  EXPECT_EQ(run_zext(std::string("verify --program nobody ") + kFilter).status, 2);
}

TEST(Cli, VerifyAcceptsAndRejects) {
  const Result accepted = run_zext(std::string("verify ") + kFilter);
  EXPECT_EQ(accepted.status, 0) << accepted.out << accepted.err;
  const Result rejected = run_zext(std::string("verify ") + kUnsafe);
  EXPECT_EQ(rejected.status, 1);
  const std::string said = rejected.out + rejected.err;
  EXPECT_NE(said.find("packet-bounds"), std::string::npos) << said;
  EXPECT_NE(said.find("rejected_oob.c:"), std::string::npos) << said;
}

TEST(Cli, VerifyReadsStandardInput) {
  const std::string pipe = std::string("cat ") + kFilter + " | ";
  EXPECT_EQ(run_zext("verify -", pipe).status, 0);
}

TEST(Cli, VerifyPrintsJson) {
  const Result accepted = run_zext(std::string("verify --json ") + kFilter);
  const json good = json::parse(accepted.out);
  EXPECT_EQ(good["programs"][0]["outcome"], "accepted");
  const Result rejected = run_zext(std::string("verify --json ") + kUnsafe);
  EXPECT_EQ(rejected.status, 1);
  const json bad = json::parse(rejected.out);
  EXPECT_EQ(bad["programs"][0]["outcome"], "rejected");
  EXPECT_EQ(bad["programs"][0]["rejection"]["reason"], "packet-bounds");
}

// A real load access fault on core and QEMU, in lockstep, that the start-up code's trap handler
// resolves by the exception table.
TEST(Cli, ProbingLoadsGoOnAfterAFault) {
  const std::string file = assembled("probing",
                                     "r6 = 0x7700000000 ll\n"
                                     "r3 = -1\n"
                                     "r0 = *(u64 *)(r1 + 0)\n"
                                     "r3 = *(s16 *)(r3 - 30000)\n"
                                     "r6 = *(u32 *)(r6 + 8)\n"
                                     "r0 += r3\n"
                                     "r0 += r6\n"
                                     "r1 = *(u8 *)(r1 + 1)\n"
                                     "r0 += r1\n"
                                     "exit\n");
  const std::string run =
      "run --raw --unverified --mem 0100000000000000 --expect 1 --on lockstep " + file;
  const Result unmarked = run_zext(run + " --probe 3");
  EXPECT_EQ(unmarked.status, 1);
  for (const char* march : {"rv64imac", "rv64ima"}) {
    const Result probing = run_zext(run + " --probe 5,4,3 --march " + march);
    EXPECT_EQ(probing.status, 0) << probing.out << probing.err;
  }
  const Result table = run_zext("jit --raw --unverified --json --probe 4,5 " + file);
  const json exceptions = json::parse(table.out)["programs"][0]["exceptions"];
  ASSERT_EQ(exceptions.size(), 2U) << table.out;
  EXPECT_EQ(exceptions[0]["dst"], 3);
  EXPECT_EQ(exceptions[0]["register"], "a2");
  EXPECT_LE(exceptions[0]["resume"], exceptions[1]["offset"]);
}

TEST(Cli, OnlyLoadsCanBeMarkedAsProbing) {
  const std::string file = assembled("unprobed",
                                     "r0 = 0x7700000000 ll\n"
                                     "r0 = *(u64 *)(r0 + 0)\n"
                                     "exit\n");
  for (const std::string command :
       {"jit", "run --on interpreter", "run --on lockstep", "jit --json"}) {
    const std::string start = command + " --raw --unverified ";
    for (const char* slots : {"0", "1", "2,3", "4", "x"}) {
      EXPECT_EQ(run_zext(start + file + " --probe " + slots).status, 2) << command << slots;
    }
    EXPECT_EQ(run_zext(start + file + " --probe 2").status, 0) << command;
  }
  const Result why = run_zext("run --on interpreter --raw --unverified --probe 3 " + file);
  EXPECT_NE(why.err.find("only a load can be marked as probing"), std::string::npos) << why.err;
  const Result object = run_zext("jit --raw --unverified --format elf --probe 2 " + file);
  EXPECT_EQ(object.status, 2);
  EXPECT_NE(object.err.find("exception table"), std::string::npos) << object.err;
}

TEST(Cli, BlindedCodeHidesConstantsAndDoesTheSame) {
  const std::string file = assembled("blinded",
                                     "r0 = 0x5a5a1234 ll\n"
                                     "r0 += 0x1337\n"
                                     "if r0 != 0x5a5a256b goto wrong\n"
                                     "*(u32 *)(r10 - 8) = 0x77778888\n"
                                     "exit\n"
                                     "wrong:\n"
                                     "r0 = 0\n"
                                     "exit\n");
  const std::string run = "run --raw --expect 0x5a5a256b --on lockstep " + file;
  EXPECT_EQ(run_zext(run + " --blind").status, 0);
  EXPECT_EQ(run_zext(run + " --blind-seed 7").status, 0);
  const std::string jit = "jit --raw --listing " + file;
  const std::string plain = "lui a5, 0x5a5a1\n";
  EXPECT_NE(run_zext(jit).out.find(plain), std::string::npos);
  const Result once = run_zext(jit + " --blind-seed 7");
  EXPECT_EQ(once.status, 0) << once.err;
  EXPECT_EQ(once.out.find(plain), std::string::npos) << once.out;
  EXPECT_NE(once.out.find(" xor "), std::string::npos) << once.out;
  EXPECT_EQ(run_zext(jit + " --blind-seed 7").out, once.out);
  EXPECT_NE(run_zext(jit + " --blind-seed 8").out, once.out);
  EXPECT_NE(run_zext(jit + " --blind").out, run_zext(jit + " --blind").out);
  EXPECT_EQ(run_zext(jit + " --blind-seed x").status, 2);
}

TEST(Cli, DamagedFilesAreBadInputInWordsAndInJson) {
  const std::string bytes = contents(kFilter);
  ASSERT_GT(bytes.size(), 100U);
  for (const std::string& file :
       {write("empty.o", ""), write("short.o", bytes.substr(0, 70)),
        write("text.o", "hello, world\n"), std::string("/nonexistent"), std::string("/")}) {
    for (const char* command : {"verify", "run", "disasm"}) {
      const Result result = run_zext(std::string(command) + " " + file);
      EXPECT_EQ(result.status, 2) << command << " " << file << result.out << result.err;
      EXPECT_NE(result.err.find("zext: error:"), std::string::npos) << result.err;
    }
    const Result result = run_zext("verify --json " + file);
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(json::parse(result.out).contains("error"));
  }
}

TEST(Cli, RawBytecode) {
  const std::string safe = assembled("safe", "r0 = 7\nexit\n");
  EXPECT_EQ(run_zext("verify --raw " + safe).status, 0);
  EXPECT_EQ(run_zext("run --raw --on interpreter --expect 7 " + safe).status, 0);
  EXPECT_EQ(run_zext("run --raw --on interpreter --expect 8 " + safe).status, 1);
  const std::string leak = assembled("leak", "r0 = *(u64 *)(r1 + 0x0)\nexit\n");
  EXPECT_EQ(run_zext("verify --raw " + leak).status, 1);
  EXPECT_EQ(run_zext("run --raw --on interpreter --mem 0011223344556677 " + leak).status, 1);
  EXPECT_EQ(run_zext("run --raw --on interpreter --unverified --mem 0011223344556677 "
                     "--expect 0x7766554433221100 " +
                     leak)
                .status,
            0);
  EXPECT_EQ(run_zext("verify --raw " + write("seven.bin", "1234567")).status, 2);
}

TEST(Cli, AnEndlessProgramIsRejectedOrStopped) {
  const std::string loop = assembled("loop", "r0 = 0\ngoto -0x2\nexit\n");
  EXPECT_EQ(run_zext("verify --raw " + loop).status, 1);
  for (const char* machine : {"interpreter", "rtl", "qemu", "lockstep"}) {
    const Result result =
        run_zext(std::string("run --raw --unverified --max-instructions 10000 --on ") + machine +
                 " " + loop);
    EXPECT_EQ(result.status, 3) << machine << result.out << result.err;
  }
}

TEST(Cli, AStrayAccessFaultsOnEveryMachine) {
  const std::string stray = assembled("stray", "r1 = 0x10\nr0 = *(u64 *)(r1 + 0x0)\nexit\n");
  for (const char* machine : {"interpreter", "rtl", "qemu", "lockstep"}) {
    const Result result =
        run_zext(std::string("run --raw --unverified --json --on ") + machine + " " + stray);
    EXPECT_EQ(result.status, 1) << machine << result.out << result.err;
    const json executions = json::parse(result.out)["executions"];
    EXPECT_EQ(executions.size(), machine == std::string("interpreter") ? 1U : 2U);
    for (const json& execution : executions) {
      EXPECT_EQ(execution["end"], "faulted") << result.out;
    }
  }
}

TEST(Cli, EveryMachineAgreesOnTheConstant) {
  const std::string constant = assembled("constant", "r0 = 0xffffffc0804df568 ll\nexit\n");
  for (const char* machine : {"interpreter", "rtl", "qemu", "lockstep"}) {
    const Result result =
        run_zext(std::string("run --raw --json --expect 0xffffffc0804df568 --on ") + machine + " " +
                 constant);
    EXPECT_EQ(result.status, 0) << machine << result.out << result.err;
    const json executions = json::parse(result.out)["executions"];
    EXPECT_EQ(executions.size(), machine == std::string("interpreter") ? 1U : 2U);
    for (const json& execution : executions) {
      EXPECT_EQ(execution["r0"], "0xffffffc0804df568");
    }
  }
}

TEST(Cli, LockstepFindsAFlippedBit) {
  const std::string sum = assembled("sum", "r0 = 1\nr2 = 2\nr0 += r2\nr0 *= r0\nr0 += r2\nexit\n");
  EXPECT_EQ(run_zext("run --raw --on lockstep --expect 11 " + sum).status, 0);
  int found = 0;
  for (int order = 0; order < 40; ++order) {
    const Result result =
        run_zext("run --raw --on lockstep --fault " + std::to_string(order) + ":0x10 " + sum);
    if (result.status == 1 && result.out.find("diverged") != std::string::npos) ++found;
  }
  EXPECT_GT(found, 10);
}

TEST(Cli, JitWritesCodeAndAListing) {
  const std::string code = scratch("code.bin");
  const Result listing = run_zext(std::string("jit --listing ") + kFilter + " -o " + code);
  EXPECT_EQ(listing.status, 0) << listing.err;
  EXPECT_GT(contents(code).size(), 100U);
  EXPECT_NE(listing.out.find("xdp_filter.c"), std::string::npos) << listing.out;
  EXPECT_NE(listing.out.find("c.jr ra"), std::string::npos) << listing.out;
  const Result refused = run_zext(std::string("jit ") + kUnsafe + " -o " + code);
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(run_zext(std::string("jit --unverified ") + kUnsafe + " -o " + code).status, 0);
}

TEST(Cli, DisassemblyIsReadBack) {
  const std::string text = "r3 = 0x1122334455667788 ll\nr0 = r3\nw0 s>>= 0x2\nexit\n";
  const std::string once = assembled("once", text);
  const Result shown = run_zext("disasm --raw --json " + once);
  ASSERT_EQ(shown.status, 0) << shown.err;
  std::string again;
  const json instructions = json::parse(shown.out)["programs"][0]["instructions"];
  EXPECT_EQ(instructions.size(), 4U);
  for (const json& insn : instructions) {
    again += insn["text"].get<std::string>() + "\n";
  }
  EXPECT_EQ(contents(assembled("twice", again)), contents(once));
}

}  // namespace
