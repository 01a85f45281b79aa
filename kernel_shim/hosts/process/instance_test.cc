#include "kernel_shim/hosts/process/instance.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <cstring>

namespace zext::shim {
namespace {

int create_map(Instance& instance, uint32_t type, uint32_t key, uint32_t value, uint32_t entries,
               uint32_t flags = 0) {
  bpf_attr attr{};
  attr.map_type = type;
  attr.key_size = key;
  attr.value_size = value;
  attr.max_entries = entries;
  attr.map_flags = flags;
  return static_cast<int>(instance.bpf(BPF_MAP_CREATE, attr));
}

int load(Instance& instance, uint32_t type, const std::vector<bpf_insn>& insns) {
  bpf_attr attr{};
  attr.prog_type = type;
  attr.insns = reinterpret_cast<uint64_t>(insns.data());
  attr.insn_cnt = static_cast<uint32_t>(insns.size());
  attr.license = reinterpret_cast<uint64_t>("GPL");
  return static_cast<int>(instance.bpf(BPF_PROG_LOAD, attr));
}

// r0 = number; exit
std::vector<bpf_insn> return_number(int32_t number) {
  return {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = number},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
}

TEST(InstanceTest, MapsAreWrittenAndRead) {
  Instance instance;
  const int map = create_map(instance, BPF_MAP_TYPE_HASH, 4, 8, 10);
  ASSERT_GE(map, 3);
  uint32_t key = 5;
  uint64_t value = 77;
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(map);
  attr.key = reinterpret_cast<uint64_t>(&key);
  attr.value = reinterpret_cast<uint64_t>(&value);
  EXPECT_EQ(instance.bpf(BPF_MAP_LOOKUP_ELEM, attr), -ENOENT);
  EXPECT_EQ(instance.bpf(BPF_MAP_UPDATE_ELEM, attr), 0);
  value = 0;
  EXPECT_EQ(instance.bpf(BPF_MAP_LOOKUP_ELEM, attr), 0);
  EXPECT_EQ(value, 77);
  attr.value = 8;
  EXPECT_EQ(instance.bpf(BPF_MAP_LOOKUP_ELEM, attr), -EFAULT);
}

TEST(InstanceTest, ProgramsRunWhenTheirEventHappens) {
  Instance instance;
  const int program = load(instance, BPF_PROG_TYPE_RAW_TRACEPOINT, return_number(0));
  ASSERT_GE(program, 3);
  bpf_attr attr{};
  attr.raw_tracepoint.prog_fd = static_cast<uint32_t>(program);
  attr.raw_tracepoint.name = reinterpret_cast<uint64_t>("sched_switch");
  const long link = instance.bpf(BPF_RAW_TRACEPOINT_OPEN, attr);
  ASSERT_GE(link, 3);
  uint64_t arguments[12] = {};
  EXPECT_EQ(instance.host().fire_raw_tracepoint("sched_switch", arguments), 1);
  EXPECT_NE(instance.fdinfo(static_cast<int>(link)).find("tp_name:\tsched_switch"),
            std::string::npos);
}

TEST(InstanceTest, ArraysAreMapped) {
  Instance instance;
  const int map = create_map(instance, BPF_MAP_TYPE_ARRAY, 4, 8, 1000, BPF_F_MMAPABLE);
  ASSERT_GE(map, 3);
  void* address = nullptr;
  ASSERT_EQ(instance.mmap(map, 0, 8192, true, &address), 0);
  static_cast<uint64_t*>(address)[7] = 99;
  uint32_t key = 7;
  uint64_t value = 0;
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(map);
  attr.key = reinterpret_cast<uint64_t>(&key);
  attr.value = reinterpret_cast<uint64_t>(&value);
  EXPECT_EQ(instance.bpf(BPF_MAP_LOOKUP_ELEM, attr), 0);
  EXPECT_EQ(value, 99);
  bpf_attr freeze{};
  freeze.map_fd = attr.map_fd;
  EXPECT_EQ(instance.bpf(BPF_MAP_FREEZE, freeze), -EBUSY);
  EXPECT_EQ(instance.munmap(address), 0);
  EXPECT_EQ(instance.bpf(BPF_MAP_FREEZE, freeze), 0);
}

TEST(InstanceTest, RingsAreMappedTwice) {
  Instance instance;
  const int map = create_map(instance, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
  ASSERT_GE(map, 3);
  void* consumer = nullptr;
  ASSERT_EQ(instance.mmap(map, 0, 4096, true, &consumer), 0);
  void* producer = nullptr;
  ASSERT_EQ(instance.mmap(map, 4096, 4096 + 2 * 4096, false, &producer), 0);
  const auto* data = static_cast<const uint8_t*>(producer) + 4096;
  EXPECT_EQ(data[0], data[4096]);
  EXPECT_EQ(instance.mmap(map, 4096, 4096, true, &producer), -EPERM);
}

}  // namespace
}  // namespace zext::shim
