#include "verifier/platform/platform.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <map>
#include <set>
#include <string>
#include <utility>

namespace zext::verifier {
namespace {

TEST(Platforms, EachTypeOfLinuxHasARow) {
  std::set<int> types;
  std::set<std::string> names;
  std::set<std::pair<int, int>> pairs;
  for (const Platform& platform : platforms()) {
    types.insert(platform.type);
    EXPECT_TRUE(names.insert(platform.name).second) << platform.name;
    EXPECT_TRUE(pairs.insert({platform.type, platform.attach_type}).second) << platform.name;
    EXPECT_EQ(find_platform(platform.name), &platform);
    if (platform.attach_type != kAnyAttachType) {
      EXPECT_EQ(find_platform(platform.type, platform.attach_type), &platform) << platform.name;
    }
  }
  for (int type = BPF_PROG_TYPE_SOCKET_FILTER; type <= BPF_PROG_TYPE_SYSCALL; ++type) {
    EXPECT_TRUE(types.contains(type)) << type;
  }
  EXPECT_TRUE(types.contains(255));
}

TEST(Platforms, AreFoundByNumbers) {
  const auto name = [](uint8_t type, int attach_type) -> std::string {
    const Platform* found = find_platform(type, static_cast<uint8_t>(attach_type));
    return found == nullptr ? "" : found->name;
  };
  EXPECT_EQ(name(BPF_PROG_TYPE_XDP, 0), "xdp");
  EXPECT_EQ(name(BPF_PROG_TYPE_XDP, BPF_XDP), "xdp");
  EXPECT_EQ(name(BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP), "xdp_devmap");
  EXPECT_EQ(name(BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP), "xdp_cpumap");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS), "cgroup_skb/ingress");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS), "cgroup_skb/egress");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCK, 0), "cgroup_sock/create");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE), "cgroup_sock/release");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND), "cgroup_sock/post_bind6");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT),
            "cgroup_sock_addr/connect4");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG),
            "cgroup_sock_addr/recvmsg6");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME),
            "cgroup_sock_addr/getsockname6");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, 0), "");
  EXPECT_EQ(name(BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT), "cgroup_sockopt/get");
  EXPECT_EQ(name(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY), "tracing/fentry");
  EXPECT_EQ(name(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP), "tracing/raw_tp");
  EXPECT_EQ(name(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER), "tracing/iter");
  EXPECT_EQ(name(BPF_PROG_TYPE_LSM, BPF_LSM_MAC), "lsm");
  EXPECT_EQ(name(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI), "kprobe");
  EXPECT_EQ(name(0, 0), "");
  EXPECT_EQ(name(100, 0), "");
  EXPECT_EQ(find_platform("no such"), nullptr);
}

TEST(Platforms, ResultsAreThoseOfLinux) {
  const std::map<std::string, std::pair<int64_t, int64_t>> ranges = {
      {"cgroup_skb/ingress", {0, 1}},
      {"cgroup_skb/egress", {0, 3}},
      {"cgroup_sock/create", {0, 1}},
      {"cgroup_sock/release", {0, 1}},
      {"cgroup_sock/post_bind4", {0, 1}},
      {"cgroup_sock/post_bind6", {0, 1}},
      {"cgroup_sock_addr/bind4", {0, 3}},
      {"cgroup_sock_addr/bind6", {0, 3}},
      {"cgroup_sock_addr/connect4", {0, 1}},
      {"cgroup_sock_addr/connect6", {0, 1}},
      {"cgroup_sock_addr/sendmsg4", {0, 1}},
      {"cgroup_sock_addr/sendmsg6", {0, 1}},
      {"cgroup_sock_addr/recvmsg4", {1, 1}},
      {"cgroup_sock_addr/recvmsg6", {1, 1}},
      {"cgroup_sock_addr/getpeername4", {1, 1}},
      {"cgroup_sock_addr/getpeername6", {1, 1}},
      {"cgroup_sock_addr/getsockname4", {1, 1}},
      {"cgroup_sock_addr/getsockname6", {1, 1}},
      {"sock_ops", {0, 1}},
      {"cgroup_device", {0, 1}},
      {"cgroup_sysctl", {0, 1}},
      {"cgroup_sockopt/get", {0, 1}},
      {"cgroup_sockopt/set", {0, 1}},
      {"tracing/fentry", {0, 0}},
      {"tracing/fexit", {0, 0}},
      {"tracing/iter", {0, 1}},
      {"lsm_cgroup", {0, 1}},
      {"sk_lookup", {0, 1}},
  };
  for (const Platform& platform : platforms()) {
    const auto range = ranges.find(platform.name);
    EXPECT_EQ(platform.result.any(), range == ranges.end()) << platform.name;
    if (range == ranges.end()) continue;
    EXPECT_EQ(platform.result.low, range->second.first) << platform.name;
    EXPECT_EQ(platform.result.high, range->second.second) << platform.name;
  }
}

TEST(Platforms, StructuresOfTheHostComeAfterLinuxs) {
  const Field fields[] = {{.name = "pid", .offset = 0, .bytes = 4}};
  const Structure own[] = {{.name = "thread", .fields = fields}};
  Platform host = *find_platform("xdp");
  host.own_structures = own;
  EXPECT_STREQ(host.structure(StructureId::kSocket).name, "bpf_sock");
  EXPECT_STREQ(host.structure(StructureId::kCount).name, "thread");
  const auto unknown = static_cast<StructureId>(static_cast<int>(StructureId::kCount) + 1);
  EXPECT_TRUE(host.structure(unknown).fields.empty());
}

}  // namespace
}  // namespace zext::verifier
