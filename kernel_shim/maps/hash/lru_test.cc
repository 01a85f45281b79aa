// What an LRU keeps, worked out by hand from its rules (lru.h): sizes are in units of the 128
// elements that a CPU takes at once, or 4 with lists of each CPU's own.
#include <errno.h>

#include <set>
#include <thread>

#include "kernel_shim/maps/hash/hash.h"
#include "kernel_shim/maps/hash/map_under_test.h"

namespace zext::shim {
namespace {

constexpr uint64_t kTarget = 128;

class Lru : public testing::TestWithParam<uint32_t> {
 protected:
  MapAttributes attributes(uint32_t entries, uint32_t flags = 0) const {
    return {
        .type = GetParam(), .key_size = 8, .value_size = 8, .max_entries = entries, .flags = flags};
  }
  int add(MapUnderTest& map, uint64_t key, uint64_t flags = BPF_NOEXIST) {
    return map.set_all(key, std::vector<uint64_t>(kernel_->cpu_count(), key), flags);
  }
  void add_range(MapUnderTest& map, uint64_t from, uint64_t to) {
    for (uint64_t key = from; key < to; ++key) ASSERT_EQ(add(map, key), 0) << key;
  }
  void look_range(MapUnderTest& map, uint64_t from, uint64_t to) {
    for (uint64_t key = from; key < to; ++key) ASSERT_EQ(map.look<uint64_t>(key), key);
  }
  static std::set<uint64_t> range(uint64_t from, uint64_t to) {
    std::set<uint64_t> keys;
    for (uint64_t key = from; key < to; ++key) keys.insert(key);
    return keys;
  }
  static std::set<uint64_t> range(uint64_t from, uint64_t to, uint64_t from2, uint64_t to2) {
    std::set<uint64_t> keys = range(from, to);
    keys.merge(range(from2, to2));
    return keys;
  }
  static std::set<uint64_t> keys(MapUnderTest& map) {
    const auto found = map.keys<uint64_t>();
    return {found.begin(), found.end()};
  }

