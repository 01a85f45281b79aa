#include "kernel_shim/maps/bloom/bloom.h"

#include <errno.h>

#include <thread>

#include "kernel_shim/maps/testing/test_kernel.h"

namespace zext::shim {
namespace {

MapAttributes bloom(uint32_t value_size, uint32_t entries, uint64_t hashes = 0,
                    uint32_t flags = 0) {
  return {.type = BPF_MAP_TYPE_BLOOM_FILTER,
          .value_size = value_size,
          .max_entries = entries,
          .flags = flags,
          .extra = hashes};
}

int has(TestKernel& kernel, TestMap& map, uint64_t value) {
  return map_copy_value(kernel, *map, nullptr, &value, 0);
}

TEST(Bloom, SaysWhatCannotBeMade) {
  TestKernel kernel;
  MapAttributes keyed = bloom(8, 1);
  keyed.key_size = 4;
  EXPECT_EQ(kernel.try_create(keyed), -EINVAL);
  EXPECT_EQ(kernel.try_create(bloom(0, 1)), -EINVAL);
  EXPECT_EQ(kernel.try_create(bloom(8, 0)), -EINVAL);
  EXPECT_EQ(kernel.try_create(bloom(8, 1, 16)), -EINVAL);
  EXPECT_EQ(kernel.try_create(bloom(8, 1, 15)), 0);
  EXPECT_EQ(kernel.try_create(bloom(8, 1, 0, BPF_F_NO_PREALLOC)), -EINVAL);
  EXPECT_EQ(kernel.try_create(bloom(8, 1, 0, BPF_F_ZERO_SEED | BPF_F_RDONLY_PROG)), 0);
  EXPECT_EQ(kernel.try_create(bloom(kMaxValueSize + 1, 0)), -E2BIG);
  MapAttributes other = bloom(8, 1, 1);
  other.type = BPF_MAP_TYPE_QUEUE;
  EXPECT_EQ(kernel.try_create(other), -EINVAL) << "only bloom filters have map_extra";
}

TEST(Bloom, IsNoTable) {
  TestKernel kernel;
  TestMap map = kernel.create(bloom(8, 10));
  uint64_t value = 1;
  EXPECT_EQ(map_next_key(kernel, *map, nullptr, nullptr), -EOPNOTSUPP);
  EXPECT_EQ(map_delete_value(kernel, *map, nullptr), -EOPNOTSUPP);
  EXPECT_EQ(map_take_value(kernel, *map, nullptr, &value, 0), -kNotSupported);
  EXPECT_EQ(map_update_value(kernel, *map, nullptr, &value, BPF_EXIST), -EINVAL);
  EXPECT_EQ(map_update_value(kernel, *map, nullptr, &value, BPF_NOEXIST), -EINVAL);
}

TEST(Bloom, NeverForgetsAndRarelyInvents) {
  TestKernel kernel;
  for (const uint64_t hashes : {0, 1, 2, 5, 15}) {
    constexpr uint64_t kValues = 2000;
    TestMap map = kernel.create(bloom(8, kValues, hashes));
    for (uint64_t value = 0; value < kValues; ++value) {
      ASSERT_EQ(map_update_value(kernel, *map, nullptr, &value, BPF_ANY), 0);
    }
    uint64_t invented = 0;
    for (uint64_t value = 0; value < kValues; ++value) {
      ASSERT_EQ(has(kernel, map, value), 0);
      invented += has(kernel, map, kValues + value) == 0 ? 1 : 0;
    }
    // With 1.4 to 2.8 bits a value and hash: (1 - exp(-1 / 1.4))^k at most.
    const double worst = hashes == 1 ? 0.52 : hashes == 2 ? 0.27 : 0.05;
    EXPECT_LT(static_cast<double>(invented), worst * kValues) << hashes << " hashes";
  }
}

TEST(Bloom, EveryByteCounts) {
  TestKernel kernel;
  for (uint32_t size = 1; size < 20; ++size) {
    TestMap map = kernel.create(bloom(size, 1000));
    std::vector<uint8_t> value(size, 0x5a);
    ASSERT_EQ(map_update_value(kernel, *map, nullptr, value.data(), BPF_ANY), 0);
    ASSERT_EQ(map_copy_value(kernel, *map, nullptr, value.data(), 0), 0);
    for (uint8_t& byte : value) {
      byte ^= 1;
      EXPECT_EQ(map_copy_value(kernel, *map, nullptr, value.data(), 0), -ENOENT) << size;
      byte ^= 1;
    }
  }
}

TEST(Bloom, TakesValuesFromManyThreads) {
  TestKernel kernel;
  TestMap map = kernel.create(bloom(8, 20000));
  const auto work = [&](uint64_t first) {
    for (uint64_t value = first; value < first + 5000; ++value) {
      EXPECT_EQ(map_update_value(kernel, *map, nullptr, &value, BPF_ANY), 0);
      EXPECT_EQ(has(kernel, map, value), 0);
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (uint64_t i = 0; i < 4; ++i) threads.emplace_back(work, i * 5000);
  threads.clear();
  for (uint64_t value = 0; value < 20000; ++value) ASSERT_EQ(has(kernel, map, value), 0);
}

}  // namespace
}  // namespace zext::shim
