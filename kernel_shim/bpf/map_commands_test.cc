// MAP_CREATE and the commands on elements: every errno, in Linux's order.
#include <errno.h>

#include "kernel_shim/bpf/bpf_fixture.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

using MapCommandsTest = BpfTest;
constexpr int kNoFd = 99;

TEST_F(MapCommandsTest, CreateRefuses) {
  struct Row {
    const char* what;
    long error;
    std::function<void(bpf_attr&)> change;
  };
  const int other = host_.open_other();
  const Row rows[] = {
      {"no type", -EINVAL, [](bpf_attr& a) { a.map_type = 0; }},
      {"type of the future", -EINVAL, [](bpf_attr& a) { a.map_type = 1000; }},
      {"extra is for bloom filters", -EINVAL, [](bpf_attr& a) { a.map_extra = 1; }},
      {"kernel's value", -EINVAL, [](bpf_attr& a) { a.btf_vmlinux_value_type_id = 1; }},
      {"key type without value type", -EINVAL, [](bpf_attr& a) { a.btf_key_type_id = 1; }},
      {"neither read nor written", -EINVAL,
       [](bpf_attr& a) { a.map_flags = BPF_F_RDONLY | BPF_F_WRONLY; }},
      {"second node", -EINVAL,
       [](bpf_attr& a) {
         a.map_flags = BPF_F_NUMA_NODE;
         a.numa_node = 1;
       }},
      {"device", -EINVAL, [](bpf_attr& a) { a.map_ifindex = 1; }},
      {"name with a space", -EINVAL, [](bpf_attr& a) { std::memcpy(a.map_name, "a b", 3); }},
      {"name without an end", -EINVAL, [](bpf_attr& a) { std::memset(a.map_name, 'x', 16); }},
      {"no BTF", -EBADF,
       [](bpf_attr& a) {
         a.btf_fd = kNoFd;
         a.btf_value_type_id = 1;
         a.btf_key_type_id = 1;
       }},
      {"something else for BTF", -EINVAL,
       [other](bpf_attr& a) {
         a.btf_fd = static_cast<uint32_t>(other);
         a.btf_value_type_id = 1;
         a.btf_key_type_id = 1;
       }},
      {"no elements", -EINVAL, [](bpf_attr& a) { a.max_entries = 0; }},
      {"no key", -EINVAL, [](bpf_attr& a) { a.key_size = 0; }},
      {"no inner map", -EBADF,
       [](bpf_attr& a) {
         a.map_type = BPF_MAP_TYPE_HASH_OF_MAPS;
         a.value_size = 4;
         a.inner_map_fd = kNoFd;
       }},
      {"sizes before the inner map", -EINVAL,
       [](bpf_attr& a) {
         a.map_type = BPF_MAP_TYPE_HASH_OF_MAPS;
         a.inner_map_fd = kNoFd;
       }},
  };
  for (const Row& row : rows) {
    bpf_attr attr = map_attr(BPF_MAP_TYPE_HASH);
    row.change(attr);
    const ProcessHost::Counts before = host_.counts();
    EXPECT_EQ(call(BPF_MAP_CREATE, attr), row.error) << row.what;
    EXPECT_EQ(host_.counts(), before) << row.what;
  }
}

TEST_F(MapCommandsTest, CreateTakes) {
  bpf_attr attr = map_attr(BPF_MAP_TYPE_HASH);
  std::memcpy(attr.map_name, "Name_1.x", 8);
  EXPECT_GE(call(BPF_MAP_CREATE, attr), 0);
  std::memset(attr.map_name, 'x', 15);
  EXPECT_GE(call(BPF_MAP_CREATE, attr), 0);
  attr.map_flags = BPF_F_NUMA_NODE;
  EXPECT_GE(call(BPF_MAP_CREATE, attr), 0);
  attr.numa_node = ~0u;
  EXPECT_GE(call(BPF_MAP_CREATE, attr), 0);
}

TEST_F(MapCommandsTest, DescriptorsOfMapsOnly) {
  uint64_t key = 0;
  uint64_t value = 0;
  for (const int command : {BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
                            BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM}) {
    bpf_attr attr = element(kNoFd, &key, command == BPF_MAP_DELETE_ELEM ? nullptr : &value);
    EXPECT_EQ(call(command, attr), -EBADF) << command;
    attr.map_fd = static_cast<uint32_t>(host_.open_other());
    EXPECT_EQ(call(command, attr), -EINVAL) << command;
    attr.map_fd = ~0u;
    EXPECT_EQ(call(command, attr), -EBADF) << command;
  }
  bpf_attr attr{};
  attr.map_fd = kNoFd;
  EXPECT_EQ(call(BPF_MAP_FREEZE, attr), -EBADF);
}

