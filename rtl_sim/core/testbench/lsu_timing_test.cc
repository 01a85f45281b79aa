// How many cycles accesses of the load and store unit stay in memory, and what waits for what.
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtl_sim/core/testbench/lsu_bench.h"

namespace lsu {
namespace {

constexpr unsigned kLatency = 20;

using Cycles = std::vector<unsigned>;

Access load(uint64_t offset, uint8_t funct3 = 3) {
  return {.op = kLoad, .funct3 = funct3, .vaddr = kRamBase + offset};
}

Access store(uint64_t offset, uint64_t value = 1, uint8_t funct3 = 3) {
  return {.op = kStore, .funct3 = funct3, .vaddr = kRamBase + offset, .wdata = value};
}

Access atomic(uint8_t amo, uint64_t offset, uint64_t value = 1) {
  return {.op = kAtomic, .funct3 = 3, .amo = amo, .vaddr = kRamBase + offset, .wdata = value};
}

class Timing : public testing::Test {
 protected:
  Timing() : bench_(1) { bench_.behaviour.min_latency = bench_.behaviour.max_latency = kLatency; }

  // Back to back; for each how long it is in memory.
  Cycles run(const std::vector<Access>& accesses) {
    const size_t before = bench_.latencies().size();
    for (const Access& access : accesses) bench_.issue(access);
    bench_.drain();
    EXPECT_FALSE(bench_.failed());
    return {bench_.latencies().begin() + static_cast<std::ptrdiff_t>(before),
            bench_.latencies().end()};
  }

  // Until nothing goes on behind the pipeline.
  void settle() {
    for (unsigned i = 0; i < 400; ++i) bench_.cycle();
  }

  void warm(uint64_t offset) {
    run({load(offset)});
    settle();
  }

