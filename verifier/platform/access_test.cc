// What may be read and written where, as Linux decides it.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstddef>

#include "verifier/platform/platform.h"

namespace zext::verifier {
namespace {

struct Access {
  const char* platform;
  size_t offset;
  unsigned bytes;
  bool read;
  bool write;
};

// Each as Linux decides it.
const Access kAccesses[] = {
    {"socket_filter", offsetof(__sk_buff, mark), 4, true, false},
    {"socket_filter", offsetof(__sk_buff, mark), 1, true, false},
    {"socket_filter", offsetof(__sk_buff, mark) + 3, 1, true, false},
    {"socket_filter", offsetof(__sk_buff, mark) + 1, 2, false, false},
    {"socket_filter", offsetof(__sk_buff, mark), 8, false, false},
    {"socket_filter", offsetof(__sk_buff, cb), 8, true, true},
    {"socket_filter", offsetof(__sk_buff, cb) + 8, 8, true, true},
    {"socket_filter", offsetof(__sk_buff, cb) + 16, 8, false, false},
    {"socket_filter", offsetof(__sk_buff, cb) + 19, 1, true, true},
    {"socket_filter", offsetof(__sk_buff, data), 4, false, false},
    {"socket_filter", offsetof(__sk_buff, sk), 8, true, false},
    {"socket_filter", offsetof(__sk_buff, sk), 4, false, false},
    {"sched_cls", offsetof(__sk_buff, mark), 4, true, true},
    {"sched_cls", offsetof(__sk_buff, mark), 2, true, false},
    {"sched_cls", offsetof(__sk_buff, tstamp), 8, true, true},
    {"sched_cls", offsetof(__sk_buff, tstamp), 4, false, false},
    {"sched_cls", offsetof(__sk_buff, tstamp_type), 1, true, false},
    {"sched_cls", offsetof(__sk_buff, tstamp_type) + 1, 1, false, false},
    {"sched_cls", offsetof(__sk_buff, family), 4, false, false},
    {"sched_cls", offsetof(__sk_buff, data_meta), 4, true, false},
    {"cgroup_skb/ingress", offsetof(__sk_buff, family), 2, true, false},
    {"cgroup_skb/ingress", offsetof(__sk_buff, remote_ip6[1]), 4, true, false},
    {"cgroup_skb/ingress", offsetof(__sk_buff, remote_ip6[1]), 2, false, false},
    {"cgroup_skb/ingress", offsetof(__sk_buff, tc_classid), 4, false, false},
    {"sk_skb", offsetof(__sk_buff, cb), 4, true, false},
    {"sk_skb", offsetof(__sk_buff, mark), 4, false, false},
    {"sk_skb", offsetof(__sk_buff, tc_index), 4, true, true},
    {"flow_dissector", offsetof(__sk_buff, flow_keys), 8, true, false},
    {"flow_dissector", offsetof(__sk_buff, len), 4, false, false},
    {"xdp", offsetof(xdp_md, data), 4, true, false},
    {"xdp", offsetof(xdp_md, data), 2, false, false},
    {"xdp", offsetof(xdp_md, egress_ifindex), 4, false, false},
    {"xdp_devmap", offsetof(xdp_md, egress_ifindex), 4, true, false},
    {"xdp_cpumap", offsetof(xdp_md, egress_ifindex), 4, false, false},
    {"xdp", sizeof(xdp_md), 4, false, false},
    {"cgroup_sock/create", offsetof(bpf_sock, mark), 4, true, true},
    {"cgroup_sock/create", offsetof(bpf_sock, mark), 1, false, false},
    {"cgroup_sock/create", offsetof(bpf_sock, src_ip4), 4, false, false},
    {"cgroup_sock/post_bind4", offsetof(bpf_sock, src_ip4) + 2, 2, true, false},
    {"cgroup_sock/post_bind4", offsetof(bpf_sock, src_ip6), 4, false, false},
    {"cgroup_sock/post_bind4", offsetof(bpf_sock, mark), 4, false, false},
    {"cgroup_sock/post_bind6", offsetof(bpf_sock, src_ip6), 4, true, false},
    {"cgroup_sock/create", offsetof(bpf_sock, state), 1, true, false},
    {"cgroup_sock/create", offsetof(bpf_sock, state) + 1, 1, false, false},
    {"cgroup_sock/create", offsetof(bpf_sock, dst_port), 4, true, false},
    {"cgroup_sock/create", offsetof(bpf_sock, dst_port) + 1, 1, true, false},
    {"cgroup_sock/create", offsetof(bpf_sock, dst_port) + 2, 2, false, false},
    {"cgroup_sock_addr/bind4", offsetof(bpf_sock_addr, user_ip4), 1, true, false},
    {"cgroup_sock_addr/bind4", offsetof(bpf_sock_addr, user_ip4), 4, true, true},
    {"cgroup_sock_addr/bind4", offsetof(bpf_sock_addr, user_ip6), 4, false, false},
    {"cgroup_sock_addr/bind6", offsetof(bpf_sock_addr, user_ip6), 8, true, true},
    {"cgroup_sock_addr/bind6", offsetof(bpf_sock_addr, user_ip6) + 4, 4, true, true},
    {"cgroup_sock_addr/bind6", offsetof(bpf_sock_addr, user_ip6) + 4, 8, false, false},
    {"cgroup_sock_addr/bind6", offsetof(bpf_sock_addr, user_ip6) + 2, 2, true, false},
    {"cgroup_sock_addr/bind6", offsetof(bpf_sock_addr, msg_src_ip6), 4, false, false},
    {"cgroup_sock_addr/sendmsg6", offsetof(bpf_sock_addr, msg_src_ip6) + 4, 8, true, true},
    {"cgroup_sock_addr/sendmsg6", offsetof(bpf_sock_addr, msg_src_ip6), 8, false, false},
    {"cgroup_sock_addr/sendmsg4", offsetof(bpf_sock_addr, msg_src_ip4), 4, true, true},
    {"sock_ops", offsetof(bpf_sock_ops, reply), 4, true, true},
    {"sock_ops", offsetof(bpf_sock_ops, args[1]), 4, true, false},
    {"sock_ops", offsetof(bpf_sock_ops, op), 2, false, false},
    {"sock_ops", offsetof(bpf_sock_ops, skb_tcp_flags), 1, true, false},
    {"sock_ops", offsetof(bpf_sock_ops, skb_tcp_flags) + 1, 1, false, false},
    {"sock_ops", offsetof(bpf_sock_ops, bytes_acked), 4, false, false},
    {"sk_reuseport", offsetof(sk_reuseport_md, eth_protocol), 2, true, false},
    {"sk_reuseport", offsetof(sk_reuseport_md, eth_protocol), 1, false, false},
    {"sk_reuseport", offsetof(sk_reuseport_md, hash), 2, false, false},
    {"sk_lookup", offsetof(bpf_sk_lookup, remote_port), 4, true, false},
    {"sk_lookup", offsetof(bpf_sk_lookup, remote_port) + 2, 2, true, false},
    {"cgroup_device", offsetof(bpf_cgroup_dev_ctx, access_type), 2, true, false},
    {"cgroup_device", offsetof(bpf_cgroup_dev_ctx, major), 2, false, false},
    {"cgroup_sysctl", offsetof(bpf_sysctl, write), 4, true, false},
    {"cgroup_sysctl", offsetof(bpf_sysctl, file_pos), 4, true, true},
    {"cgroup_sysctl", offsetof(bpf_sysctl, file_pos), 2, true, false},
    {"cgroup_sockopt/get", offsetof(bpf_sockopt, retval), 4, true, true},
    {"cgroup_sockopt/set", offsetof(bpf_sockopt, retval), 4, false, false},
    {"cgroup_sockopt/set", offsetof(bpf_sockopt, level), 4, true, true},
    {"cgroup_sockopt/get", offsetof(bpf_sockopt, level), 4, true, false},
    {"tracepoint", 0, 8, false, false},
    {"tracepoint", 8, 8, true, false},
    {"tracepoint", 8190, 2, true, false},
    {"tracepoint", 8192, 2, false, false},
    {"raw_tracepoint", 88, 8, true, false},
    {"raw_tracepoint", 92, 4, true, false},
    {"raw_tracepoint", 96, 8, false, false},
    {"raw_tracepoint_writable", 0, 8, true, false},
    {"raw_tracepoint_writable", 0, 4, false, false},
    {"syscall", 1024, 4, true, true},
    {"lirc_mode2", 0, 4, true, false},
    {"lirc_mode2", 0, 2, false, false},
};

TEST(Contexts, AccessesAreThoseOfLinux) {
  for (const Access& row : kAccesses) {
    const Platform* platform = find_platform(row.platform);
    ASSERT_NE(platform, nullptr) << row.platform;
    EXPECT_EQ(may_read(platform->context, row.offset, row.bytes), row.read)
        << row.platform << " " << row.offset << " " << row.bytes;
    EXPECT_EQ(may_write(platform->context, row.offset, row.bytes), row.write)
        << row.platform << " " << row.offset << " " << row.bytes;
  }
}

TEST(Structures, FlowKeysAreMemory) {
  const std::span<const Field> keys = structures()[5].fields;
  EXPECT_TRUE(may_read(keys, 1, 8));
  EXPECT_TRUE(may_write(keys, sizeof(bpf_flow_keys) - 4, 4));
  EXPECT_FALSE(may_write(keys, sizeof(bpf_flow_keys) - 4, 8));
}

}  // namespace
}  // namespace zext::verifier
