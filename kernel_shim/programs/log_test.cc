// The verifier's log as the caller of BPF_PROG_LOAD gets it.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "kernel_shim/programs/testing/loads.h"

namespace zext::shim {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kLast[] = "mark_read 0\n";

TEST(Log, OfAcceptanceIsTheStatistics) {
  Loads loads;
  EXPECT_EQ(loads.load({.level = 1}).log,
            "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "
            "mark_read 0\n");
  const std::string statistics = loads.load({.level = 4}).log;
  EXPECT_TRUE(std::regex_match(
      statistics,
      std::regex("verification time [0-9]+ usec\nstack depth [0-9]+\nprocessed 2 insns.*\n")))
      << statistics;
}

TEST(Log, AtLevelTwoShowsEachInstruction) {
  Loads loads;
  const std::string log = loads.load({.level = 2}).log;
  EXPECT_THAT(log, StartsWith("func#0 @0\n0: R1=ctx"));
  EXPECT_THAT(log, HasSubstr("0: (b7) r0 = 0"));
  EXPECT_THAT(log, HasSubstr("1: (95) exit"));
  EXPECT_THAT(log, EndsWith(kLast));
}

TEST(Log, OfARejectionShowsItsPathAndWhy) {
  Loads loads;
  const Loaded loaded = loads.load({.text = "r0 = *(u32 *)(r1 + 0)\nif r0 == 7 goto other\n"
                                            "r0 = 1\nexit\nother:\nr0 = r4\nexit\n",
                                    .level = 1});
  EXPECT_EQ(loaded.result, -EACCES);
  // Only the path that failed.
  EXPECT_THAT(loaded.log, Not(HasSubstr("r0 = 1")));
  EXPECT_THAT(loaded.log, HasSubstr("from 1 to 4: "));
  EXPECT_THAT(loaded.log, HasSubstr("[uninitialised-register]"));
  EXPECT_THAT(loaded.log, HasSubstr("\nR4 !read_ok\nprocessed "));
  EXPECT_THAT(loaded.log, EndsWith(kLast));
}

// What libbpf's probes look for, and what it makes "failed to resolve CO-RE relocation" of.
TEST(Log, SaysWhichHelpersAreNotThere) {
  Loads loads;
  EXPECT_THAT(loads.load({.text = "call 4711\nexit\n", .level = 1}).log,
              StartsWith("0: (85) call unknown#4711\ninvalid func unknown#4711\n"));
  EXPECT_THAT(loads.load({.text = "call 0\nexit\n", .level = 1}).log,
              HasSubstr("\nunknown func bpf_unspec#0\n"));
  EXPECT_THAT(loads.load({.text = "call 65\nexit\n", .level = 1}).log,
              HasSubstr("\nunknown func bpf_xdp_adjust_tail#65\n"));
}

TEST(Log, OfWhatNoInstructionIs) {
  Loads loads;
  const auto broken = [&](ebpf::Slot slot) {
    return loads.load({.level = 1},
                      [&](bpf_attr& attr) { *reinterpret_cast<ebpf::Slot*>(attr.insns) = slot; });
  };
  EXPECT_THAT(broken({.opcode = 0x8d}).log, StartsWith("unknown opcode 8d\n"));
  EXPECT_THAT(broken({.opcode = 0xff}).log, StartsWith("unknown opcode ff\n"));
  EXPECT_THAT(broken({.opcode = 0x05, .offset = 7}).log,
              StartsWith("jump out of range from insn 0 to 8\n"));
  EXPECT_THAT(broken({.opcode = 0xb7, .registers = 0x0b}).log, StartsWith("R11 is invalid\n"));
  const Loaded frame = broken({.opcode = 0xb7, .registers = 0x0a});
  EXPECT_EQ(frame.result, -EACCES);
  EXPECT_THAT(frame.log, StartsWith("frame pointer is read only\n"));
}

TEST(Log, ThatIsTooLongSaysSo) {
  Loads loads;
  const Loaded loaded = loads.load({.level = 2, .room = 128});
  EXPECT_EQ(loaded.result, -ENOSPC);
  EXPECT_EQ(loaded.log.size(), 127u);
}

TEST(Log, AtABadAddressIsAFault) {
  Loads loads;
  const Loaded loaded = loads.load({.level = 1}, [](bpf_attr& attr) { attr.log_buf = 8; });
  EXPECT_EQ(loaded.result, -EFAULT);
}

}  // namespace
}  // namespace zext::shim
