// Helpers against <linux/bpf.h>, bpf-helpers(7), and facts by hand.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <set>
#include <string>
#include <vector>

#include "verifier/platform/helper.h"
#include "verifier/platform/platform.h"

namespace zext::verifier {
namespace {

// What <linux/bpf.h> calls the helpers, from number 0 on.
std::vector<std::string> names_of_linux() {
#define NAME(name) #name
  return {__BPF_FUNC_MAPPER(NAME)};
#undef NAME
}

TEST(Helpers, HaveTheNamesOfLinux) {
  const std::vector<std::string> names = names_of_linux();
  ASSERT_GE(names.size(), 210U);
  ASSERT_EQ(helpers().size(), 211U);
  for (const Helper& helper : helpers()) {
    // The last two came with Linux 6.2; older headers lack them.
    if (helper.number >= names.size()) break;
    EXPECT_EQ(helper.name, names[helper.number]);
  }
  EXPECT_STREQ(helpers()[209].name, "cgrp_storage_get");
  EXPECT_STREQ(helpers()[210].name, "cgrp_storage_delete");
}

TEST(Helpers, OwnRowsAreVariants) {
  for (const Platform& platform : platforms()) {
    SCOPED_TRACE(platform.name);
    uint32_t before = 0;
    for (const Helper& own : platform.own_helpers) {
      EXPECT_LT(before, own.number);
      before = own.number;
      EXPECT_TRUE(platform.allows(own.number)) << own.name;
      EXPECT_STREQ(own.name, helpers()[own.number - 1].name);
      EXPECT_EQ(platform.helper(own.number), &own);
    }
  }
}

TEST(Helpers, NoBitIsWithoutARow) {
  for (const Platform& platform : platforms()) {
    EXPECT_FALSE(platform.allows(0)) << platform.name;
    for (uint32_t number = 212; number < 300; ++number) {
      EXPECT_FALSE(platform.allows(number)) << platform.name;
      EXPECT_EQ(platform.helper(number), nullptr) << platform.name;
    }
  }
}

struct Allowed {
  const char* platform;
  std::vector<uint32_t> yes;
  std::vector<uint32_t> no;
};

// By the manual pages bpf-helpers(7) and by Linux's verifier.
const Allowed kAllowed[] = {
    {"xdp", {1, 7, 8, 12, 23, 28, 44, 51, 65, 84, 93, 131, 188, 208}, {4, 9, 10, 14, 26, 46, 67}},
    {"socket_filter", {1, 12, 25, 26, 46, 47, 68, 137}, {9, 23, 44, 84, 17, 14}},
    {"sched_cls", {9, 10, 13, 17, 23, 38, 39, 84, 110, 124, 155, 192}, {44, 51, 54, 14, 52, 189}},
    {"cgroup_skb/egress", {26, 79, 81, 84, 97, 107, 128}, {186, 187, 9, 14, 23}},
    {"cgroup_sock/create", {15, 17, 46, 81, 107, 186, 187}, {108, 49, 84, 137}},
    {"cgroup_sock_addr/connect4", {49, 57, 64, 84, 108, 186}, {26, 70}},
    {"cgroup_sock_addr/bind4", {49, 186}, {64}},
    {"cgroup_sock_addr/recvmsg4", {49, 57, 81}, {64, 186, 187}},
    {"cgroup_sockopt/set", {49, 57, 96, 107, 186}, {46, 64}},
    {"cgroup_sockopt/get", {96, 107, 186}, {49, 57}},
    {"cgroup_sysctl", {101, 102, 103, 104, 160}, {107, 137}},
    {"cgroup_device", {14, 15, 186}, {101, 160}},
    {"sock_ops", {49, 53, 59, 70, 96, 143}, {186, 84, 17}},
    {"sk_msg", {14, 17, 60, 61, 63, 71, 90}, {52, 16, 9}},
    {"sk_skb", {9, 26, 39, 52, 72, 84}, {60, 28}},
    {"lwt_in", {26, 39, 73}, {20, 23, 74}},
    {"lwt_out", {26, 39}, {73}},
    {"lwt_xmit", {9, 20, 23, 73}, {74, 84}},
    {"lwt_seg6local", {26, 74, 75, 76}, {39, 73}},
    {"flow_dissector", {26, 1}, {68, 39}},
    {"sk_reuseport", {26, 46, 68, 82}, {84, 137, 25}},
    {"sk_lookup", {25, 86, 124}, {84, 46}},
    {"lirc_mode2", {1, 6, 77, 78, 92}, {8, 93, 131, 113}},
    {"kprobe", {4, 14, 25, 27, 35, 58, 67, 112, 115, 173, 174}, {46, 107, 9, 147}},
    {"tracepoint", {25, 67, 174}, {58, 56, 173}},
    {"perf_event", {25, 56, 119, 174}, {58, 173}},
    {"raw_tracepoint", {25, 67}, {58, 119, 174, 46}},
    {"tracing/raw_tp", {46, 111, 121, 147, 162}, {126, 174, 183}},
    {"tracing/fentry", {147, 173, 174, 183, 184, 185}, {126, 145, 58}},
    {"tracing/iter", {126, 127, 150}, {173, 183}},
    {"lsm", {107, 145, 156, 159, 161, 183, 193}, {126, 173, 186, 49}},
    {"struct_ops", {49, 57, 107, 116}, {25, 14}},
    {"syscall", {166, 167, 168, 179}, {58, 9, 84}},
    {"extension", {}, {1, 6}},
    {"plain_memory", {}, {1, 6}},
};

TEST(Helpers, AreAllowedAsLinuxDoes) {
  for (const Allowed& row : kAllowed) {
    const Platform* platform = find_platform(row.platform);
    ASSERT_NE(platform, nullptr) << row.platform;
    for (const uint32_t number : row.yes) {
      EXPECT_TRUE(platform->allows(number)) << row.platform << ", " << number;
      EXPECT_NE(platform->helper(number), nullptr) << row.platform << ", " << number;
    }
    for (const uint32_t number : row.no) {
      EXPECT_FALSE(platform->allows(number)) << row.platform << ", " << number;
      EXPECT_EQ(platform->helper(number), nullptr) << row.platform << ", " << number;
    }
  }
}

constexpr uint64_t type_bit(bpf_map_type type) { return uint64_t{1} << type; }

TEST(Helpers, MapsAreThoseOfLinux) {
  const auto maps = [](uint32_t number, size_t argument) {
    return helpers()[number - 1].arguments[argument].maps;
  };
  EXPECT_EQ(maps(12, 1), type_bit(BPF_MAP_TYPE_PROG_ARRAY));
  EXPECT_EQ(maps(25, 1), type_bit(BPF_MAP_TYPE_PERF_EVENT_ARRAY));
  EXPECT_EQ(maps(27, 1), type_bit(BPF_MAP_TYPE_STACK_TRACE));
  EXPECT_EQ(maps(51, 0), type_bit(BPF_MAP_TYPE_DEVMAP) | type_bit(BPF_MAP_TYPE_DEVMAP_HASH) |
                             type_bit(BPF_MAP_TYPE_CPUMAP) | type_bit(BPF_MAP_TYPE_XSKMAP));
  EXPECT_EQ(maps(81, 0),
            type_bit(BPF_MAP_TYPE_CGROUP_STORAGE) | type_bit(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE));
  EXPECT_EQ(maps(88, 0), type_bit(BPF_MAP_TYPE_QUEUE) | type_bit(BPF_MAP_TYPE_STACK));
  EXPECT_EQ(maps(89, 0), maps(88, 0) | type_bit(BPF_MAP_TYPE_BLOOM_FILTER));
  EXPECT_EQ(maps(131, 0), type_bit(BPF_MAP_TYPE_RINGBUF));
  EXPECT_EQ(maps(195, 0), type_bit(BPF_MAP_TYPE_PERCPU_ARRAY) | type_bit(BPF_MAP_TYPE_PERCPU_HASH) |
                              type_bit(BPF_MAP_TYPE_LRU_PERCPU_HASH));
  EXPECT_EQ(maps(209, 0), type_bit(BPF_MAP_TYPE_USER_RINGBUF));
  // Values can be looked up wherever they can be updated.
  EXPECT_EQ(maps(2, 0) & ~maps(1, 0), 0U);
  for (const bpf_map_type type :
       {BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_RINGBUF,
        BPF_MAP_TYPE_STACK_TRACE, BPF_MAP_TYPE_CPUMAP, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY}) {
    EXPECT_EQ(maps(1, 0) & type_bit(type), 0U) << type;
  }
}

TEST(Helpers, ReferencesAreTakenAndGiven) {
  std::set<uint32_t> acquire, release, move, sleep;
  for (const Helper& helper : helpers()) {
    if (helper.result.acquires) acquire.insert(helper.number);
    if (helper.changes_packet) move.insert(helper.number);
    if (helper.may_sleep) sleep.insert(helper.number);
    for (const Argument& argument : helper.arguments) {
      if (argument.acquires) acquire.insert(helper.number);
      if (argument.releases) release.insert(helper.number);
    }
  }
  EXPECT_EQ(acquire, (std::set<uint32_t>{84, 85, 99, 131, 194, 198}));
  EXPECT_EQ(release, (std::set<uint32_t>{86, 132, 133, 194, 199, 200}));
  EXPECT_EQ(move, (std::set<uint32_t>{9,  10, 11, 13, 18, 19, 31, 38, 39, 43, 44,
                                      50, 54, 63, 65, 73, 74, 75, 76, 90, 91, 143}));
  EXPECT_EQ(sleep, (std::set<uint32_t>{148, 161, 167, 191, 193}));
}

}  // namespace
}  // namespace zext::verifier
