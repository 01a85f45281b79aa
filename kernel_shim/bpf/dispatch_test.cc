// What every command has in common: how its attribute is read.
#include <errno.h>
#include <sys/mman.h>

#include <cstddef>

#include "kernel_shim/bpf/bpf_fixture.h"

namespace zext::shim {
namespace {

using DispatchTest = BpfTest;

TEST_F(DispatchTest, UnknownCommandsAreInvalid) {
  const bpf_attr attr{};
  for (const int command : {-1, BPF_PROG_BIND_MAP + 1, 1000, -2147483647}) {
    EXPECT_EQ(call(command, attr), -EINVAL) << command;
  }
  // Those of 5.19 that are not here.
  for (const int command : {BPF_PROG_ATTACH, BPF_PROG_DETACH, BPF_PROG_QUERY, BPF_TASK_FD_QUERY,
                            BPF_ENABLE_STATS, BPF_ITER_CREATE}) {
    EXPECT_EQ(call(command, attr), -EINVAL) << command;
  }
}

TEST_F(DispatchTest, WhatLiesBehindTheAttributeMustBeZero) {
  struct {
    bpf_attr attr;
    uint8_t tail[512];
  } longer{.attr = map_attr(BPF_MAP_TYPE_ARRAY), .tail = {}};
  const long fd = kshim_bpf(shim_, BPF_MAP_CREATE, address(&longer), sizeof longer);
  EXPECT_GE(fd, 0);
  for (const size_t at : {0, 1, 255, 256, 511}) {
    longer.tail[at] = 1;
    EXPECT_EQ(kshim_bpf(shim_, BPF_MAP_CREATE, address(&longer), sizeof longer), -E2BIG) << at;
    // Even for a command that does not exist.
    EXPECT_EQ(kshim_bpf(shim_, 1000, address(&longer), sizeof longer), -E2BIG) << at;
    longer.tail[at] = 0;
  }
}

TEST_F(DispatchTest, NoAttributeIsLargerThanAPage) {
  void* pages =
      mmap(nullptr, 2 * kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  auto* attr = new (pages) bpf_attr(map_attr(BPF_MAP_TYPE_ARRAY));
  EXPECT_GE(kshim_bpf(shim_, BPF_MAP_CREATE, address(attr), kPageSize), 0);
  EXPECT_EQ(kshim_bpf(shim_, BPF_MAP_CREATE, address(attr), kPageSize + 1), -E2BIG);
  EXPECT_EQ(kshim_bpf(shim_, BPF_MAP_CREATE, 0, ~0u), -E2BIG);
  munmap(pages, 2 * kPageSize);
}

TEST_F(DispatchTest, ShortAttributesAreExtendedWithZeros) {
  bpf_attr attr = map_attr(BPF_MAP_TYPE_ARRAY);
  attr.btf_fd = 77;
  attr.btf_value_type_id = 1;
  EXPECT_EQ(call(BPF_MAP_CREATE, attr), -EBADF);
  EXPECT_GE(call(BPF_MAP_CREATE, attr, offsetof(bpf_attr, btf_fd)), 0);
  // Not even the type.
  EXPECT_EQ(call(BPF_MAP_CREATE, attr, 0), -EINVAL);
}

TEST_F(DispatchTest, BadAddressesAreFaults) {
  EXPECT_EQ(kshim_bpf(shim_, BPF_MAP_CREATE, 0, sizeof(bpf_attr)), -EFAULT);
  EXPECT_EQ(kshim_bpf(shim_, BPF_MAP_CREATE, 16, 400), -EFAULT);
  EXPECT_EQ(kshim_bpf(shim_, 1000, 16, sizeof(bpf_attr)), -EFAULT);
}

TEST_F(DispatchTest, BytesBehindTheLastFieldOfACommandAreInvalid) {
  struct Row {
    int command;
    size_t end;
  };
  constexpr Row kRows[] = {
#define COMMAND(number, last, function) \
  {number, offsetof(bpf_attr, last) + sizeof(bpf_attr{}.last)},
#include "kernel_shim/bpf/commands.def"
  };
  for (const Row& row : kRows) {
    bpf_attr attr{};
    if (row.end == sizeof attr) continue;
    reinterpret_cast<uint8_t*>(&attr)[row.end] = 1;
    EXPECT_EQ(call(row.command, attr), -EINVAL) << row.command;
    // Nothing but the attribute was looked at.
    EXPECT_EQ(watch_.copies.size(), 1u) << row.command;
  }
}

TEST_F(DispatchTest, EachByteIsReadOnce) {
  struct {
    bpf_attr attr;
    uint8_t tail[600];
  } longer{.attr = map_attr(BPF_MAP_TYPE_ARRAY), .tail = {}};
  watch_.copies.clear();
  EXPECT_GE(kshim_bpf(shim_, BPF_MAP_CREATE, address(&longer), sizeof longer), 0);
  std::vector<int> reads(sizeof longer);
  for (const Watch::Copy& copy : watch_.copies) {
    ASSERT_TRUE(copy.in);
    for (uint64_t i = 0; i < copy.size; ++i) ++reads[copy.address - address(&longer) + i];
  }
  EXPECT_EQ(reads, std::vector<int>(sizeof longer, 1));
}

class UnprivilegedTest : public BpfTest {
 protected:
  UnprivilegedTest() : BpfTest({.capabilities = 0, .user = 1000}, kshim_config{}) {}
};

TEST_F(UnprivilegedTest, MayNotCreate) {
  EXPECT_EQ(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_ARRAY)), -EPERM);
  EXPECT_EQ(call(BPF_PROG_LOAD, bpf_attr{}), -EPERM);
  // Before the attribute is read.
  EXPECT_EQ(kshim_bpf(shim_, BPF_MAP_CREATE, 0, ~0u), -EPERM);
}

TEST_F(UnprivilegedTest, MayUseWhatItWasGiven) {
  ProcessHost::Client& root = host_.add_client(~0u, 0);
  ProcessHost::Client& own = host_.client();
  int fd = -1;
  {
    const ClientScope scope(host_, root);
    fd = host_.send(make_map(BPF_MAP_TYPE_ARRAY), own);
  }
  uint64_t value = 0;
  EXPECT_EQ(update(fd, 1, 5), 0);
  EXPECT_EQ(lookup(fd, 1, &value), 0);
  EXPECT_EQ(value, 5u);
  bpf_attr attr{};
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_ID, attr), -EPERM);
  attr.map_id = 1;
  EXPECT_EQ(call(BPF_MAP_GET_FD_BY_ID, attr), -EPERM);
  EXPECT_EQ(call(BPF_PROG_GET_FD_BY_ID, attr), -EPERM);
  EXPECT_EQ(call(BPF_BTF_GET_FD_BY_ID, attr), -EPERM);
  EXPECT_EQ(call(BPF_LINK_GET_FD_BY_ID, attr), -EPERM);
  EXPECT_EQ(call(BPF_BTF_LOAD, bpf_attr{}), -EPERM);
  bpf_attr freeze{};
  freeze.map_fd = static_cast<uint32_t>(fd);
  EXPECT_EQ(call(BPF_MAP_FREEZE, freeze), -EPERM);
  EXPECT_EQ(update(fd, 1, 6), 0);
}

kshim_config allowing_config() {
  kshim_config config{};
  config.allow_unprivileged = true;
  return config;
}

class AllowedTest : public BpfTest {
 protected:
  AllowedTest() : BpfTest({.capabilities = 0, .user = 1000}, allowing_config()) {}
};

TEST_F(AllowedTest, TheUnprivilegedMakeSimpleMaps) {
  EXPECT_GE(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_ARRAY)), 0);
  EXPECT_GE(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_HASH)), 0);
  EXPECT_GE(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_PERCPU_ARRAY)), 0);
  EXPECT_GE(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_PROG_ARRAY, 4, 4)), 0);
  EXPECT_GE(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096)), 0);
  for (const uint32_t type : {BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
                              BPF_MAP_TYPE_LPM_TRIE, BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK,
                              BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_STACK_TRACE}) {
    // Whatever else is wrong.
    EXPECT_EQ(call(BPF_MAP_CREATE, map_attr(type, 77, 77)), -EPERM) << type;
  }
  EXPECT_EQ(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_ZERO_SEED)), -EPERM);
}

}  // namespace
}  // namespace zext::shim
