// ifetch against its reference: random paths through random pages, with mode, page tables, PMP and
// code changing under them.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "rtl_sim/core/testbench/ifetch_bench.h"
#include "rtl_sim/core/testbench/ifetch_reference.h"

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kPage = 4096;

constexpr std::array<uint32_t, 12> kVpns = {
    0, 1, 2, 3, 0x1ff, 0x200, 0x201, 0x4'0000, 0x4'0002, 0x3ff'ffff, 0x400'0000, 0x7ff'ffff};

class RandomPath {
 public:
  RandomPath(uint64_t seed, uint64_t ram_size)
      : rng_(seed), reference_(seed, ram_size), bench_(reference_, seed) {
    for (reference_.asid = 0; reference_.asid < 3; ++reference_.asid) {
      for (uint32_t vpn : kVpns) reference_.remap(vpn);
    }
    reference_.asid = 1;
    bench_.set_bus_latency(1 + static_cast<unsigned>(random(12)), true);
    bench_.set_walk_latency(static_cast<unsigned>(random(12)));
    hasty_ = random(3) == 0;
  }

  void run(unsigned cycles) {
    bool quiet = true;
    unsigned waited = 0;
    for (unsigned cycle = 0; cycle < cycles; ++cycle) {
      if (random(10) == 0) quiet = !quiet;
      FetchEvents events = random_events();
      events.quiet = quiet;
      bench_.begin(events);
      count(events);
      waited = bench_.ready() ? 0 : waited + 1;
      ASSERT_LT(waited, 3000U) << "stuck at " << std::hex << bench_.pc();
      const uint64_t next = next_pc();
      bench_.end(next);
      if (next != bench_.pc()) waited = 0;
      if (random(150) == 0) change_configuration();
      if (::testing::Test::HasFatalFailure()) {
        FAIL() << "in cycle " << cycle;
      }
    }
  }

  // How often something of interest happened.
  std::map<std::string, unsigned> seen;

 private:
  uint64_t random(uint64_t below) { return rng_() % below; }

  FetchEvents random_events() {
    FetchEvents events;
    if (random(200) == 0) {
      events.invalidate = true;
      events.rewrite = random(2) == 0;
    }
    if (random(150) == 0) {
      events.sfence = true;
      events.remap = random(4) != 0;
      events.vpn = kVpns[random(kVpns.size())];
      events.by_address = random(2) == 0;
      events.by_asid = random(2) == 0 && !(events.remap && FetchReference::is_global(events.vpn));
    }
    return events;
  }

  void change_configuration() {
    switch (random(4)) {
      case 0:
        reference_.mode = std::array{kUser, kSupervisor, kSupervisor, kMachine}[random(4)];
        break;
      case 1:
        reference_.sv39 = random(4) != 0;
        break;
      case 2:
        reference_.asid = static_cast<unsigned>(random(3));
        break;
      default:
        reference_.randomize_pmp();
        break;
    }
  }

  uint64_t offset_in_page() {
    switch (random(4)) {
      case 0:
        return kPage - 2 * (1 + random(5));
      case 1:
        return 2 * random(40);
      case 2:
        return (random(kPage / 64) * 64 + kPage - 2 * random(5)) % kPage;
      default:
        return 2 * random(kPage / 2);
    }
  }

  uint64_t random_pc() {
    if (random(30) == 0) return rng_() & ~uint64_t{1};
    if (random(8) == 0) return (kRamBase + reference_.ram_size - 2 * random(8)) & ~uint64_t{1};
    if (!reference_.translates()) {
      return kRamBase + random(reference_.ram_size / kPage + 1) * kPage + offset_in_page();
    }
    const uint64_t pc = kVpns[random(kVpns.size())] * kPage + offset_in_page();
    const uint64_t sign = ~uint64_t{0} << 39;
    const bool negative = (pc >> 38 & 1) != 0;
    return negative != (random(40) == 0) ? pc | sign : pc;
  }

  uint64_t next_pc() {
    if (random(hasty_ ? 6 : 60) == 0) return random_pc();
    if (!bench_.ready()) return bench_.pc();
    if (random(4) == 0) return bench_.pc();  // decode stalls
    if (bench_.fault()) return random(4) == 0 ? random_pc() : bench_.pc();
    // A call, and back again: lines and pages that are known
    if (random(12) == 0) {
      std::swap(last_, recent_[random(recent_.size())]);
      return std::exchange(last_, bench_.pc());
    }
    return bench_.pc() + 2 * (1 + random(bench_.count()));
  }

  void count(const FetchEvents& events) {
    if (events.invalidate && bench_.refilling()) ++seen["invalidate during refill"];
    if (events.sfence && bench_.walking()) ++seen["sfence during walk"];
    if (!events.quiet && bench_.walking()) ++seen["walk goes on without quiet"];
    if (!bench_.ready()) {
      ++seen["not ready"];
      return;
    }
    if (bench_.refilling()) ++seen["ready during refill"];
    const std::string where = bench_.pc() % kPage == kPage - 2 ? " at the page's end" : "";
    if (bench_.fault()) {
      ++seen["fault " + std::to_string(bench_.cause()) + " after " +
             std::to_string(bench_.count()) + where];
    } else {
      ++seen[std::to_string(bench_.count()) + " halfwords" + where];
    }
  }

  std::mt19937_64 rng_;
  FetchReference reference_;
  FetchBench bench_;
  bool hasty_ = false;
  uint64_t last_ = kRamBase;
  std::array<uint64_t, 6> recent_{kRamBase, kRamBase, kRamBase, kRamBase, kRamBase, kRamBase};
};

TEST(Ifetch, RandomPathsGiveWhatTheReferenceSays) {
  std::map<std::string, unsigned> seen;
  constexpr std::array<uint64_t, 6> kSizes = {0x4000, 0x3ffe, 0x3ff4, 0x5001, 0x2ffc, 0x8000};
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    RandomPath path(seed, kSizes[seed % kSizes.size()]);
    path.run(6000);
    for (const auto& [what, times] : path.seen) seen[what] += times;
    if (HasFatalFailure()) FAIL() << "with seed " << seed;
  }
  // Nothing of this may have been missed.
  std::vector<std::string> must = {
      "not ready",
      "sfence during walk",
      "walk goes on without quiet",
      "2 halfwords",
      "3 halfwords",
      "4 halfwords",
      "1 halfwords at the page's end",
      "2 halfwords at the page's end",
      "fault 1 after 0",
      "fault 1 after 1",
      "fault 12 after 0",
      "fault 1 after 1 at the page's end",
      "fault 12 after 1 at the page's end",
  };
  if (kCaches) {
    must.insert(must.end(), {"invalidate during refill", "ready during refill"});
  }
  for (const std::string& what : must) EXPECT_GE(seen[what], 50U) << what;
}

}  // namespace
}  // namespace zext::rtl_sim