TEST_F(MapCommandsTest, LookupAndUpdate) {
  const int fd = make_map();
  uint64_t value = 0;
  EXPECT_EQ(lookup(fd, 1, &value), -ENOENT);
  EXPECT_EQ(update(fd, 1, 7, BPF_EXIST), -ENOENT);
  EXPECT_EQ(update(fd, 1, 7), 0);
  EXPECT_EQ(update(fd, 1, 8, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(update(fd, 1, 8, 3), -EINVAL);
  EXPECT_EQ(update(fd, 1, 8, BPF_F_LOCK), -EINVAL);
  EXPECT_EQ(lookup(fd, 1, &value), 0);
  EXPECT_EQ(value, 7u);
  const uint32_t key = 1;
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, &key, &value, 1)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, &key, &value, BPF_F_LOCK)), -EINVAL);
  // Flags before the descriptor.
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(kNoFd, &key, &value, 1)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, nullptr, &value)), -EFAULT);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, &key, nullptr)), -EFAULT);
  EXPECT_EQ(call(BPF_MAP_UPDATE_ELEM, element(fd, nullptr, &value)), -EFAULT);
  EXPECT_EQ(call(BPF_MAP_UPDATE_ELEM, element(fd, &key, nullptr)), -EFAULT);
}

TEST_F(MapCommandsTest, DeleteAndTake) {
  const int fd = make_map();
  const uint32_t key = 1;
  uint64_t value = 0;
  EXPECT_EQ(call(BPF_MAP_DELETE_ELEM, element(fd, &key, nullptr)), -ENOENT);
  EXPECT_EQ(update(fd, 1, 7), 0);
  EXPECT_EQ(call(BPF_MAP_DELETE_ELEM, element(fd, nullptr, nullptr)), -EFAULT);
  EXPECT_EQ(call(BPF_MAP_DELETE_ELEM, element(fd, &key, nullptr)), 0);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, &key, &value)), -ENOENT);
  EXPECT_EQ(update(fd, 1, 9), 0);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, &key, &value, 1)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, &key, &value, BPF_F_LOCK)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, &key, &value)), 0);
  EXPECT_EQ(value, 9u);
  const int array = make_map(BPF_MAP_TYPE_ARRAY);
  EXPECT_EQ(call(BPF_MAP_DELETE_ELEM, element(array, &key, nullptr)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(array, &key, &value)), -kNotSupported);
}

TEST_F(MapCommandsTest, NextKey) {
  const int fd = make_map(BPF_MAP_TYPE_ARRAY);
  uint32_t key = 0;
  uint32_t next = 77;
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(fd, nullptr, &next)), 0);
  EXPECT_EQ(next, 0u);
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(fd, &key, &next)), 0);
  EXPECT_EQ(next, 1u);
  key = 3;
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(fd, &key, &next)), -ENOENT);
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(fd, nullptr, nullptr)), -EFAULT);
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(fd, reinterpret_cast<const void*>(8), &next)),
            -EFAULT);
}

TEST_F(MapCommandsTest, MapsWithoutKeysWantNone) {
  const int fd = static_cast<int>(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_QUEUE, 0, 8)));
  ASSERT_GE(fd, 0);
  const uint32_t key = 1;
  uint64_t value = 3;
  EXPECT_EQ(call(BPF_MAP_UPDATE_ELEM, element(fd, &key, &value)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_UPDATE_ELEM, element(fd, nullptr, &value)), 0);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, &key, &value)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, nullptr, &value, BPF_F_LOCK)),
            -EINVAL);
  value = 0;
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, nullptr, &value)), 0);
  EXPECT_EQ(value, 3u);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, nullptr, &value)), -ENOENT);
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(fd, nullptr, &value)), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(fd, &key, &value)), -EINVAL);
}

TEST_F(MapCommandsTest, ABloomFilterIsAskedForAValue) {
  const int fd =
      static_cast<int>(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 100)));
  ASSERT_GE(fd, 0);
  uint64_t value = 3;
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, nullptr, &value)), -ENOENT);
  EXPECT_EQ(call(BPF_MAP_UPDATE_ELEM, element(fd, nullptr, &value)), 0);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, nullptr, &value)), 0);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, element(fd, nullptr, nullptr)), -EFAULT);
}

