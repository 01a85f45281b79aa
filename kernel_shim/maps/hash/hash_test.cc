#include "kernel_shim/maps/hash/hash.h"

#include <errno.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "kernel_shim/maps/hash/map_under_test.h"

namespace zext::shim {
namespace {

MapAttributes of_type(uint32_t type, uint32_t entries, uint32_t flags = 0) {
  return {.type = type, .key_size = 4, .value_size = 8, .max_entries = entries, .flags = flags};
}

// --- MAP_CREATE --------------------------------------------------------------------------------
struct Refusal {
  const char* name;
  MapAttributes attributes;
  int error;
};

class Create : public testing::TestWithParam<Refusal> {};

TEST_P(Create, IsAnsweredAsLinuxDoes) {
  TestKernel kernel;
  EXPECT_EQ(try_create(kernel, GetParam().attributes), GetParam().error);
}

MapAttributes sized(uint32_t type, uint32_t key, uint32_t value, uint32_t entries,
                    uint32_t flags = 0) {
  return {
      .type = type, .key_size = key, .value_size = value, .max_entries = entries, .flags = flags};
}

INSTANTIATE_TEST_SUITE_P(
    Hash, Create,
    testing::Values(
        Refusal{"NoKey", sized(BPF_MAP_TYPE_HASH, 0, 4, 1), -EINVAL},
        Refusal{"NoValue", sized(BPF_MAP_TYPE_HASH, 4, 0, 1), -EINVAL},
        Refusal{"NoEntries", sized(BPF_MAP_TYPE_HASH, 4, 4, 0), -EINVAL},
        Refusal{"LargestValue", sized(BPF_MAP_TYPE_HASH, 4, (4 << 20) - 48 - 5, 1), 0},
        Refusal{"LargerValue", sized(BPF_MAP_TYPE_HASH, 4, (4 << 20) - 48 - 4, 1), -E2BIG},
        Refusal{"WrappingSizes", sized(BPF_MAP_TYPE_HASH, ~0u, ~0u, 1), -E2BIG},
        Refusal{"TooManyBuckets", sized(BPF_MAP_TYPE_HASH, 4, 4, (1 << 28) - 1), -E2BIG},
        Refusal{"WrappingBuckets", sized(BPF_MAP_TYPE_HASH, 4, 4, ~0u), -E2BIG},
        Refusal{"UnknownFlag", sized(BPF_MAP_TYPE_HASH, 4, 4, 1, BPF_F_MMAPABLE), -EINVAL},
        Refusal{"NumaNode", sized(BPF_MAP_TYPE_HASH, 4, 4, 1, BPF_F_NUMA_NODE), 0},
        Refusal{"BothAccesses",
                sized(BPF_MAP_TYPE_HASH, 4, 4, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG), -EINVAL},
        Refusal{"OwnLists", sized(BPF_MAP_TYPE_HASH, 4, 4, 1, BPF_F_NO_COMMON_LRU), -EINVAL}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    PerCpu, Create,
    testing::Values(
        Refusal{"LargestValue", sized(BPF_MAP_TYPE_PERCPU_HASH, 4, 32 << 10, 1), 0},
        Refusal{"LargerValue", sized(BPF_MAP_TYPE_PERCPU_HASH, 4, (32 << 10) + 1, 1), -E2BIG},
        Refusal{"NumaNode", sized(BPF_MAP_TYPE_PERCPU_HASH, 4, 4, 1, BPF_F_NUMA_NODE), -EINVAL}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Lru, Create,
    testing::Values(
        Refusal{"NoPrealloc", sized(BPF_MAP_TYPE_LRU_HASH, 4, 4, 1, BPF_F_NO_PREALLOC),
                -kNotSupported},
        Refusal{"NumaNode", sized(BPF_MAP_TYPE_LRU_HASH, 4, 4, 1, BPF_F_NUMA_NODE), 0},
        Refusal{"OwnListsOnNode",
                sized(BPF_MAP_TYPE_LRU_HASH, 4, 4, 1, BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE),
                -EINVAL},
        Refusal{"FlagBeforeSize", sized(BPF_MAP_TYPE_LRU_HASH, 0, 4, 1, BPF_F_NO_PREALLOC),
                -kNotSupported}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(OfMaps, Create,
                         testing::Values(Refusal{"ValueIsADescriptor",
                                                 sized(BPF_MAP_TYPE_HASH_OF_MAPS, 4, 8, 1),
                                                 -EINVAL}),
                         [](const auto& info) { return info.param.name; });

TEST(CreateTest, WantsCapabilities) {
  TestKernel kernel({.capabilities = 0});
  EXPECT_EQ(try_create(kernel, of_type(BPF_MAP_TYPE_HASH, 1)), 0);
  EXPECT_EQ(try_create(kernel, of_type(BPF_MAP_TYPE_HASH, 1, BPF_F_ZERO_SEED)), -EPERM);
  EXPECT_EQ(try_create(kernel, of_type(BPF_MAP_TYPE_LRU_HASH, 1)), -EPERM);
  EXPECT_EQ(try_create(kernel, of_type(BPF_MAP_TYPE_LRU_PERCPU_HASH, 1)), -EPERM);
  TestKernel other({.capabilities = KSHIM_CAP_BPF});
  EXPECT_EQ(try_create(other, of_type(BPF_MAP_TYPE_LRU_HASH, 1)), 0);
}

TEST(CreateTest, GivesEachCpuAsManyWithoutCommonLru) {
  TestKernel kernel({.cpus = 4});
  MapUnderTest map(kernel, of_type(BPF_MAP_TYPE_LRU_HASH, 5, BPF_F_NO_COMMON_LRU));
  EXPECT_EQ(map->max_entries, 8);
}

TEST(CreateTest, LeavesNothingWithoutMemory) {
  for (const uint32_t type : {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH}) {
    for (uint64_t limit = 0; limit < 16 << 10; limit += 64) {
      const kshim_config config{.size = sizeof(kshim_config),
                                .allow_unprivileged = false,
                                .blind_constants = false,
                                .memory_limit = limit + 1,
                                .verifier_steps = 0};
      TestKernel kernel({}, config);
      const ProcessHost::Counts before = kernel.host().counts();
      const int error = try_create(kernel, of_type(type, 64));
      EXPECT_TRUE(error == 0 || error == -ENOMEM) << error;
      if (error != 0) {
        EXPECT_EQ(kernel.host().counts().blocks, before.blocks);
      }
    }
  }
}

// --- keys and values -----------------------------------------------------------------------------
class AnyHash : public testing::TestWithParam<std::pair<uint32_t, uint32_t>> {
 protected:
  MapAttributes attributes(uint32_t entries) const {
    return of_type(GetParam().first, entries, GetParam().second);
  }
  TestKernel kernel_{{.cpus = 2}};
};

INSTANTIATE_TEST_SUITE_P(
    All, AnyHash,
    testing::Values(std::pair(BPF_MAP_TYPE_HASH, 0u),
                    std::pair(BPF_MAP_TYPE_HASH, uint32_t{BPF_F_NO_PREALLOC}),
                    std::pair(BPF_MAP_TYPE_PERCPU_HASH, 0u),
                    std::pair(BPF_MAP_TYPE_PERCPU_HASH, uint32_t{BPF_F_NO_PREALLOC}),
                    std::pair(BPF_MAP_TYPE_LRU_HASH, 0u),
                    std::pair(BPF_MAP_TYPE_LRU_HASH, uint32_t{BPF_F_NO_COMMON_LRU}),
                    std::pair(BPF_MAP_TYPE_LRU_PERCPU_HASH, 0u),
                    std::pair(BPF_MAP_TYPE_LRU_PERCPU_HASH, uint32_t{BPF_F_NO_COMMON_LRU})));

using Values = std::array<uint64_t, 2>;  // of two CPUs; of the others the second is not read

TEST_P(AnyHash, UpdatesByFlag) {
  MapUnderTest map(kernel_, attributes(16));
  EXPECT_EQ(map.set(1u, Values{1, 1}, BPF_EXIST), -ENOENT);
  EXPECT_EQ(map.set(1u, Values{1, 1}, BPF_NOEXIST), 0);
  EXPECT_EQ(map.set(1u, Values{2, 2}, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(map.look<uint64_t>(1u), 1);
  EXPECT_EQ(map.set(1u, Values{3, 3}, BPF_EXIST), 0);
  EXPECT_EQ(map.look<uint64_t>(1u), 3);
  EXPECT_EQ(map.set(1u, Values{4, 4}), 0);
  EXPECT_EQ(map.look<uint64_t>(1u), 4);
  EXPECT_EQ(map.set(1u, Values{}, 3), -EINVAL);
  EXPECT_EQ(map.set(1u, Values{}, ~uint64_t{0}), -EINVAL);
  EXPECT_EQ(map.set(1u, Values{}, BPF_F_LOCK), -EINVAL) << "there is no lock in the value";
  EXPECT_EQ(map.look<uint64_t>(2u), std::nullopt);
}

TEST_P(AnyHash, UpdatesByFlagFromPrograms) {
  MapUnderTest map(kernel_, attributes(16));
  EXPECT_EQ(map.put(1u, uint64_t{1}, BPF_EXIST), -ENOENT);
  EXPECT_EQ(map.put(1u, uint64_t{1}, BPF_NOEXIST), 0);
  EXPECT_EQ(map.put(1u, uint64_t{1}, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(map.put(1u, uint64_t{2}, BPF_EXIST), 0);
  EXPECT_EQ(map.put(1u, uint64_t{2}, 3), -EINVAL);
  EXPECT_EQ(map.put(1u, uint64_t{2}, BPF_F_LOCK), -EINVAL);
}

TEST_P(AnyHash, Deletes) {
  MapUnderTest map(kernel_, attributes(16));
  EXPECT_EQ(map.erase(1u), -ENOENT);
  EXPECT_EQ(map.set(1u, Values{}), 0);
  EXPECT_EQ(map.erase(1u), 0);
  EXPECT_EQ(map.erase(1u), -ENOENT);
  EXPECT_FALSE(map.has(1u));
  EXPECT_EQ(map.put(1u, uint64_t{1}), 0);
  EXPECT_EQ(map.drop(1u), 0);
  EXPECT_EQ(map.drop(1u), -ENOENT);
}

TEST_P(AnyHash, TakesAValue) {
  MapUnderTest map(kernel_, attributes(16));
  const uint32_t key = 1;
  Values value{};
  EXPECT_EQ(map_take_value(kernel_, *map, &key, &value, 0), -ENOENT);
  EXPECT_EQ(map.set(key, Values{7, 7}), 0);
  EXPECT_EQ(map_take_value(kernel_, *map, &key, &value, BPF_F_LOCK), -EINVAL);
  EXPECT_EQ(map_take_value(kernel_, *map, &key, &value, 0), 0);
  EXPECT_EQ(value[0], 7);
  EXPECT_FALSE(map.has(key));
}

TEST_P(AnyHash, WalksItsKeys) {
  MapUnderTest map(kernel_, attributes(64));
  EXPECT_TRUE(map.keys<uint32_t>().empty());
  std::set<uint32_t> expected;
  for (uint32_t key = 0; key < 10; ++key) {
    EXPECT_EQ(map.set(key, Values{key, key}), 0);
    expected.insert(key);
  }
  const auto keys = map.keys<uint32_t>();
  EXPECT_EQ(keys.size(), 10);
  EXPECT_EQ(std::set(keys.begin(), keys.end()), expected);

  uint32_t next = 0;
  const uint32_t absent = 1000;
  EXPECT_EQ(map_next_key(kernel_, *map, &absent, &next), 0);
  EXPECT_EQ(next, keys.front()) << "from a key that is not there it starts again";
  EXPECT_EQ(map_next_key(kernel_, *map, &keys.back(), &next), -ENOENT);
}

TEST_P(AnyHash, WalksWhileDeletingTheFirst) {
  MapUnderTest map(kernel_, attributes(64));
  for (uint32_t key = 0; key < 10; ++key) EXPECT_EQ(map.set(key, Values{}), 0);
  uint32_t key = 0;
  uint32_t count = 0;
  while (map_next_key(kernel_, *map, nullptr, &key) == 0) {
    EXPECT_EQ(map.erase(key), 0);
    ++count;
  }
  EXPECT_EQ(count, 10);
}

TEST_P(AnyHash, IsEmptiedByBatches) {
  MapUnderTest map(kernel_, attributes(64));
  for (uint32_t key = 0; key < 30; ++key) EXPECT_EQ(map.set(key, Values{key, key}), 0);
  const uint64_t stride = user_value_size(*kernel_, *map) / 8;
  std::set<uint32_t> seen;
  uint32_t bucket = 0;
  int error = 0;
  for (uint32_t rounds = 0; error == 0 && rounds < 100; ++rounds) {
    std::array<uint32_t, 12> keys{};
    std::vector<uint64_t> values(keys.size() * stride);
    uint32_t count = 0;
    error = map.ops().take_bucket(kernel_, *map, &bucket, keys.data(), values.data(), keys.size(),
                                  &count, true, 0);
    for (uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(values[i * stride], keys[i]);
      EXPECT_TRUE(seen.insert(keys[i]).second);
    }
  }
  EXPECT_EQ(error, -ENOENT);
  EXPECT_EQ(seen.size(), 30);
  EXPECT_TRUE(map.keys<uint32_t>().empty());
  for (uint32_t key = 0; key < 30; ++key) EXPECT_EQ(map.set(key, Values{}), 0) << "they came back";
}

TEST_P(AnyHash, ReadsBatchesWithoutTakingThem) {
  MapUnderTest map(kernel_, attributes(64));
  for (uint32_t key = 0; key < 30; ++key) EXPECT_EQ(map.set(key, Values{key, key}), 0);
  std::vector<uint32_t> keys(64);
  std::vector<uint64_t> values(64 * user_value_size(*kernel_, *map) / 8);
  uint32_t bucket = 0;
  uint32_t count = 0;
  EXPECT_EQ(map.ops().take_bucket(kernel_, *map, &bucket, keys.data(), values.data(), 64, &count,
                                  false, 0),
            -ENOENT);
  EXPECT_EQ(count, 30);
  EXPECT_EQ(map.keys<uint32_t>().size(), 30);
  EXPECT_EQ(map.ops().take_bucket(kernel_, *map, &bucket, keys.data(), values.data(), 64, &count,
                                  false, 0),
            -ENOENT);
  EXPECT_EQ(count, 0) << "behind the last bucket there is nothing";
}

// As many keys as buckets: some buckets have two and more. With room for one, those are not begun.
TEST_P(AnyHash, DoesNotSplitABucket) {
  MapUnderTest map(kernel_, attributes(64));
  for (uint32_t key = 0; key < 32; ++key) ASSERT_EQ(map.set(key, Values{key, key}), 0);
  std::vector<uint32_t> keys(64);
  std::vector<uint64_t> values(64 * user_value_size(*kernel_, *map) / 8);
  uint32_t bucket = 0;
  uint32_t total = 0;
  uint32_t larger = 0;
  uint32_t count = 0;
  int error = 0;
  for (uint32_t room = 1; error != -ENOENT; total += count) {
    error = map.ops().take_bucket(kernel_, *map, &bucket, keys.data(), values.data(), room, &count,
                                  false, 0);
    if (error != -ENOSPC) {
      EXPECT_LE(count, room);
      room = 1;
      continue;
    }
    EXPECT_EQ(count, 0);
    if (room == 1) ++larger;
    ++room;
  }
  EXPECT_EQ(total, 32);
  EXPECT_GT(larger, 0);
}

TEST_P(AnyHash, CallsBackForEach) {
  MapUnderTest map(kernel_, attributes(64));
  for (uint32_t key = 0; key < 10; ++key) EXPECT_EQ(map.set(key, Values{key, key}), 0);
  struct Seen {
    MapUnderTest* map;
    std::set<uint32_t> keys;
    uint32_t stop_after;
  } seen{.map = &map, .keys = {}, .stop_after = 100};
  shim::Run run{.kernel = kernel_, .program = nullptr};
  run.call = [](shim::Run&, uint64_t function, const Arguments& arguments) -> uint64_t {
    auto* own = reinterpret_cast<Seen*>(arguments[3]);
    const uint32_t key = *reinterpret_cast<uint32_t*>(arguments[1]);
    EXPECT_EQ(function, 0x77);
    EXPECT_EQ(arguments[0], reinterpret_cast<uint64_t>(&**own->map));
    EXPECT_EQ(*reinterpret_cast<uint64_t*>(arguments[2]), key);
    own->keys.insert(key);
    EXPECT_EQ(own->map->drop(key), 0) << "a callback may delete";
    return own->keys.size() == own->stop_after ? 1 : 0;
  };
  const ReadSection section(kernel_);
  const auto context = reinterpret_cast<uint64_t>(&seen);
  EXPECT_EQ(map.ops().for_each(kernel_, *map, run, 0x77, context, 1), -EINVAL);
  seen.stop_after = 3;
  EXPECT_EQ(map.ops().for_each(kernel_, *map, run, 0x77, context, 0), 3);
  seen.stop_after = 100;
  EXPECT_EQ(map.ops().for_each(kernel_, *map, run, 0x77, context, 0), 7);
  EXPECT_EQ(seen.keys.size(), 10);
}

TEST_P(AnyHash, TakesKeysOfEverySize) {
  for (uint32_t size = 1; size <= 40; ++size) {
    MapAttributes attributes = this->attributes(128);
    attributes.key_size = size;
    MapUnderTest map(kernel_, attributes);
    std::string key(size, '\0');
    for (uint32_t at = 0; at < size; ++at) {
      key[at] = '\x80';
      const std::array<uint64_t, 2> value{at, at};
      ASSERT_EQ(map_update_value(kernel_, *map, key.data(), value.data(), BPF_NOEXIST), 0);
      key[at] = '\0';
    }
    for (uint32_t at = 0; at < size; ++at) {
      key[at] = '\x80';
      std::array<uint64_t, 2> value{};
      ASSERT_EQ(map_copy_value(kernel_, *map, key.data(), value.data(), 0), 0);
      EXPECT_EQ(value[0], at);
      key[at] = '\0';
    }
  }
}

// --- full maps -----------------------------------------------------------------------------------
class FullHash : public AnyHash {};

INSTANTIATE_TEST_SUITE_P(All, FullHash,
                         testing::Values(std::pair(BPF_MAP_TYPE_HASH, 0u),
                                         std::pair(BPF_MAP_TYPE_HASH, uint32_t{BPF_F_NO_PREALLOC}),
                                         std::pair(BPF_MAP_TYPE_PERCPU_HASH, 0u),
                                         std::pair(BPF_MAP_TYPE_PERCPU_HASH,
                                                   uint32_t{BPF_F_NO_PREALLOC})));

TEST_P(FullHash, HoldsExactlyMaxEntries) {
  for (const uint32_t entries : {1u, 2u, 3u, 100u, 1000u}) {
    MapUnderTest map(kernel_, attributes(entries));
    for (uint32_t key = 0; key < entries; ++key) ASSERT_EQ(map.set(key, Values{key, key}), 0);
    EXPECT_EQ(map.set(entries, Values{}), -E2BIG);
    EXPECT_EQ(map.put(entries, uint64_t{0}), -E2BIG);
    EXPECT_EQ(map.set(entries, Values{}, BPF_EXIST), -ENOENT) << "flags come first";
    for (int round = 0; round < 3; ++round) {
      for (uint32_t key = 0; key < entries; ++key) {
        ASSERT_EQ(map.set(key, Values{key + 1, key + 1}, BPF_EXIST), 0)
            << "what is there can be replaced";
      }
    }
    EXPECT_EQ(map.erase(0u), 0);
    EXPECT_EQ(map.set(entries, Values{}), 0);
    EXPECT_EQ(map.set(0u, Values{}), -E2BIG);
  }
}

TEST_P(FullHash, ReplacesWithoutTearing) {
  MapUnderTest map(kernel_, attributes(4));
  ASSERT_EQ(map.set(1u, Values{1, 1}), 0);
  const uint32_t key = 1;
  const ReadSection section(kernel_);
  const auto* before = static_cast<uint64_t*>(map_lookup(kernel_, *map, &key));
  ASSERT_EQ(map.put(1u, uint64_t{2}), 0);
  const auto* after = static_cast<uint64_t*>(map_lookup(kernel_, *map, &key));
  EXPECT_EQ(*after, 2);
  if (is_per_cpu(map->type)) {
    EXPECT_EQ(before, after) << "per-CPU values change where they are";
  } else {
    EXPECT_EQ(*before, 1) << "who holds the old value still sees it";
  }
}

TEST(NoPreallocTest, TakesMemoryAsItGrows) {
  TestKernel kernel;
  MapUnderTest map(kernel, of_type(BPF_MAP_TYPE_HASH, 100'000, BPF_F_NO_PREALLOC));
  const uint64_t empty = map->memory;
  for (uint32_t key = 0; key < 1000; ++key) ASSERT_EQ(map.set(key, uint64_t{key}), 0);
  const uint64_t filled = map->memory;
  EXPECT_GT(filled, empty);
  for (int round = 0; round < 10; ++round) {
    for (uint32_t key = 0; key < 1000; ++key) ASSERT_EQ(map.erase(key), 0);
    for (uint32_t key = 0; key < 1000; ++key) ASSERT_EQ(map.set(key, uint64_t{key}), 0);
  }
  EXPECT_EQ(map->memory, filled) << "freed elements are used again";
}

TEST(NoPreallocTest, RunsOutOfMemory) {
  const kshim_config config{.size = sizeof(kshim_config),
                            .allow_unprivileged = false,
                            .blind_constants = false,
                            .memory_limit = 100 << 10,
                            .verifier_steps = 0};
  TestKernel kernel({}, config);
  MapUnderTest map(kernel, of_type(BPF_MAP_TYPE_HASH, 2048, BPF_F_NO_PREALLOC));
  uint32_t key = 0;
  int error = 0;
  while ((error = map.set(key, uint64_t{key})) == 0) ++key;
  EXPECT_EQ(error, -ENOMEM);
  EXPECT_GT(key, 100);
  for (uint32_t i = 0; i < key; ++i) ASSERT_EQ(map.get<uint64_t>(i), i);
  EXPECT_EQ(map.erase(0u), 0);
  EXPECT_EQ(map.set(key, uint64_t{key}), 0);
}

TEST(HashTest, HoldsMillions) {
  TestKernel kernel;
  constexpr uint32_t kMany = 2'000'000;
  MapUnderTest map(kernel, of_type(BPF_MAP_TYPE_HASH, kMany));
  for (uint32_t key = 0; key < kMany; ++key) ASSERT_EQ(map.put(key * 7, uint64_t{key}), 0);
  EXPECT_EQ(map.put(~0u, uint64_t{0}), -E2BIG);
  for (uint32_t key = 0; key < kMany; key += 1000) {
    ASSERT_EQ(map.look<uint64_t>(key * 7), key);
    ASSERT_EQ(map.look<uint64_t>(key * 7 + 1), std::nullopt);
  }
  uint32_t count = 0;
  uint32_t key = 0;
  uint32_t bucket = 0;
  std::vector<uint32_t> keys(1000);
  std::vector<uint64_t> values(1000);
  for (int error = 0; error == 0; key += count) {
    error = map.ops().take_bucket(*kernel, *map, &bucket, keys.data(), values.data(), 1000, &count,
                                  false, 0);
  }
  EXPECT_EQ(key, kMany);
}

// --- seeds
std::vector<uint32_t> order(Kernel& kernel, uint32_t flags) {
  MapUnderTest map(kernel, of_type(BPF_MAP_TYPE_HASH, 64, flags));
  for (uint32_t key = 0; key < 32; ++key) EXPECT_EQ(map.set(key, uint64_t{0}), 0);
  return map.keys<uint32_t>();
}

TEST(HashTest, IsSeededUnlessToldNotToBe) {
  TestKernel kernel;
  EXPECT_EQ(order(kernel, BPF_F_ZERO_SEED), order(kernel, BPF_F_ZERO_SEED));
  EXPECT_NE(order(kernel, 0), order(kernel, 0));
}

// --- per-CPU values
class PerCpuHash : public testing::TestWithParam<std::pair<uint32_t, uint32_t>> {};

INSTANTIATE_TEST_SUITE_P(All, PerCpuHash,
                         testing::Values(std::pair(BPF_MAP_TYPE_PERCPU_HASH, 0u),
                                         std::pair(BPF_MAP_TYPE_PERCPU_HASH,
                                                   uint32_t{BPF_F_NO_PREALLOC}),
                                         std::pair(BPF_MAP_TYPE_LRU_PERCPU_HASH, 0u)));

TEST_P(PerCpuHash, HasAValueOfEachCpu) {
  TestKernel kernel({.cpus = 3});
  MapAttributes attributes = of_type(GetParam().first, 8, GetParam().second);
  attributes.value_size = 6;
  MapUnderTest map(kernel, attributes);
  ASSERT_EQ(user_value_size(*kernel, *map), 24);
  EXPECT_EQ(map.set_all(1u, {10, 11, 12}), 0);
  EXPECT_EQ(map.get_all(1u), (std::vector<uint64_t>{10, 11, 12}));
  const ReadSection section(*kernel);
  const uint32_t cpu = kernel->host().cpu_id();
  const uint32_t key = 1;
  const auto* own = static_cast<uint64_t*>(map_lookup(*kernel, *map, &key));
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(*own, 10 + cpu);
  for (uint32_t i = 0; i < 3; ++i) {
    const auto* other = static_cast<uint64_t*>(map.ops().lookup_cpu(*kernel, *map, &key, i));
    ASSERT_NE(other, nullptr);
    EXPECT_EQ(*other, 10 + i);
  }
  EXPECT_EQ(map.ops().lookup_cpu(*kernel, *map, &key, 3), nullptr);
}

TEST_P(PerCpuHash, ProgramsWriteTheirCpusValue) {
  TestKernel kernel({.cpus = 3});
  MapUnderTest map(kernel, of_type(GetParam().first, 4, GetParam().second));
  EXPECT_EQ(map.set_all(1u, {10, 11, 12}), 0);
  const ReadSection section(*kernel);
  const uint32_t cpu = kernel->host().cpu_id();
  EXPECT_EQ(map.put(1u, uint64_t{99}), 0);
  std::vector<uint64_t> expected{10, 11, 12};
  expected[cpu] = 99;
  EXPECT_EQ(map.get_all(1u), expected);

  // The element is used again: what others had in it is gone.
  EXPECT_EQ(map.drop(1u), 0);
  EXPECT_EQ(map.put(2u, uint64_t{77}), 0);
  expected = {0, 0, 0};
  expected[cpu] = 77;
  EXPECT_EQ(map.get_all(2u), expected);
}

// --- spin locks in values
TEST(SpinLockTest, StaysOutOfCopies) {
  TestKernel kernel;
  MapUnderTest map(kernel, of_type(BPF_MAP_TYPE_HASH, 4));
  map->spin_lock = 0;
  struct Value {
    uint32_t lock;
    uint32_t count;
  };
  EXPECT_EQ(map.set(1u, Value{.lock = 9, .count = 1}, BPF_F_LOCK | BPF_EXIST), -ENOENT);
  EXPECT_EQ(map.set(1u, Value{.lock = 9, .count = 1}, BPF_F_LOCK | BPF_NOEXIST), 0);
  EXPECT_EQ(map.set(1u, Value{.lock = 9, .count = 2}, BPF_F_LOCK | BPF_NOEXIST), -EEXIST);
  const uint32_t key = 1;
  const ReadSection section(kernel);
  const auto* before = static_cast<Value*>(map_lookup(kernel, *map, &key));
  EXPECT_EQ(before->lock, 0);
  EXPECT_EQ(before->count, 1);
  EXPECT_EQ(map.set(1u, Value{.lock = 9, .count = 2}, BPF_F_LOCK), 0);
  EXPECT_EQ(map_lookup(kernel, *map, &key), before) << "under the lock, the value changes in place";
  EXPECT_EQ(before->count, 2);
  EXPECT_EQ(map.get<Value>(1u, BPF_F_LOCK)->count, 2);
  EXPECT_EQ(map.set(1u, Value{}, BPF_F_LOCK | 3), -EINVAL);
}

// --- hashes of maps
class HashOfMaps : public testing::Test {
 protected:
  HashOfMaps()
      : pattern_(kernel_, of_type(BPF_MAP_TYPE_HASH, 4)), outer_(kernel_, outer_attributes()) {}

  MapAttributes outer_attributes() {
    MapAttributes attributes = sized(BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4);
    attributes.inner = &*pattern_;
    return attributes;
  }
  int fd_of(Map& map) { return install_fd(kernel_, map); }

  TestKernel kernel_;
  MapUnderTest pattern_;
  MapUnderTest outer_;
};

TEST_F(HashOfMaps, GivesProgramsTheMapAndSystemCallsItsId) {
  MapUnderTest inner(kernel_, of_type(BPF_MAP_TYPE_HASH, 9));
  const int fd = fd_of(*inner);
  EXPECT_EQ(outer_.set(1u, fd), 0);
  const uint32_t key = 1;
  {
    const ReadSection section(kernel_);
    EXPECT_EQ(map_lookup(kernel_, *outer_, &key), &*inner);
    const uint32_t absent = 2;
    EXPECT_EQ(map_lookup(kernel_, *outer_, &absent), nullptr);
  }
  EXPECT_EQ(outer_.get<uint32_t>(1u), inner->id);
  EXPECT_EQ(outer_.get<uint32_t>(2u), std::nullopt);
}

TEST_F(HashOfMaps, TakesOnlyMapsLikeThePattern) {
  MapUnderTest other(kernel_, sized(BPF_MAP_TYPE_HASH, 8, 8, 4));
  EXPECT_EQ(outer_.set(1u, fd_of(*other)), -EINVAL);
  EXPECT_EQ(outer_.set(1u, 77), -EBADF);
  EXPECT_EQ(outer_.set(1u, kernel_.host().open_other()), -EINVAL);
  EXPECT_TRUE(outer_.keys<uint32_t>().empty());
}

TEST_F(HashOfMaps, KeepsInnerMapsAlive) {
  MapUnderTest first(kernel_, of_type(BPF_MAP_TYPE_HASH, 4));
  MapUnderTest second(kernel_, of_type(BPF_MAP_TYPE_HASH, 4));
  EXPECT_EQ(outer_.set(1u, fd_of(*first)), 0);
  EXPECT_EQ(outer_.set(2u, fd_of(*first)), 0);
  EXPECT_EQ(outer_.set(3u, fd_of(*first)), 0);
  kernel_.host().close_all();
  EXPECT_EQ(first->references, 4);
  EXPECT_EQ(outer_.set(1u, fd_of(*first), BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(outer_.set(1u, fd_of(*second), BPF_EXIST), 0) << "replaced";
  kernel_.host().close_all();
  EXPECT_EQ(first->references, 3);
  EXPECT_EQ(second->references, 2);
  EXPECT_EQ(outer_.erase(2u), 0);
  EXPECT_EQ(outer_.erase(2u), -ENOENT);
  EXPECT_EQ(first->references, 2);
  outer_.close();
  EXPECT_EQ(first->references, 1);
  EXPECT_EQ(second->references, 1);
}

TEST_F(HashOfMaps, WorksInBatches) {
  MapUnderTest inner(kernel_, of_type(BPF_MAP_TYPE_HASH, 4));
  for (uint32_t key = 0; key < 3; ++key) EXPECT_EQ(outer_.set(key, fd_of(*inner)), 0);
  kernel_.host().close_all();
  std::array<uint32_t, 4> keys{};
  std::array<uint32_t, 4> ids{};
  uint32_t bucket = 0;
  uint32_t count = 0;
  EXPECT_EQ(outer_.ops().take_bucket(kernel_, *outer_, &bucket, keys.data(), ids.data(), 4, &count,
                                     true, 0),
            -ENOENT);
  EXPECT_EQ(count, 3);
  for (uint32_t i = 0; i < count; ++i) EXPECT_EQ(ids[i], inner->id);
  EXPECT_EQ(inner->references, 1);
}

}  // namespace
}  // namespace zext::shim
