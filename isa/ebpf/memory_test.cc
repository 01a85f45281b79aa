#include "isa/ebpf/memory.h"

#include <gtest/gtest.h>

#include <array>

namespace zext::ebpf {
namespace {

TEST(Memory, LoadsAndStoresLittleEndian) {
  std::array<uint8_t, 9> bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  Memory memory;
  ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = bytes}));
  EXPECT_EQ(memory.load(0x1000, 1), 0x01u);
  EXPECT_EQ(memory.load(0x1001, 2), 0x0302u);
  EXPECT_EQ(memory.load(0x1005, 4), 0x09080706u);
  EXPECT_EQ(memory.load(0x1001, 8), 0x0908070605040302u);
  EXPECT_TRUE(memory.store(0x1001, 2, 0xaabbccdd));
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[1], 0xdd);
  EXPECT_EQ(bytes[2], 0xcc);
  EXPECT_EQ(bytes[3], 4);
}

TEST(Memory, ReportsAccessesThatNoRegionContains) {
  std::array<uint8_t, 8> bytes{};
  Memory memory;
  ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = bytes}));
  for (const uint64_t address : {uint64_t{0}, uint64_t{0xfff}, uint64_t{0x1005}, uint64_t{0x1008},
                                 ~uint64_t{0}, uint64_t{0x1000} + (uint64_t{1} << 63)}) {
    const auto loaded = memory.load(address, 4);
    ASSERT_FALSE(loaded.has_value()) << address;
    EXPECT_EQ(loaded.error().address, address);
    EXPECT_EQ(loaded.error().bytes, 4u);
    EXPECT_FALSE(loaded.error().write);
    const auto stored = memory.store(address, 4, ~uint64_t{0});
    ASSERT_FALSE(stored.has_value());
    EXPECT_TRUE(stored.error().write);
    EXPECT_FALSE(stored.error().read_only);
  }
  EXPECT_EQ(memory.load(0x1000, 8), 0u);
}

TEST(Memory, NeighboursAreTwoRegions) {
  std::array<uint8_t, 4> low{1, 1, 1, 1};
  std::array<uint8_t, 4> high{2, 2, 2, 2};
  Memory memory;
  ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = low}));
  ASSERT_TRUE(memory.add({.base = 0x1004, .bytes = high}));
  EXPECT_EQ(memory.load(0x1000, 4), 0x01010101u);
  EXPECT_EQ(memory.load(0x1004, 4), 0x02020202u);
  EXPECT_FALSE(memory.load(0x1002, 4).has_value());
}

TEST(Memory, ReadOnlyRegion) {
  std::array<uint8_t, 4> bytes{7, 0, 0, 0};
  Memory memory;
  ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = bytes, .writable = false}));
  EXPECT_EQ(memory.load(0x1000, 4), 7u);
  const auto stored = memory.store(0x1000, 1, 9);
  ASSERT_FALSE(stored.has_value());
  EXPECT_TRUE(stored.error().read_only);
  EXPECT_EQ(bytes[0], 7);
}

TEST(Memory, RefusesRegionsThatAreEmptyWrapOrOverlap) {
  std::array<uint8_t, 8> bytes{};
  const std::span<uint8_t> all = bytes;
  Memory memory;
  EXPECT_FALSE(memory.add({.base = 0x1000, .bytes = {}}));
  EXPECT_FALSE(memory.add({.base = ~uint64_t{0} - 6, .bytes = all}));
  EXPECT_TRUE(memory.add({.base = ~uint64_t{0} - 7, .bytes = all}));  // ends with the last byte
  EXPECT_TRUE(memory.add({.base = 0x1000, .bytes = all}));
  EXPECT_FALSE(memory.add({.base = 0x1007, .bytes = all}));
  EXPECT_FALSE(memory.add({.base = 0xff9, .bytes = all}));
  EXPECT_FALSE(memory.add({.base = 0x1002, .bytes = all.first(1)}));
  EXPECT_TRUE(memory.add({.base = 0x1008, .bytes = all}));
  EXPECT_TRUE(memory.load(~uint64_t{0}, 1).has_value());
  EXPECT_FALSE(memory.load(~uint64_t{0}, 2).has_value());
}

TEST(Memory, RemovedRegionsAreGone) {
  std::array<uint8_t, 8> bytes{};
  Memory memory;
  ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = bytes}));
  ASSERT_TRUE(memory.add({.base = 0x2000, .bytes = bytes}));
  ASSERT_TRUE(memory.load(0x1000, 8).has_value());
  EXPECT_TRUE(memory.remove(0x1000));
  EXPECT_FALSE(memory.remove(0x1000));
  EXPECT_FALSE(memory.load(0x1000, 8).has_value());
  EXPECT_TRUE(memory.load(0x2000, 8).has_value());
}

}  // namespace
}  // namespace zext::ebpf
