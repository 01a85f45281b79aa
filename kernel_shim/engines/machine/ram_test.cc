// RAM is at its addresses, mirrored pages are seen twice, and what is freed is RAM again.

#include "kernel_shim/engines/machine/ram.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace zext::shim::machine {
namespace {

constexpr uint64_t kSize = uint64_t{32} << 20;

std::unique_ptr<Ram> make() {
  auto ram = Ram::create(kSize);
  EXPECT_TRUE(ram) << ram.error();
  return std::move(*ram);
}

TEST(MachineRam, OneAtATime) {
  const auto ram = make();
  EXPECT_FALSE(Ram::create(kSize));
}

TEST(MachineRam, AnotherOneAfterTheFirstIsZero) {
  void* place = nullptr;
  {
    const auto ram = make();
    place = ram->mailbox().heap.alloc(4096);
    std::memset(place, 1, 4096);
  }
  const auto ram = make();
  EXPECT_EQ(ram->mailbox().heap.alloc(4096), place);
  EXPECT_EQ(static_cast<uint8_t*>(place)[4000], 0);
}

TEST(MachineRam, AMirrorShowsTheSameBytes) {
  const auto ram = make();
  auto* ring = static_cast<uint8_t*>(ram->pages_alloc(4096 * 6, 4096 * 2));
  ASSERT_NE(ring, nullptr);
  for (uint64_t i = 0; i < 4096 * 4; ++i) ring[4096 * 2 + i] = static_cast<uint8_t>(i * 7 >> 3);
  EXPECT_EQ(std::memcmp(ring + 4096 * 2, ring + 4096 * 6, 4096 * 4), 0);
  ring[4096 * 6 + 5] = 0xee;
  EXPECT_EQ(ring[4096 * 2 + 5], 0xee);
  // RAM shows it too, where the machine's memory bus will look.
  EXPECT_EQ(ram->pages().begin()->second.place[4096 * 2 + 5], 0xee);
  EXPECT_TRUE(ram->contains(ring, 4096 * 10));
  EXPECT_FALSE(ram->contains(ring, 4096 * 10 + 1));
}

TEST(MachineRam, PagesAreZeroAndOnesOwnFile) {
  const auto ram = make();
  auto* first = static_cast<uint8_t*>(ram->pages_alloc(8192, KSHIM_NO_MIRROR));
  ASSERT_NE(first, nullptr);
  std::memset(first, 0x55, 8192);
  ram->pages_free(first, 8192, KSHIM_NO_MIRROR);
  auto* second = static_cast<uint8_t*>(ram->pages_alloc(8192, KSHIM_NO_MIRROR));
  EXPECT_EQ(second, first);
  EXPECT_EQ(second[100], 0);
  const auto found = ram->find(second + 4096);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->offset, 4096U);
  auto* other =
      static_cast<uint8_t*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, found->fd, 0));
  ASSERT_NE(other, MAP_FAILED);
  second[5000] = 0x77;
  EXPECT_EQ(other[5000], 0x77);
  munmap(other, 8192);
  EXPECT_FALSE(ram->find(second + 8192));
}

TEST(MachineRam, AMirrorsSecondViewIsFoundInTheFile) {
  const auto ram = make();
  auto* ring = static_cast<uint8_t*>(ram->pages_alloc(4096 * 3, 4096));
  const auto found = ram->find(ring + 4096 * 4);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->offset, 4096U * 2);
}

TEST(MachineRam, AddressesOfMirrorsAreUsedAgain) {
  const auto ram = make();
  std::vector<void*> rings;
  for (int i = 0; i < 10; ++i) rings.push_back(ram->pages_alloc(4096 * 2, 4096));
  void* third = rings[2];
  ram->pages_free(third, 4096 * 2, 4096);
  EXPECT_EQ(ram->pages_alloc(4096 * 2, 4096), third);
}

TEST(MachineRam, ImpossiblePagesAreNone) {
  const auto ram = make();
  EXPECT_EQ(ram->pages_alloc(0, KSHIM_NO_MIRROR), nullptr);
  EXPECT_EQ(ram->pages_alloc(100, KSHIM_NO_MIRROR), nullptr);
  EXPECT_EQ(ram->pages_alloc(4096, 4096), nullptr);
  EXPECT_EQ(ram->pages_alloc(kSize, KSHIM_NO_MIRROR), nullptr);
  EXPECT_NE(ram->mailbox().heap.alloc(kSize / 2), nullptr) << "nothing was lost";
}

}  // namespace
}  // namespace zext::shim::machine
