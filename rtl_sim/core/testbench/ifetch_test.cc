// What ifetch does cycle by cycle, with known memory and pages; FetchBench checks what it fetches.
// Built with each of its memories: caches of different shapes, and ideal memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "rtl_sim/core/testbench/ifetch_bench.h"
#include "rtl_sim/core/testbench/ifetch_reference.h"

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kPage = 4096;
constexpr Leaf kUserPage{.ppn = kRamBase / kPage, .flags = 0xdb};
constexpr Leaf kSupervisorPage{.ppn = kRamBase / kPage, .flags = 0xcb};

bool begins_long(const FetchReference& reference, uint64_t pc) {
  return (reference.at(pc).data & 3) == 3;
}

// ------------------------------------------------------------------------------------------------
// Cycles
// ------------------------------------------------------------------------------------------------

struct Setting {
  const char* name;
  unsigned mode;
  bool sv39;
  uint64_t base;  // of the code
};

constexpr std::array<Setting, 3> kSettings = {{
    {"machine", kMachine, true, kRamBase},
    {"bare", kUser, false, kRamBase},
    {"translated", kSupervisor, true, 0x20'0000},
}};

// Everything is permitted, memory is two pages, and the superpage at 2 MiB begins with them.
FetchReference two_pages(const Setting& setting) {
  FetchReference reference(7, 2 * kPage);
  reference.mode = setting.mode;
  reference.sv39 = setting.sv39;
  reference.pmp_cfg[0] = 0x0f;
  reference.pmp_addr[0] = (uint64_t{1} << 54) - 1;
  Leaf leaf = kSupervisorPage;
  leaf.level = 1;
  reference.map(0x200, leaf);
  return reference;
}

// All code changes.
void fence_i(FetchBench& bench) {
  bench.begin({.invalidate = true, .rewrite = true});
  bench.end(bench.pc());
}

// 512 bytes, half of them in either page.
constexpr uint64_t kNear = 256;  // halfwords
uint64_t near_the_middle(const Setting& setting, uint64_t random) {
  return setting.base + kPage - kNear + 2 * (random % kNear);
}

// Every line is there, and so are both translations.
void warm_up(FetchBench& bench, const Setting& setting) {
  for (uint64_t requests = ~uint64_t{0}; requests != bench.requests;) {
    requests = bench.requests;
    for (uint64_t i = 0; i < kNear; ++i) bench.go(near_the_middle(setting, i));
  }
}

TEST(Ifetch, NoBubbleWhateverTheAddress) {
  for (const Setting& setting : kSettings) {
    SCOPED_TRACE(setting.name);
    FetchReference reference = two_pages(setting);
    FetchBench bench(reference, 1);
    warm_up(bench, setting);
    const uint64_t requests = bench.requests;
    std::mt19937_64 rng(2);
    for (unsigned i = 0; i < 5000 && !HasFatalFailure(); ++i) {
      const uint64_t left = kPage - bench.pc() % kPage;
      bench.begin();
      const uint64_t next = near_the_middle(setting, rng());
      // Of the two halves of an instruction ideal memory gives one a cycle.
      if (i == 0 || (!kCaches && left == 2)) {
        bench.end(next);
        continue;
      }
      ASSERT_TRUE(bench.ready()) << std::hex << bench.pc();
      ASSERT_FALSE(bench.fault());
      const unsigned whole = begins_long(reference, bench.pc()) ? 2 : 1;
      ASSERT_EQ(bench.count(), left == 2 ? whole : std::min<uint64_t>(4, left / 2));
      bench.end(next);
    }
    EXPECT_EQ(bench.requests, requests);
  }
}

TEST(Ifetch, StraightCodeTakesACycleAWindow) {
  for (const Setting& setting : kSettings) {
    SCOPED_TRACE(setting.name);
    FetchReference reference = two_pages(setting);
    FetchBench bench(reference, 1);
    warm_up(bench, setting);
    bench.go(near_the_middle(setting, 0));
    unsigned cycles = 0;
    while (bench.pc() < near_the_middle(setting, kNear - 1)) {
      ASSERT_TRUE(bench.ready());
      ASSERT_EQ(bench.count(), 4U);
      bench.end(bench.pc() + 8);
      bench.begin();
      ++cycles;
    }
    EXPECT_EQ(cycles, kNear / 4);
  }
}

TEST(Ifetch, InstructionAcrossPages) {
  for (const Setting& setting : kSettings) {
    SCOPED_TRACE(setting.name);
    FetchReference reference = two_pages(setting);
    const uint64_t pc = setting.base + kPage - 2;
    while (!begins_long(reference, pc)) reference.rewrite();
    FetchBench bench(reference, 1);
    bench.go(pc);
    EXPECT_EQ(bench.count(), 2U);
    // It stays there while decode waits, and needs no bubble (ideal memory: 2) when it comes again.
    for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(bench.go(pc), 0U);
    bench.go(setting.base);
    EXPECT_EQ(bench.go(pc), kCaches ? 0U : 2U);

    while (begins_long(reference, pc)) fence_i(bench);
    bench.go(pc);
    EXPECT_EQ(bench.count(), 1U);
    EXPECT_FALSE(bench.fault());
  }
}

TEST(Ifetch, FollowingPageDoesNotDisplaceItsOwn) {
  const Setting& setting = kSettings[2];
  FetchReference reference = two_pages(setting);
  reference.map(0, kSupervisorPage);
  const uint64_t pc = setting.base + kPage - 2;
  while (!begins_long(reference, pc)) reference.rewrite();
  FetchBench bench(reference, 1);
  bench.go(0);
  bench.go(pc);
  // Both pages are in the TLB, but only the first one in a page register; in each round in another.
  for (unsigned round = 0; round < 4; ++round) {
    bench.go(0);
    bench.go(setting.base + kPage);
    bench.go(setting.base);
    bench.go(0);
    EXPECT_EQ(bench.go(pc), kCaches ? 1U : 3U);
  }
}

TEST(Ifetch, WordsOfALineAreThereAsTheyArrive) {
  if (!kCaches) GTEST_SKIP() << "nothing to refill";
  const Setting& setting = kSettings[0];
  FetchReference reference = two_pages(setting);
  FetchBench bench(reference, 1);
  constexpr unsigned kLatency = 20;
  bench.set_bus_latency(kLatency, false);
  for (uint64_t word = 0; word < kLineBytes / 8; ++word) {
    // Asked for in the first cycle, word 0 comes kLatency later and is there in the cycle after.
    const uint64_t pc = kRamBase + 2 * kLineBytes * word + 8 * word;
    EXPECT_EQ(bench.go(pc), kLatency + 1 + word);
    for (unsigned i = 0; i < kLineBytes; ++i) bench.go(pc);
  }
  EXPECT_EQ(bench.requests, kLineBytes / 8);
  // A window whose second line is missing is given as far as the first one goes.
  EXPECT_EQ(bench.go(kRamBase + kPage), kLatency + 1);
  for (unsigned i = 0; i < kLineBytes; ++i) bench.go(kRamBase + kPage);
  EXPECT_EQ(bench.go(kRamBase + kPage + kLineBytes - 4), 0U);
  EXPECT_EQ(bench.count(), 2U);
}

TEST(Ifetch, AnotherLineHitsDuringARefill) {
  if (!kCaches) GTEST_SKIP() << "nothing to refill";
  const Setting& setting = kSettings[0];
  FetchReference reference = two_pages(setting);
  FetchBench bench(reference, 1);
  for (unsigned i = 0; i < 20; ++i) bench.go(kRamBase);
  bench.begin();
  bench.end(kRamBase + kPage / 2);
  bench.begin();
  ASSERT_FALSE(bench.ready());
  bench.end(kRamBase);
  bench.begin();
  EXPECT_TRUE(bench.refilling());
  EXPECT_TRUE(bench.ready());
}

// ------------------------------------------------------------------------------------------------
// Protection and page walks
// ------------------------------------------------------------------------------------------------

TEST(Ifetch, LinesThatPmpDeniesAreNotAskedFor) {
  for (const Setting& setting : kSettings) {
    SCOPED_TRACE(setting.name);
    FetchReference reference = two_pages(setting);
    // Locked: the 4 bytes at 0x104 may not be executed.
    reference.pmp_cfg = {0x90, 0x1f};
    reference.pmp_addr = {(kRamBase + 0x104) >> 2, (uint64_t{1} << 54) - 1};
    FetchBench bench(reference, 1);
    bench.go(setting.base + 0x106);
    EXPECT_TRUE(bench.fault());
    EXPECT_EQ(bench.count(), 0U);
    EXPECT_EQ(bench.requests, 0U);
    bench.go(setting.base + 0x102);
    EXPECT_TRUE(bench.fault());
    EXPECT_EQ(bench.count(), 1U);
    EXPECT_EQ(bench.cause(), kFetchAccess);
    // Before it there is an instruction; it stays for as long as decode does.
    bench.go(setting.base + 0x100);
    for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(bench.go(setting.base + 0x100), 0U);
    EXPECT_FALSE(bench.fault());
    EXPECT_EQ(bench.count(), 2U);
    // What does not touch it is fetched as ever.
    bench.go(setting.base + 0x108);
    EXPECT_EQ(bench.go(setting.base + 0x108), 0U);
    EXPECT_EQ(bench.count(), 4U);
  }
}

TEST(Ifetch, WalkWaitsUntilNothingOlderIsInFlight) {
  const Setting& setting = kSettings[2];
  FetchReference reference = two_pages(setting);
  FetchBench bench(reference, 1);
  bench.set_walk_latency(0);
  for (unsigned i = 0; i < 50; ++i) {
    bench.begin({.quiet = false});
    EXPECT_FALSE(bench.ready());
    EXPECT_FALSE(bench.walking());
    bench.end(setting.base);
  }
  // From here on one cycle is enough: the walk goes on without it.
  bench.begin({.quiet = true});
  bench.end(setting.base);
  for (unsigned i = 0; i < 50; ++i) {
    bench.begin({.quiet = false});
    bench.end(setting.base);
  }
  EXPECT_EQ(bench.walks, 1U);
  bench.begin({.quiet = false});
  EXPECT_TRUE(bench.ready());
}

TEST(Ifetch, CompressedInstructionAtThePagesEndNeedsNoWalk) {
  FetchReference reference = two_pages(kSettings[2]);
  reference.map(0, kSupervisorPage);
  while (begins_long(reference, kPage - 2)) reference.rewrite();
  FetchBench bench(reference, 1);
  bench.go(kPage - 2);
  EXPECT_EQ(bench.count(), 1U);
  EXPECT_EQ(bench.walks, 1U);
  // A 32-bit one does, and is a page fault at its second halfword.
  while (!begins_long(reference, kPage - 2)) fence_i(bench);
  bench.go(kPage - 2);
  EXPECT_EQ(bench.count(), 1U);
  EXPECT_TRUE(bench.fault());
  EXPECT_EQ(bench.cause(), kFetchPage);
  EXPECT_EQ(bench.walks, 2U);
}

TEST(Ifetch, FaultIsForgottenWhenFetchGoesElsewhere) {
  FetchReference reference = two_pages(kSettings[2]);
  reference.map(0, kSupervisorPage);
  FetchBench bench(reference, 1);
  bench.go(0);
  EXPECT_EQ(bench.walks, 1U);
  bench.go(kPage);
  EXPECT_TRUE(bench.fault());
  for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(bench.go(kPage), 0U);
  EXPECT_EQ(bench.walks, 2U);
  // No sfence.vma: that a page did not exist is not kept.
  bench.go(0);
  reference.map(1, kSupervisorPage);
  bench.go(kPage);
  EXPECT_FALSE(bench.fault());
  EXPECT_EQ(bench.walks, 3U);
}

TEST(Ifetch, ModeDecidesAboutAPageThatIsThere) {
  FetchReference reference = two_pages(kSettings[2]);
  reference.map(0, kUserPage);
  reference.mode = kUser;
  FetchBench bench(reference, 1);
  bench.go(0);
  EXPECT_FALSE(bench.fault());
  reference.mode = kSupervisor;
  EXPECT_EQ(bench.go(0), 0U);
  EXPECT_TRUE(bench.fault());
  EXPECT_EQ(bench.cause(), kFetchPage);
  reference.mode = kMachine;
  bench.go(0);
  EXPECT_EQ(bench.cause(), kFetchAccess);
  reference.mode = kUser;
  bench.go(0);
  EXPECT_FALSE(bench.fault());
  EXPECT_EQ(bench.walks, 1U);
}

}  // namespace
}  // namespace zext::rtl_sim
