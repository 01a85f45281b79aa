// pmp against the privileged manual (3.7.1), byte by byte, on random configurations.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <type_traits>

#include "Vpmp.h"

namespace zext::rtl_sim {
namespace {

using Wide = unsigned __int128;

constexpr unsigned kEntries = sizeof(Vpmp::pmp_cfg_i);  // a byte each

constexpr unsigned kLocked = 0x80;
enum Mode : unsigned { kUser = 0, kSupervisor = 1, kMachine = 3 };
enum Access : unsigned { kFetch, kLoad, kStore };

struct Entry {
  unsigned cfg = 0;
  uint64_t addr = 0;  // pmpaddr: 54 bits
};
using Entries = std::array<Entry, kEntries>;

struct Request {
  uint64_t addr = 0;
  unsigned size = 1;
  Access access = kLoad;
  Mode mode = kUser;
};

// Bytes [low, high) that entry i matches.
std::pair<Wide, Wide> region(const Entries& entries, unsigned i) {
  const Entry& entry = entries[i];
  const Wide addr = entry.addr;
  switch (entry.cfg >> 3 & 3) {
    case 1:
      return {i == 0 ? 0 : Wide{entries[i - 1].addr} << 2, addr << 2};
    case 2:
      return {addr << 2, (addr + 1) << 2};
    case 3: {
      const Wide size = Wide{8} << std::countr_one(entry.addr);
      return {(addr << 2) & ~(size - 1), ((addr << 2) & ~(size - 1)) + size};
    }
    default:
      return {0, 0};
  }
}

// What the manual says of a request, and why.
struct Verdict {
  bool ok = false;
  std::string why;
};

Verdict expected(const Entries& entries, const Request& request) {
  for (unsigned i = 0; i < kEntries; ++i) {
    const auto [low, high] = region(entries, i);
    unsigned matched = 0;
    for (unsigned byte = 0; byte < request.size; ++byte) {
      const Wide addr = Wide{request.addr} + byte;
      matched += low <= addr && addr < high;
    }
    if (matched == 0) continue;
    if (matched != request.size) return {false, "partial"};
    const unsigned cfg = entries[i].cfg;
    if (request.mode == kMachine && (cfg & kLocked) == 0) return {true, "unlocked"};
    const unsigned needed = request.access == kFetch ? 4 : request.access == kStore ? 2 : 1;
    if ((cfg & needed) != 0) return {true, "permitted"};
    return {false, request.mode == kMachine ? "locked" : "denied"};
  }
  if (request.mode == kMachine) return {true, "no match, M"};
  return {false, "no match"};
}

template <typename Port>
void set_bits(Port& port, unsigned from, unsigned width, uint64_t value) {
  if constexpr (std::is_integral_v<Port>) {
    const uint64_t mask = (uint64_t{1} << width) - 1;
    port = (port & ~(mask << from)) | (value & mask) << from;
  } else {
    for (unsigned i = 0; i < width; ++i) {
      const unsigned bit = from + i;
      const uint32_t one = uint32_t{1} << bit % 32;
      port.at(bit / 32) =
          (value >> i & 1) != 0 ? port.at(bit / 32) | one : port.at(bit / 32) & ~one;
    }
  }
}

class PmpTest : public testing::Test {
 protected:
  uint64_t below(uint64_t limit) { return random_() % limit; }

  // Addresses, in units of 4 bytes, of the small window that entries and requests share; now and
  // then the ends of the address space or anything at all.
  uint64_t unit() {
    constexpr uint64_t kAll = (uint64_t{1} << 54) - 1;
    switch (below(16)) {
      case 0:
        return below(4);
      case 1:
        return kAll - below(4);
      case 2:
        return random_() & kAll;
      default:
        return (uint64_t{0x80000000} >> 2) + below(64);
    }
  }