  TestKernel kernel_{{.cpus = 4}};
  // This thread stays on one CPU: what another CPU holds is not to be had.
  ReadSection section_{kernel_};
};

INSTANTIATE_TEST_SUITE_P(All, Lru,
                         testing::Values(BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH));

TEST_P(Lru, KeepsWhatProgramsLookAt) {
  for (const uint32_t flags : {0u, uint32_t{BPF_F_NO_COMMON_LRU}}) {
    MapUnderTest map(kernel_, attributes(flags == 0 ? 2 : 2 * kernel_->cpu_count(), flags));
    ASSERT_EQ(add(map, 1), 0);
    ASSERT_EQ(add(map, 1), -EEXIST);
    ASSERT_EQ(add(map, 2, BPF_EXIST), -ENOENT);
    ASSERT_EQ(add(map, 2), 0);
    ASSERT_EQ(map.look<uint64_t>(uint64_t{1}), 1);
    ASSERT_TRUE(map.has(uint64_t{2})) << "a system call's look-up does not count";
    ASSERT_EQ(add(map, 3), 0);
    EXPECT_EQ(keys(map), (std::set<uint64_t>{1, 3}));
  }
}

TEST_P(Lru, HasOneElement) {
  MapUnderTest map(kernel_, attributes(1));
  for (uint64_t key = 0; key < 10; ++key) {
    ASSERT_EQ(add(map, key), 0);
    ASSERT_EQ(map.look<uint64_t>(key), key);
    EXPECT_EQ(keys(map), std::set<uint64_t>{key});
  }
}

TEST_P(Lru, ShrinksByWhatWasNotUsed) {
  MapUnderTest map(kernel_, attributes(kTarget * 3 / 2));
  add_range(map, 1, 1 + kTarget);
  look_range(map, 1, 1 + kTarget / 2);
  add_range(map, 1 + kTarget, 1 + 2 * kTarget);
  EXPECT_EQ(keys(map), range(1, 1 + kTarget / 2, 1 + kTarget, 1 + 2 * kTarget));
}

// An update needs a new element, even where one is replaced.
TEST_P(Lru, TakesAnElementBeforeItLooks) {
  MapUnderTest map(kernel_, attributes(kTarget * 3 / 2));
  add_range(map, 1, 1 + kTarget);
  if (GetParam() == BPF_MAP_TYPE_LRU_HASH) {
    EXPECT_EQ(add(map, 1, BPF_EXIST), -ENOENT) << "it has just been evicted";
  } else {
    EXPECT_EQ(add(map, 1), 0);
    EXPECT_EQ(map.erase(uint64_t{1}), 0);
  }
  for (uint64_t key = 1; key < 1 + kTarget / 2; ++key) {
    ASSERT_FALSE(map.has(key));
    ASSERT_EQ(add(map, key), 0);
    ASSERT_EQ(map.look<uint64_t>(key), key);
  }
  add_range(map, 1 + kTarget, 1 + kTarget * 3 / 2);
  add_range(map, 1 + kTarget * 3 / 2, 1 + kTarget * 5 / 2);
  EXPECT_EQ(keys(map), range(1, 1 + kTarget / 2, 1 + kTarget * 3 / 2, 1 + kTarget * 5 / 2));
}

TEST_P(Lru, RotatesItsLists) {
  MapUnderTest map(kernel_, attributes(kTarget * 2));
  add_range(map, 1, 1 + 2 * kTarget);
  look_range(map, 1, kTarget * 3 / 2);
  add_range(map, 1 + 2 * kTarget, 1 + kTarget * 5 / 2);
  EXPECT_EQ(keys(map), range(1, kTarget * 3 / 2, 1 + 2 * kTarget, 1 + kTarget * 5 / 2));
}

TEST_P(Lru, UsesDeletedElementsFirst) {
  for (const uint32_t flags : {0u, uint32_t{BPF_F_NO_COMMON_LRU}}) {
    const uint64_t target = flags == 0 ? kTarget : 4;
    const uint64_t share = flags == 0 ? 1 : kernel_->cpu_count();
    MapUnderTest map(kernel_, attributes(3 * target * share, flags));
    add_range(map, 1, 1 + 2 * target);
    EXPECT_EQ(add(map, 1), -EEXIST);
    look_range(map, 1, 1 + target);
    for (uint64_t key = 1 + target; key < 1 + 2 * target; ++key) {
      ASSERT_EQ(map.erase(key), 0);
      ASSERT_EQ(map.erase(key), -ENOENT);
    }
    add_range(map, 1 + 2 * target, 1 + 4 * target);
    EXPECT_EQ(keys(map), range(1, 1 + target, 1 + 2 * target, 1 + 4 * target));
  }
}

TEST_P(Lru, RotatesListsOfEachCpu) {
  constexpr uint64_t kOwn = 4;
  MapUnderTest map(kernel_, attributes(2 * kOwn * kernel_->cpu_count(), BPF_F_NO_COMMON_LRU));
  add_range(map, 1, 1 + kOwn);
  for (uint64_t key = 1 + kOwn; key < 1 + 2 * kOwn; ++key) {
    look_range(map, 1, 1 + kOwn);
    ASSERT_EQ(add(map, key), 0);
  }
  add_range(map, 1 + 2 * kOwn, 1 + 3 * kOwn);
  EXPECT_EQ(keys(map), range(1, 1 + kOwn, 1 + 2 * kOwn, 1 + 3 * kOwn));
}

// What another CPU's lists hold can be taken, when nothing else is left.
TEST_P(Lru, TakesFromOtherCpus) {
  MapUnderTest map(kernel_, attributes(16));
  add_range(map, 0, 16);
  const uint32_t own = kernel_->host().cpu_id();
  uint32_t other = own;
  std::thread([&] {
    const ReadSection section(kernel_);
    other = kernel_->host().cpu_id();
    ASSERT_EQ(add(map, 100), 0);
  }).join();
  EXPECT_NE(other, own);
  EXPECT_TRUE(map.has(uint64_t{100}));
  EXPECT_EQ(keys(map).size(), 16);
}

TEST_P(Lru, NeverRunsFull) {
  for (const uint32_t flags : {0u, uint32_t{BPF_F_NO_COMMON_LRU}}) {
    MapUnderTest map(kernel_, attributes(1000, flags));
    for (uint64_t key = 0; key < 20'000; ++key) {
      ASSERT_EQ(map.put(key, key), 0);
      if (key % 3 == 0) {
        ASSERT_EQ(map.look<uint64_t>(key), key);
      }
    }
    const size_t left = keys(map).size();
    EXPECT_LE(left, 1000);
    EXPECT_GT(left, flags == 0 ? 700 : 200);
  }
}

}  // namespace
}  // namespace zext::shim