  Bench bench_;
};

TEST_F(Timing, HitsTakeOneCycleWhateverTheirAlignment) {
  warm(0);
  const uint64_t before = bench_.cycles();
  EXPECT_EQ(run({load(0), load(3), load(5, 2), load(8), load(13), load(17, 1), load(1, 0)}),
            Cycles(7, 1));
  // And one cycle to get from execute to memory.
  EXPECT_EQ(bench_.cycles() - before, 8);
}

TEST_F(Timing, AStoreThatHitsIsSeenByTheLoadBehindIt) {
  warm(0);
  EXPECT_EQ(run({store(3, 0x1122334455667788), load(0), load(6), store(0, 5, 0), load(0, 2)}),
            Cycles(5, 1));
}

TEST_F(Timing, AtomicsTakeTwoCyclesToWrite) {
  warm(0);
  EXPECT_EQ(run({atomic(kAmoAdd, 8), load(8), atomic(kLr, 8), atomic(kSc, 8), load(8)}),
            (Cycles{2, 1, 1, 1, 1}));
  EXPECT_EQ(bench_.outcomes.at(bench_.outcomes.size() - 2).result, 0U);
}

TEST_F(Timing, ADeviceTakesAsLongAsItsAnswer) {
  const Access access = {.op = kLoad, .funct3 = 2, .vaddr = kDevice};
  EXPECT_EQ(run({access, access}), Cycles(2, kLatency + 3));
}

TEST_F(Timing, ADeviceWaitsForStores) {
  if (!kCaches) GTEST_SKIP();
  const Access access = {.op = kStore, .funct3 = 2, .vaddr = kDevice};
  const Cycles cycles = run({store(0), access});
  EXPECT_GT(cycles.at(1), 2 * kLatency);
}

TEST_F(Timing, ALoadThatMissesGoesOnWithItsWord) {
  if (!kCaches) GTEST_SKIP();
  EXPECT_EQ(run({load(0)}), Cycles{kLatency + 4});
  EXPECT_EQ(bench_.misses(), 1U);
  // The last word comes one a cycle after the first; two cycles of these went by on the way here.
  EXPECT_EQ(run({load(kLineBytes - 8)}), Cycles{(kLineBytes / 8) - 2});
}

TEST_F(Timing, ADirtyVictimCostsNothing) {
  if (!kCaches) GTEST_SKIP();
  // More lines of one set than there are ways, all dirty.
  for (uint64_t i = 0; i < 10; ++i) {
    run({load(i << 12), store(i << 12)});
    settle();
  }
  EXPECT_GT(bench_.write_backs(), 0U);
  EXPECT_EQ(run({load(10 << 12)}), Cycles{kLatency + 4});
}

TEST_F(Timing, StoresThatMissDoNotWait) {
  if (!kCaches) GTEST_SKIP();
  warm(0x100);
  EXPECT_EQ(run({store(0x40), load(0x100), store(0x44), load(0x108), store(0x100), load(0x100)}),
            Cycles(6, 1));
  settle();
  EXPECT_EQ(run({load(0x40)}), Cycles{1});
}

TEST_F(Timing, AFullStoreBufferMakesStoresWait) {
  if (!kCaches) GTEST_SKIP();
  std::vector<Access> stores(LSU_STORES + 1, store(0x40));
  const Cycles cycles = run(stores);
  EXPECT_EQ(Cycles(cycles.begin(), cycles.end() - 1), Cycles(LSU_STORES, 1));
  EXPECT_GT(cycles.back(), kLatency);
}

TEST_F(Timing, AnAccessIntoAnotherLineTakesASecondCycle) {
  if (!kCaches) GTEST_SKIP();
  warm(0);
  warm(kLineBytes);
  EXPECT_EQ(run({load(kLineBytes - 3), load(kLineBytes - 1, 1), load(0), store(kLineBytes - 4)}),
            (Cycles{2, 2, 1, 2}));
  settle();
  EXPECT_EQ(run({load(kLineBytes - 4)}), Cycles{2});
}

TEST_F(Timing, WithoutACacheOnlyPagesAreInTheWay) {
  if (kCaches) GTEST_SKIP();
  EXPECT_EQ(run({load(0x123), store(0x3d), load(0x3f), load(0xffc), store(0xffd, 77), load(0xffd)}),
            (Cycles{1, 1, 1, 3, 3, 3}));
}

TEST_F(Timing, AKilledStoreIsNone) {
  warm(0);
  bench_.behaviour.kill = 100;
  run({store(0, 99), store(0x40, 99), store(kLineBytes - 4, 99), atomic(kAmoSwap, 8, 99)});
  bench_.behaviour.kill = 0;
  run({load(0), load(0x40), load(kLineBytes - 4), load(8)});
  bench_.clean();
  EXPECT_FALSE(bench_.failed());
}

TEST_F(Timing, ReservationsAreOfWords) {
  const auto sc = [this](const std::vector<Access>& accesses) {
    run(accesses);
    return bench_.outcomes.back().result;
  };
  Access lr_word = atomic(kLr, 8);
  Access sc_word = atomic(kSc, 8);
  lr_word.funct3 = sc_word.funct3 = 2;
  EXPECT_EQ(sc({lr_word, sc_word}), 0U);
  EXPECT_EQ(sc({lr_word, atomic(kSc, 8)}), 1U);
  EXPECT_EQ(sc({atomic(kLr, 8), sc_word}), 0U);
  EXPECT_EQ(sc({lr_word, store(12, 0, 2), sc_word}), 0U);
  EXPECT_EQ(sc({lr_word, store(5, 0, 2), sc_word}), 1U);
  EXPECT_EQ(sc({lr_word, store(11, 0, 0), sc_word}), 1U);
}

// Nothing is dirty yet when the line has come.
TEST_F(Timing, CleaningWaitsForStores) {
  run({store(0x40, 7)});
  bench_.clean();
  EXPECT_FALSE(bench_.failed());
}

// A page table entry that is still in the store buffer.
TEST_F(Timing, TheWalkerSeesStores) {
  constexpr uint64_t kRoot = 0x10000;
  run({store(kRoot + 8, (((kRamBase + 0x11000) >> 12) << 10) | 1), store(0x11000, 0x200000cf)});
  Context context;
  context.mode = 1;
  context.sv39 = true;
  context.root = kRamBase + kRoot;
  context.pmp_cfg.at(0) = 0x1f;
  context.pmp_addr.at(0) = (uint64_t{1} << 54) - 1;
  bench_.enter(context, true);
  run({{.op = kLoad, .funct3 = 3, .vaddr = 0x4001'1000}});
  EXPECT_EQ(bench_.outcomes.back().result, 0x200000cfU);
}

}  // namespace
}  // namespace lsu