  Entries entries() {
    Entries result;
    for (Entry& entry : result) {
      entry.cfg = random_() & 0x9f;
      entry.addr = unit();
      // Regions of every size, of which those of 2 ^ 57 bytes are everything
      if ((entry.cfg & 0x18) == 0x18 && below(2) == 0) {
        const uint64_t ones = below(4) == 0 ? below(55) : below(6);
        entry.addr = (entry.addr | ((uint64_t{1} << ones) - 1)) & ~(uint64_t{1} << ones);
        entry.addr &= (uint64_t{1} << 54) - 1;
      }
    }
    // Equal and reversed bounds
    if (below(4) == 0) {
      const unsigned i = 1 + below(kEntries - 1);
      result[i].cfg = (result[i].cfg & ~0x18U) | 0x08;
      result[i].addr = result[i - 1].addr - below(2);
      result[i].addr &= (uint64_t{1} << 54) - 1;
    }
    return result;
  }

  Request request() {
    constexpr std::array kModes = {kUser, kSupervisor, kMachine};
    const unsigned size = unsigned{1} << below(4);
    const uint64_t addr = std::min((unit() << 2) + below(4), (uint64_t{1} << 56) - size);
    return {addr, size, static_cast<Access>(below(3)), kModes.at(below(3))};
  }

  void configure(const Entries& entries) {
    for (unsigned i = 0; i < kEntries; ++i) {
      set_bits(pmp_->pmp_cfg_i, 8 * i, 8, entries[i].cfg);
      set_bits(pmp_->pmp_addr_i, 54 * i, 54, entries[i].addr);
    }
  }

  bool ok(const Request& request) {
    pmp_->check_i = 1;
    pmp_->addr_i = request.addr;
    pmp_->last_i = request.size - 1;
    pmp_->access_i = request.access;
    pmp_->mode_i = request.mode;
    pmp_->eval();
    return pmp_->ok_o != 0;
  }

  std::string describe(const Entries& entries, const Request& request) {
    std::string text = "addr " + std::to_string(request.addr) + " size " +
                       std::to_string(request.size) + " access " + std::to_string(request.access) +
                       " mode " + std::to_string(request.mode);
    for (const Entry& entry : entries) {
      text += "\n  cfg " + std::to_string(entry.cfg) + " addr " + std::to_string(entry.addr);
    }
    return text;
  }

 private:
  std::unique_ptr<Vpmp> pmp_ = std::make_unique<Vpmp>();
  std::mt19937_64 random_{1};
};

TEST_F(PmpTest, Random) {
  std::map<std::string, int> seen;
  for (int i = 0; i < 5000; ++i) {
    const Entries config = entries();
    configure(config);
    for (int j = 0; j < 40; ++j) {
      const Request asked = request();
      const Verdict verdict = expected(config, asked);
      ASSERT_EQ(ok(asked), verdict.ok) << verdict.why << ": " << describe(config, asked);
      ++seen[verdict.why];
    }
  }
  for (const char* why :
       {"partial", "unlocked", "permitted", "locked", "denied", "no match, M", "no match"}) {
    EXPECT_GT(seen[why], 500) << why;
  }
}

// Each size of region with an access at either side of either end.
TEST_F(PmpTest, EveryNaturallyAlignedSize) {
  for (unsigned ones = 0; ones <= 54; ++ones) {
    const uint64_t all = (uint64_t{1} << 54) - 1;
    const uint64_t low_ones = (uint64_t{1} << ones) - 1;
    const uint64_t base = ones >= 53 ? 0 : uint64_t{1} << (ones + 1);
    Entries config;
    config[kEntries - 1] = {0x1f, (base | low_ones) & all};
    configure(config);
    const auto [low, high] = region(config, kEntries - 1);
    for (const Wide edge : {low, high}) {
      for (int offset = -9; offset <= 9; ++offset) {
        const Wide addr = edge + offset;
        for (const unsigned size : {1, 2, 4, 8}) {
          if (addr >> 56 != 0 || (addr + size - 1) >> 56 != 0) continue;
          const Request asked = {static_cast<uint64_t>(addr), size, kStore, kSupervisor};
          const Verdict verdict = expected(config, asked);
          ASSERT_EQ(ok(asked), verdict.ok) << verdict.why << ": " << describe(config, asked);
        }
      }
    }
  }
}

TEST_F(PmpTest, NothingConfigured) {
  configure({});
  EXPECT_TRUE(ok({0x80000000, 8, kLoad, kMachine}));
  EXPECT_FALSE(ok({0x80000000, 8, kLoad, kSupervisor}));
  EXPECT_FALSE(ok({0x80000000, 8, kFetch, kUser}));
}

}  // namespace
}  // namespace zext::rtl_sim