TEST_F(MapCommandsTest, AccessIsTheDescriptors) {
  uint64_t value = 1;
  const uint32_t key = 0;
  const int reads = make_map(BPF_MAP_TYPE_HASH, BPF_F_RDONLY);
  EXPECT_EQ(update(reads, 0, 1), -EPERM);
  EXPECT_EQ(call(BPF_MAP_DELETE_ELEM, element(reads, &key, nullptr)), -EPERM);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(reads, &key, &value)), -EPERM);
  EXPECT_EQ(lookup(reads, 0, &value), -ENOENT);
  const int writes = make_map(BPF_MAP_TYPE_HASH, BPF_F_WRONLY);
  EXPECT_EQ(update(writes, 0, 1), 0);
  EXPECT_EQ(lookup(writes, 0, &value), -EPERM);
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_KEY, element(writes, nullptr, &value)), -EPERM);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(writes, &key, &value)), -EPERM);
  // The flags are not the map's: another descriptor has its own.
  bpf_attr attr{};
  attr.map_id = kshim_id_of(host_.at(writes));
  const int both = static_cast<int>(call(BPF_MAP_GET_FD_BY_ID, attr));
  EXPECT_EQ(lookup(both, 0, &value), 0);
  EXPECT_EQ(value, 1u);
  EXPECT_EQ(kshim_kind_of(host_.at(writes)), KSHIM_MAP);
  // Duplicates keep theirs.
  const int copy = host_.dup(writes);
  host_.close(writes);
  EXPECT_EQ(lookup(copy, 0, &value), -EPERM);
}

TEST_F(MapCommandsTest, AFrozenMapIsOnlyRead) {
  const int fd = make_map();
  EXPECT_EQ(update(fd, 0, 1), 0);
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(fd);
  EXPECT_EQ(call(BPF_MAP_FREEZE, attr), 0);
  EXPECT_EQ(call(BPF_MAP_FREEZE, attr), -EBUSY);
  uint64_t value = 0;
  const uint32_t key = 0;
  EXPECT_EQ(lookup(fd, 0, &value), 0);
  EXPECT_EQ(update(fd, 0, 2), -EPERM);
  EXPECT_EQ(call(BPF_MAP_DELETE_ELEM, element(fd, &key, nullptr)), -EPERM);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, element(fd, &key, &value)), -EPERM);
}

TEST_F(MapCommandsTest, MappingAndFreezingExclude) {
  const int fd = make_map(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE);
  kshim_object* object = host_.at(fd);
  kshim_mapping mapping;
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(fd);
  ASSERT_EQ(kshim_mmap(shim_, object, 0, kPageSize, true, &mapping), 0);
  EXPECT_TRUE(mapping.may_write);
  EXPECT_EQ(mapping.length, kPageSize);
  EXPECT_EQ(call(BPF_MAP_FREEZE, attr), -EBUSY);
  kshim_munmap(shim_, object, true);
  ASSERT_EQ(kshim_mmap(shim_, object, 0, kPageSize, false, &mapping), 0);
  EXPECT_FALSE(mapping.may_write);
  EXPECT_EQ(call(BPF_MAP_FREEZE, attr), 0);
  EXPECT_EQ(kshim_mmap(shim_, object, 0, kPageSize, true, &mapping), -EPERM);
  kshim_munmap(shim_, object, false);
}

TEST_F(MapCommandsTest, WhatCannotBeMapped) {
  kshim_mapping mapping;
  const int hash = make_map();
  EXPECT_EQ(kshim_mmap(shim_, host_.at(hash), 0, kPageSize, false, &mapping), -kNotSupported);
  const int fd = make_map(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE | BPF_F_RDONLY);
  EXPECT_EQ(kshim_mmap(shim_, host_.at(fd), 0, kPageSize, true, &mapping), -EACCES);
  EXPECT_EQ(kshim_mmap(shim_, host_.at(fd), 0, kPageSize, false, &mapping), 0);
  EXPECT_EQ(kshim_mmap(shim_, host_.at(fd), 0, 0, false, &mapping), -EINVAL);
  EXPECT_EQ(kshim_mmap(shim_, host_.at(fd), 1, kPageSize, false, &mapping), -EINVAL);
  EXPECT_EQ(kshim_mmap(shim_, host_.at(fd), ~uint64_t{0} - 4095, 8192, false, &mapping), -EINVAL);
  EXPECT_EQ(kshim_mmap(shim_, host_.at(fd), 0, 2 * kPageSize, false, &mapping), -EINVAL);
  const int constant = make_map(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
  EXPECT_EQ(kshim_mmap(shim_, host_.at(constant), 0, kPageSize, true, &mapping), -EACCES);
  // The refusal did not count as a writer.
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(constant);
  EXPECT_EQ(call(BPF_MAP_FREEZE, attr), 0);
}

TEST_F(MapCommandsTest, WaitingIsForRings) {
  EXPECT_EQ(kshim_poll(shim_, host_.at(make_map())), 8u);
  const int ring =
      static_cast<int>(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096)));
  EXPECT_EQ(kshim_poll(shim_, host_.at(ring)), 0u);
}

}  // namespace
}  // namespace zext::shim
