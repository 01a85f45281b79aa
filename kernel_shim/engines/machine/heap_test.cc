// The heap gives out what is nobody's, takes it back, and in the end has all of it again.

#include "kernel_shim/engines/machine/heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace zext::shim {
namespace {

constexpr uint64_t kSize = uint64_t{16} << 20;

class HeapTest : public testing::Test {
 protected:
  HeapTest() : memory_(kSize + 4096) {
    first_ = reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(memory_.data()) + 4095) &
                                        ~uintptr_t{4095});
    heap_.start(first_, first_ + kSize);
  }

  std::vector<uint8_t> memory_;
  uint8_t* first_;
  Heap heap_;
};

TEST_F(HeapTest, BlocksBeginAtLinesAndDoNotOverlap) {
  std::mt19937 random(1);
  struct Block {
    uint8_t* bytes = nullptr;
    uint64_t size = 0;
  };
  std::vector<Block> blocks(200);
  for (int step = 0; step < 20'000; ++step) {
    const size_t number = random() % blocks.size();
    Block& block = blocks[number];
    const auto fill = static_cast<uint8_t>(number);
    for (uint64_t i = 0; i < block.size; ++i) ASSERT_EQ(block.bytes[i], fill);
    heap_.free(block.bytes, block.size);
    block.size = random() % 4 == 0 ? random() % 40'000 + 1 : random() % 2'100 + 1;
    block.bytes = static_cast<uint8_t*>(heap_.alloc(block.size));
    ASSERT_NE(block.bytes, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block.bytes) % 64, 0U);
    ASSERT_GE(block.bytes, first_);
    ASSERT_LE(block.bytes + block.size, first_ + kSize);
    std::memset(block.bytes, fill, block.size);
  }
}

TEST_F(HeapTest, PagesThatWereFreedBecomeOneRangeAgain) {
  std::mt19937 random(2);
  std::vector<void*> blocks;
  while (void* block = heap_.alloc(40'000)) blocks.push_back(block);
  EXPECT_EQ(blocks.size(), kSize / 40'960);
  std::ranges::shuffle(blocks, random);
  for (void* block : blocks) heap_.free(block, 40'000);
  EXPECT_EQ(heap_.alloc(kSize), first_);
}

TEST_F(HeapTest, WhereThereIsNoneItSaysSo) {
  EXPECT_EQ(heap_.alloc(kSize + 1), nullptr);
  EXPECT_EQ(heap_.alloc(~uint64_t{0}), nullptr);
  ASSERT_NE(heap_.alloc(kSize), nullptr);
  EXPECT_EQ(heap_.alloc(1), nullptr);
}

TEST_F(HeapTest, HighWaterIsBehindAllThatWasGivenOut) {
  EXPECT_EQ(heap_.high_water(), first_);
  void* block = heap_.alloc(100'000);
  const uint8_t* high = heap_.high_water();
  EXPECT_GE(high, static_cast<uint8_t*>(block) + 100'000);
  heap_.free(block, 100'000);
  heap_.alloc(64);
  EXPECT_EQ(heap_.high_water(), high);
}

}  // namespace
}  // namespace zext::shim
