#include "kernel_shim/maps/map.h"

#include <errno.h>

#include <thread>

#include "kernel_shim/maps/testing/test_kernel.h"

namespace zext::shim {
namespace {

MapAttributes array(uint32_t value_size = 8, uint32_t entries = 1) {
  return {
      .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = value_size, .max_entries = entries};
}

MapAttributes named(const char* name) {
  MapAttributes attributes = array();
  memcpy(attributes.name, name, strnlen(name, BPF_OBJ_NAME_LEN));
  return attributes;
}

TEST(MapCreate, KnowsItsTypes) {
  TestKernel kernel;
  for (uint32_t type = 0; type < 100; ++type) {
    if (map_ops(type) != nullptr) continue;
    EXPECT_EQ(kernel.try_create({.type = type, .key_size = 4, .value_size = 4, .max_entries = 1}),
              -EINVAL);
  }
  EXPECT_EQ(map_ops(BPF_MAP_TYPE_UNSPEC), nullptr);
  EXPECT_EQ(map_ops(~0u), nullptr);
}

TEST(MapCreate, NamesAreOfFewCharacters) {
  TestKernel kernel;
  EXPECT_EQ(kernel.try_create(named("a.b_C9")), 0);
  EXPECT_EQ(kernel.try_create(named("fifteen_bytes__")), 0);
  EXPECT_EQ(kernel.try_create(named("sixteen_bytes___")), -EINVAL);
  EXPECT_EQ(kernel.try_create(named("a b")), -EINVAL);
  EXPECT_EQ(kernel.try_create(named("a-b")), -EINVAL);
  MapAttributes rest = named("ab");
  rest.name[5] = '!';
  TestMap map = kernel.create(rest);
  EXPECT_STREQ((*map).name, "ab");
  EXPECT_EQ((*map).name[5], 0);
}

TEST(MapCreate, WhatIsWrongIsToldInOrder) {
  TestKernel kernel;
  // Sizes before names, names before types.
  MapAttributes attributes = named("a b");
  attributes.value_size = kMaxValueSize + 1;
  EXPECT_EQ(kernel.try_create(attributes), -E2BIG);
  attributes = named("a b");
  attributes.btf_value = 1;
  attributes.btf_error = -EBADF;
  EXPECT_EQ(kernel.try_create(attributes), -EINVAL);
  attributes = array();
  attributes.btf_value = 1;
  attributes.btf_error = -EBADF;
  EXPECT_EQ(kernel.try_create(attributes), -EBADF);
  attributes.btf_error = 0;
  EXPECT_EQ(kernel.try_create(attributes), -EBADF);
  attributes.btf_value = 0;
  attributes.btf_key = 1;
  attributes.value_size = kMaxValueSize + 1;
  EXPECT_EQ(kernel.try_create(attributes), -EINVAL) << "a key's type without a value's";
}

TEST(MapCreate, AccessIsTheDescriptors) {
  TestKernel kernel;
  MapAttributes attributes = array();
  attributes.flags = BPF_F_RDONLY | BPF_F_WRONLY;
  EXPECT_EQ(kernel.try_create(attributes), -EINVAL);
  attributes.flags = BPF_F_RDONLY | BPF_F_RDONLY_PROG;
  TestMap map = kernel.create(attributes);
  EXPECT_EQ((*map).flags, uint32_t{BPF_F_RDONLY_PROG});
}

TEST(MapCreate, IdsAscend) {
  TestKernel kernel;
  TestMap first = kernel.create(array());
  TestMap second = kernel.create(array());
  EXPECT_NE((*first).id, 0u);
  EXPECT_GT((*second).id, (*first).id);
}

TEST(MapCreate, MemoryIsLimitedByUser) {
  TestKernel kernel({}, kshim_config{.size = sizeof(kshim_config),
                                     .allow_unprivileged = false,
                                     .blind_constants = false,
                                     .memory_limit = 1 << 20,
                                     .verifier_steps = 0});
  EXPECT_EQ(kernel.try_create(array(8, 1 << 16)), 0);
  EXPECT_EQ(kernel.try_create(array(8, 1 << 18)), -ENOMEM);
  TestMap map = kernel.create(array(8, 100'000));
  EXPECT_EQ(kernel.try_create(array(8, 100'000)), -ENOMEM);
  EXPECT_GE((*map).memory.load(), 800'000u);
  ProcessHost::Client& other = kernel.host().add_client(~0u, 5);
  const ClientScope scope(kernel.host(), other);
  EXPECT_EQ(kernel.try_create(array(8, 100'000)), 0) << "another user has memory of his own";
}

// Every allocation of every type fails in turn: nothing is left, and nothing is half made.
TEST(MapCreate, UndoesAllWithoutMemory) {
  static thread_local int allocations_left = 0;
  ProcessHost host;
  kshim_host functions = host.functions();
  static const kshim_host* inner = nullptr;
  inner = &host.functions();
  functions.alloc = [](void* context, uint64_t size) -> void* {
    return allocations_left-- <= 0 ? nullptr : inner->alloc(context, size);
  };
  functions.pages_alloc = [](void* context, uint64_t size, uint64_t mirror) -> void* {
    return allocations_left-- <= 0 ? nullptr : inner->pages_alloc(context, size, mirror);
  };
  Kernel kernel(Host(functions), kshim_config{});
  allocations_left = 100;
  ASSERT_EQ(kernel.start(), 0);
  kernel.ops(KSHIM_MAP) = {map_last_handle, map_destroy};
  host.serve(c_shim(kernel));
  Map* pattern = nullptr;
  ASSERT_EQ(map_create(kernel, array(), &pattern), 0);
  const ProcessHost::Counts before = host.counts();
  const std::vector<MapAttributes> all = {
      {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2},
      {.type = BPF_MAP_TYPE_ARRAY,
       .key_size = 4,
       .value_size = 8,
       .max_entries = 2,
       .flags = BPF_F_MMAPABLE},
      {.type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2},
      {.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 2},
      {.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
       .key_size = 4,
       .value_size = 4,
       .max_entries = 2,
       .inner = pattern},
      {.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 2},
      {.type = BPF_MAP_TYPE_LRU_HASH, .key_size = 4, .value_size = 8, .max_entries = 2},
      {.type = BPF_MAP_TYPE_PERCPU_HASH, .key_size = 4, .value_size = 8, .max_entries = 2},
      {.type = BPF_MAP_TYPE_HASH_OF_MAPS,
       .key_size = 4,
       .value_size = 4,
       .max_entries = 2,
       .inner = pattern},
      {.type = BPF_MAP_TYPE_LPM_TRIE,
       .key_size = 8,
       .value_size = 8,
       .max_entries = 2,
       .flags = BPF_F_NO_PREALLOC},
      {.type = BPF_MAP_TYPE_QUEUE, .value_size = 8, .max_entries = 2},
      {.type = BPF_MAP_TYPE_BLOOM_FILTER, .value_size = 8, .max_entries = 2},
      {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096},
      {.type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4, .value_size = 8, .max_entries = 2},
  };
  for (const MapAttributes& attributes : all) {
    int allowed = 0;
    Map* map = nullptr;
    for (;; ++allowed) {
      allocations_left = allowed;
      const int error = map_create(kernel, attributes, &map);
      if (error == 0) break;
      ASSERT_EQ(error, -ENOMEM) << "type " << attributes.type << " after " << allowed;
      ASSERT_EQ(host.counts(), before) << "type " << attributes.type << " after " << allowed;
      ASSERT_LT(allowed, 100);
    }
    EXPECT_GT(allowed, 0);
    put(kernel, *map);
    EXPECT_EQ(host.counts(), before) << "type " << attributes.type;
  }
  put(kernel, *pattern);
  kernel.stop();
}

// --- values

TEST(Value, FieldsAreNoData) {
  TestKernel kernel;
  for (const bool timer_first : {false, true}) {
    TestMap map = kernel.create(array(64));
    (*map).spin_lock = timer_first ? 40 : 8;
    (*map).timer = timer_first ? 8 : 40;
    const uint32_t lock_end = (*map).spin_lock + sizeof(bpf_spin_lock);
    const uint32_t timer_end = (*map).timer + sizeof(bpf_timer);
    const auto is_field = [&](uint32_t at) {
      return (at >= (*map).spin_lock && at < lock_end) || (at >= (*map).timer && at < timer_end);
    };
    alignas(8) uint8_t in_map[64];
    alignas(8) uint8_t value[64];
    memset(in_map, 0, sizeof in_map);
    memset(value, 0x11, sizeof value);
    copy_value_in(kernel, *map, in_map, value, true);
    for (uint32_t i = 0; i < 64; ++i) ASSERT_EQ(in_map[i], is_field(i) ? 0 : 0x11) << i;
    memset(in_map + (*map).timer, 0x33, sizeof(bpf_timer));
    memset(value, 0x44, sizeof value);
    copy_value_out(kernel, *map, value, in_map, true);
    for (uint32_t i = 0; i < 64; ++i) ASSERT_EQ(value[i], is_field(i) ? 0 : 0x11) << i;
    EXPECT_EQ(map_freeze(kernel, *map), -kNotSupported) << "timers go on in frozen maps";
  }
}

TEST(Value, CopiesAnyBytes) {
  alignas(8) uint8_t shared[80];
  for (uint32_t size = 0; size < 40; ++size) {
    for (uint32_t skew = 0; skew < 9; ++skew) {
      for (uint32_t at : {0u, 8u, 3u}) {
        uint8_t own[64];
        memset(own, 0, sizeof own);
        memset(shared, 0x77, sizeof shared);
        for (uint32_t i = 0; i < size; ++i) own[skew + i] = static_cast<uint8_t>(i + 1);
        copy_shared_in(shared + at, own + skew, size);
        for (uint32_t i = 0; i < size; ++i) ASSERT_EQ(shared[at + i], i + 1);
        ASSERT_EQ(shared[at + size], 0x77);
        memset(own, 0, sizeof own);
        copy_shared_out(own + skew, shared + at, size);
        for (uint32_t i = 0; i < size; ++i) ASSERT_EQ(own[skew + i], i + 1);
        ASSERT_EQ(own[skew + size], 0);
      }
    }
  }
}

TEST(Freeze, NobodyWritesAFrozenMap) {
  for (int round = 0; round < 50; ++round) {
    TestKernel kernel;
    TestMap map = kernel.create(array());
    std::atomic<bool> frozen{false};
    const auto write = [&] {
      for (uint64_t i = 1; i < 200; ++i) {
        const bool was_frozen = frozen.load();
        const int error = map.update(uint32_t{0}, i);
        if (was_frozen) {
          EXPECT_EQ(error, -EPERM);
        }
        EXPECT_TRUE(error == 0 || error == -EPERM);
      }
    };
    std::jthread one(write);
    std::jthread two(write);
    while (map_freeze(kernel, *map) != 0) sched_yield();
    frozen = true;
    const std::optional<uint64_t> value = map.get<uint64_t>(uint32_t{0});
    sched_yield();
    EXPECT_EQ(map.get<uint64_t>(uint32_t{0}), value);
  }
}

}  // namespace
}  // namespace zext::shim
