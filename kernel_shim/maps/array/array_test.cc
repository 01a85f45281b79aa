#include "kernel_shim/maps/array/array.h"

#include <errno.h>

#include <random>
#include <thread>

#include "kernel_shim/maps/testing/test_kernel.h"
#include "kernel_shim/runtime/run.h"

namespace zext::shim {
namespace {

MapAttributes array(uint32_t value_size, uint32_t entries, uint32_t flags = 0,
                    uint32_t type = BPF_MAP_TYPE_ARRAY) {
  return {.type = type,
          .key_size = 4,
          .value_size = value_size,
          .max_entries = entries,
          .flags = flags};
}

TEST(Array, SaysWhatCannotBeMade) {
  TestKernel kernel;
  EXPECT_EQ(kernel.try_create(array(8, 0)), -EINVAL);
  EXPECT_EQ(kernel.try_create(array(0, 1)), -EINVAL);
  MapAttributes wide_key = array(8, 1);
  wide_key.key_size = 8;
  EXPECT_EQ(kernel.try_create(wide_key), -EINVAL);
  EXPECT_EQ(kernel.try_create(array(8, 1, BPF_F_NO_PREALLOC)), -EINVAL);
  EXPECT_EQ(kernel.try_create(array(8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)), -EINVAL);
  EXPECT_EQ(kernel.try_create(array(8, 1, BPF_F_PRESERVE_ELEMS)), -EINVAL);
  EXPECT_EQ(kernel.try_create(array(kMaxValueSize, 1)), 0);
  EXPECT_EQ(kernel.try_create(array(kMaxValueSize + 1, 1)), -E2BIG);
  EXPECT_EQ(kernel.try_create(array(8, 1, BPF_F_INNER_MAP | BPF_F_NUMA_NODE)), 0);
}

TEST(Array, PerCpuSaysWhatCannotBeMade) {
  TestKernel kernel;
  const auto per_cpu = [](uint32_t value_size, uint32_t flags) {
    return array(value_size, 2, flags, BPF_MAP_TYPE_PERCPU_ARRAY);
  };
  EXPECT_EQ(kernel.try_create(per_cpu(8, BPF_F_NUMA_NODE)), -EINVAL);
  EXPECT_EQ(kernel.try_create(per_cpu(8, BPF_F_MMAPABLE)), -EINVAL);
  EXPECT_EQ(kernel.try_create(per_cpu(8, BPF_F_INNER_MAP)), -EINVAL);
  EXPECT_EQ(kernel.try_create(per_cpu(kMaxPerCpuValueSize, 0)), 0);
  EXPECT_EQ(kernel.try_create(per_cpu(kMaxPerCpuValueSize + 1, 0)), -ENOMEM);
}

TEST(Array, UpdatesAndLooksUp) {
  TestKernel kernel;
  TestMap map = kernel.create(array(8, 3));
  EXPECT_EQ(map.get<uint64_t>(uint32_t{0}), 0);
  EXPECT_EQ(map.update(uint32_t{2}, uint64_t{7}), 0);
  EXPECT_EQ(map.get<uint64_t>(uint32_t{2}), 7);
  EXPECT_EQ(map.update(uint32_t{2}, uint64_t{8}, BPF_EXIST), 0);
  EXPECT_EQ(map.update(uint32_t{2}, uint64_t{9}, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(map.update(uint32_t{3}, uint64_t{9}, BPF_NOEXIST), -E2BIG);
  EXPECT_EQ(map.update(uint32_t{3}, uint64_t{9}, 3), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{2}, uint64_t{9}, BPF_F_LOCK), -EINVAL);
  EXPECT_EQ(map.get<uint64_t>(uint32_t{2}), 8);
  uint64_t value;
  EXPECT_EQ(map.copy(uint32_t{3}, &value), -ENOENT);
  EXPECT_EQ(map.copy(uint32_t{2}, &value, BPF_F_LOCK), -EINVAL);
  EXPECT_EQ(map.copy(uint32_t{2}, &value, 1), -EINVAL);
  EXPECT_EQ(map.remove(uint32_t{2}), -EINVAL);
  EXPECT_EQ(map_take_value(kernel, *map, &value, &value, 0), -kNotSupported);
}

TEST(Array, KeysFollowEachOther) {
  TestKernel kernel;
  TestMap map = kernel.create(array(8, 3));
  uint32_t next = 99;
  EXPECT_EQ(map.next<uint32_t>(nullptr, &next), 0);
  EXPECT_EQ(next, 0);
  for (const uint32_t key : {0u, 1u}) {
    EXPECT_EQ(map.next(&key, &next), 0);
    EXPECT_EQ(next, key + 1);
  }
  const uint32_t last = 2;
  EXPECT_EQ(map.next(&last, &next), -ENOENT);
  for (const uint32_t beyond : {3u, ~0u}) {
    EXPECT_EQ(map.next(&beyond, &next), 0);
    EXPECT_EQ(next, 0);
  }
}

TEST(Array, FrozenIsOnlyForPrograms) {
  TestKernel kernel;
  TestMap map = kernel.create(array(8, 1));
  ASSERT_EQ(map_begin_write(*map), 0);
  EXPECT_EQ(map_freeze(kernel, *map), -EBUSY);
  map_end_write(*map);
  EXPECT_EQ(map_freeze(kernel, *map), 0);
  EXPECT_TRUE((*map).frozen.load());
  EXPECT_EQ(map_freeze(kernel, *map), -EBUSY);
  EXPECT_EQ(map_begin_write(*map), -EPERM);
  EXPECT_EQ(map.update(uint32_t{0}, uint64_t{1}), -EPERM);
  EXPECT_EQ(map.remove(uint32_t{0}), -EPERM);
  const ReadSection section(kernel);
  const uint32_t key = 0;
  const uint64_t value = 5;
  EXPECT_EQ(map_update(kernel, *map, &key, &value, BPF_ANY), 0);
  EXPECT_EQ(map.get<uint64_t>(key), 5);
}

TEST(Array, ValuesBesideEachOtherStayApart) {
  TestKernel kernel;
  std::mt19937 random(1);
  for (const uint32_t value_size : {1u, 3u, 4u, 7u, 8u, 9u, 17u, 100u}) {
    for (const uint32_t type : {BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY}) {
      TestMap map = kernel.create(array(value_size, 5, 0, type));
      const uint64_t bytes = user_value_size(*kernel, *map);
      std::vector<std::vector<uint8_t>> model(5, std::vector<uint8_t>(bytes));
      for (int step = 0; step < 400; ++step) {
        const uint32_t key = random() % 5;
        if (random() % 2 == 0) {
          for (uint8_t& byte : model[key]) byte = static_cast<uint8_t>(random());
          EXPECT_EQ(map.update_bytes(key, model[key]), 0);
        }
        std::vector<uint8_t> value;
        const uint32_t other = random() % 5;
        ASSERT_EQ(map.copy_bytes(other, &value), 0);
        ASSERT_EQ(value, model[other]) << value_size << " bytes, type " << type;
      }
    }
  }
}

TEST(Array, ProgramsSeeTheirCpusValue) {
  TestKernel kernel(ProcessHost::Options{.cpus = 3});
  TestMap map = kernel.create(array(4, 2, 0, BPF_MAP_TYPE_PERCPU_ARRAY));
  const uint64_t values[3] = {10, 11, 12};
  EXPECT_EQ(map.update(uint32_t{1}, values), 0);
  const ReadSection section(kernel);
  const uint32_t key = 1;
  const uint32_t cpu = (*kernel).host().cpu_id();
  EXPECT_EQ(*static_cast<uint32_t*>(map.lookup(key)), 10 + cpu);
  const MapOps& ops = *map_ops(BPF_MAP_TYPE_PERCPU_ARRAY);
  EXPECT_EQ(*static_cast<uint32_t*>(ops.lookup_cpu(kernel, *map, &key, 2)), 12u);
  EXPECT_EQ(ops.lookup_cpu(kernel, *map, &key, 3), nullptr);
  const uint32_t beyond = 2;
  EXPECT_EQ(ops.lookup_cpu(kernel, *map, &beyond, 0), nullptr);
  EXPECT_EQ(map.lookup(beyond), nullptr);
  const uint32_t updated = 20;
  EXPECT_EQ(map_update(kernel, *map, &key, &updated, BPF_ANY), 0);
  EXPECT_EQ(*static_cast<uint32_t*>(ops.lookup_cpu(kernel, *map, &key, cpu)), 20u);
  EXPECT_EQ(*static_cast<uint32_t*>(ops.lookup_cpu(kernel, *map, &key, (cpu + 1) % 3)),
            10 + (cpu + 1) % 3);
}

TEST(Array, OnlySingleValuesHaveAnAddress) {
  TestKernel kernel;
  const auto direct = map_ops(BPF_MAP_TYPE_ARRAY)->direct_value;
  TestMap map = kernel.create(array(12, 1));
  const uint32_t key = 0;
  uint64_t address = 0;
  EXPECT_EQ(direct(*map, 11, &address), 0);
  EXPECT_EQ(address, reinterpret_cast<uint64_t>(map.lookup(key)) + 11);
  EXPECT_EQ(direct(*map, 12, &address), -EINVAL);
  TestMap two = kernel.create(array(12, 2));
  EXPECT_EQ(direct(*two, 0, &address), -kNotSupported);
}

TEST(Array, IsMappedPageByPage) {
  TestKernel kernel;
  const auto mmap = map_ops(BPF_MAP_TYPE_ARRAY)->mmap;
  kshim_mapping mapping{};
  TestMap plain = kernel.create(array(4096, 2));
  EXPECT_EQ(mmap(kernel, *plain, 0, 4096, false, &mapping), -EINVAL);
  TestMap map = kernel.create(array(5000, 3, BPF_F_MMAPABLE));
  EXPECT_EQ(mmap(kernel, *map, 0, 16384, true, &mapping), 0);
  EXPECT_EQ(mapping.length, 16384);
  EXPECT_EQ(mapping.mirror, KSHIM_NO_MIRROR);
  EXPECT_EQ(mmap(kernel, *map, 0, 20480, true, &mapping), -EINVAL);
  EXPECT_EQ(mmap(kernel, *map, ~uint64_t{4095}, 8192, true, &mapping), -EINVAL);
  ASSERT_EQ(mmap(kernel, *map, 4096, 4096, true, &mapping), 0);
  const uint32_t key = 1;
  EXPECT_EQ(static_cast<uint8_t*>(mapping.address) + 5000 - 4096, map.lookup(key));
}

uint64_t count_call(Run& run, uint64_t function, const Arguments& arguments) {
  auto& seen = *static_cast<std::vector<uint64_t>*>(run.engine);
  EXPECT_EQ(function, 77u);
  EXPECT_EQ(arguments[3], 88u);
  EXPECT_EQ(*reinterpret_cast<uint32_t*>(arguments[1]), seen.size());
  seen.push_back(*reinterpret_cast<uint64_t*>(arguments[2]));
  return seen.back() == 102 ? 1 : 0;
}

TEST(Array, CallsBackForEachValue) {
  TestKernel kernel;
  TestMap map = kernel.create(array(8, 5));
  for (uint32_t i = 0; i < 5; ++i) EXPECT_EQ(map.update(i, uint64_t{100 + i}), 0);
  std::vector<uint64_t> seen;
  zext::shim::Run run{.kernel = kernel, .program = nullptr, .call = count_call, .engine = &seen};
  const ReadSection section(kernel);
  const auto for_each = map_ops(BPF_MAP_TYPE_ARRAY)->for_each;
  EXPECT_EQ(for_each(kernel, *map, run, 77, 88, 1), -EINVAL);
  EXPECT_EQ(for_each(kernel, *map, run, 77, 88, 0), 3);
  EXPECT_EQ(seen, (std::vector<uint64_t>{100, 101, 102}));
}

struct Locked {
  bpf_spin_lock lock;
  uint32_t pad;
  uint64_t values[6];
};

// The fields of a value, which BTF would have told of.
void has_lock(Map& map) { map.spin_lock = offsetof(Locked, lock); }

TEST(Array, SpinLocksAreNotData) {
  TestKernel kernel;
  TestMap map = kernel.create(array(sizeof(Locked), 1));
  has_lock(*map);
  Locked value{.lock = {.val = 9}, .pad = 1, .values = {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(map.update(uint32_t{0}, value, BPF_F_LOCK), 0);
  const uint32_t key = 0;
  EXPECT_EQ(static_cast<Locked*>(map.lookup(key))->lock.val, 0u);
  Locked out{.lock = {.val = 3}, .pad = 0, .values = {}};
  EXPECT_EQ(map.copy(key, &out, BPF_F_LOCK), 0);
  EXPECT_EQ(out.lock.val, 0u);
  EXPECT_EQ(out.values[5], 6u);
  EXPECT_EQ(out.pad, 1u);
}

TEST(Array, LockedValuesAreNeverTorn) {
  TestKernel kernel;
  TestMap map = kernel.create(array(sizeof(Locked), 1));
  has_lock(*map);
  std::atomic<bool> torn{false};
  const auto work = [&](uint64_t seed) {
    for (uint64_t i = 0; i < 3000; ++i) {
      Locked value{};
      for (uint64_t& word : value.values) word = seed + i;
      EXPECT_EQ(map.update(uint32_t{0}, value, BPF_F_LOCK), 0);
      EXPECT_EQ(map.copy(uint32_t{0}, &value, BPF_F_LOCK), 0);
      for (const uint64_t word : value.values) {
        if (word != value.values[0]) torn = true;
      }
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (uint64_t i = 0; i < 4; ++i) threads.emplace_back(work, i * 1'000'000);
  threads.clear();
  EXPECT_FALSE(torn);
}

TEST(Array, WordsAreNeverTorn) {
  TestKernel kernel;
  TestMap map = kernel.create(array(24, 2));
  std::atomic<bool> torn{false};
  const auto work = [&](uint64_t half) {
    const uint64_t word = half << 32 | half;
    for (int i = 0; i < 5000; ++i) {
      const uint64_t value[3] = {word, word, word};
      EXPECT_EQ(map.update(uint32_t{1}, value), 0);
      uint64_t seen[3];
      EXPECT_EQ(map.copy(uint32_t{1}, &seen), 0);
      for (const uint64_t one : seen) {
        if (one >> 32 != (one & 0xffff'ffff)) torn = true;
      }
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (uint64_t i = 1; i <= 4; ++i) threads.emplace_back(work, i);
  threads.clear();
  EXPECT_FALSE(torn);
}

}  // namespace
}  // namespace zext::shim
