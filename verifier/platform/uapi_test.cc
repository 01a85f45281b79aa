// Each field against the member of <linux/bpf.h> that it names.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "verifier/platform/platform.h"

namespace zext::verifier {
namespace {

// A member of a structure of <linux/bpf.h>.
struct Member {
  size_t offset;
  size_t bytes;
};
using Members = std::map<std::string, Member>;

#define MEMBER(type, name)                                          \
  {                                                                 \
    #name, { offsetof(type, name), sizeof(((type*)nullptr)->name) } \
  }

// Pointers have a size as well: NOLINTBEGIN(bugprone-sizeof-expression)

const Members kSkb = {
    MEMBER(__sk_buff, len),
    MEMBER(__sk_buff, pkt_type),
    MEMBER(__sk_buff, mark),
    MEMBER(__sk_buff, queue_mapping),
    MEMBER(__sk_buff, protocol),
    MEMBER(__sk_buff, vlan_present),
    MEMBER(__sk_buff, vlan_tci),
    MEMBER(__sk_buff, vlan_proto),
    MEMBER(__sk_buff, priority),
    MEMBER(__sk_buff, ingress_ifindex),
    MEMBER(__sk_buff, ifindex),
    MEMBER(__sk_buff, tc_index),
    MEMBER(__sk_buff, cb),
    MEMBER(__sk_buff, hash),
    MEMBER(__sk_buff, tc_classid),
    MEMBER(__sk_buff, data),
    MEMBER(__sk_buff, data_end),
    MEMBER(__sk_buff, napi_id),
    MEMBER(__sk_buff, family),
    MEMBER(__sk_buff, remote_ip4),
    MEMBER(__sk_buff, local_ip4),
    MEMBER(__sk_buff, remote_ip6[0]),
    MEMBER(__sk_buff, remote_ip6[1]),
    MEMBER(__sk_buff, remote_ip6[2]),
    MEMBER(__sk_buff, remote_ip6[3]),
    MEMBER(__sk_buff, local_ip6[0]),
    MEMBER(__sk_buff, local_ip6[1]),
    MEMBER(__sk_buff, local_ip6[2]),
    MEMBER(__sk_buff, local_ip6[3]),
    MEMBER(__sk_buff, remote_port),
    MEMBER(__sk_buff, local_port),
    MEMBER(__sk_buff, data_meta),
    MEMBER(__sk_buff, flow_keys),
    MEMBER(__sk_buff, tstamp),
    MEMBER(__sk_buff, wire_len),
    MEMBER(__sk_buff, gso_segs),
    MEMBER(__sk_buff, sk),
    MEMBER(__sk_buff, gso_size),
    MEMBER(__sk_buff, tstamp_type),
    MEMBER(__sk_buff, hwtstamp),
};
const Members kXdp = {
    MEMBER(xdp_md, data),           MEMBER(xdp_md, data_end),
    MEMBER(xdp_md, data_meta),      MEMBER(xdp_md, ingress_ifindex),
    MEMBER(xdp_md, rx_queue_index), MEMBER(xdp_md, egress_ifindex),
};
const Members kSock = {
    MEMBER(bpf_sock, bound_dev_if), MEMBER(bpf_sock, family),
    MEMBER(bpf_sock, type),         MEMBER(bpf_sock, protocol),
    MEMBER(bpf_sock, mark),         MEMBER(bpf_sock, priority),
    MEMBER(bpf_sock, src_ip4),      MEMBER(bpf_sock, src_ip6[0]),
    MEMBER(bpf_sock, src_ip6[1]),   MEMBER(bpf_sock, src_ip6[2]),
    MEMBER(bpf_sock, src_ip6[3]),   MEMBER(bpf_sock, src_port),
    MEMBER(bpf_sock, dst_port),     MEMBER(bpf_sock, dst_ip4),
    MEMBER(bpf_sock, dst_ip6[0]),   MEMBER(bpf_sock, dst_ip6[1]),
    MEMBER(bpf_sock, dst_ip6[2]),   MEMBER(bpf_sock, dst_ip6[3]),
    MEMBER(bpf_sock, state),        MEMBER(bpf_sock, rx_queue_mapping),
};
const Members kTcpSock = {
    MEMBER(bpf_tcp_sock, snd_cwnd),         MEMBER(bpf_tcp_sock, srtt_us),
    MEMBER(bpf_tcp_sock, rtt_min),          MEMBER(bpf_tcp_sock, snd_ssthresh),
    MEMBER(bpf_tcp_sock, rcv_nxt),          MEMBER(bpf_tcp_sock, snd_nxt),
    MEMBER(bpf_tcp_sock, snd_una),          MEMBER(bpf_tcp_sock, mss_cache),
    MEMBER(bpf_tcp_sock, ecn_flags),        MEMBER(bpf_tcp_sock, rate_delivered),
    MEMBER(bpf_tcp_sock, rate_interval_us), MEMBER(bpf_tcp_sock, packets_out),
    MEMBER(bpf_tcp_sock, retrans_out),      MEMBER(bpf_tcp_sock, total_retrans),
    MEMBER(bpf_tcp_sock, segs_in),          MEMBER(bpf_tcp_sock, data_segs_in),
    MEMBER(bpf_tcp_sock, segs_out),         MEMBER(bpf_tcp_sock, data_segs_out),
    MEMBER(bpf_tcp_sock, lost_out),         MEMBER(bpf_tcp_sock, sacked_out),
    MEMBER(bpf_tcp_sock, bytes_received),   MEMBER(bpf_tcp_sock, bytes_acked),
    MEMBER(bpf_tcp_sock, dsack_dups),       MEMBER(bpf_tcp_sock, delivered),
    MEMBER(bpf_tcp_sock, delivered_ce),     MEMBER(bpf_tcp_sock, icsk_retransmits),
};
const Members kXdpSock = {MEMBER(bpf_xdp_sock, queue_id)};
const Members kFlowKeys = {{"flow_keys", {0, sizeof(bpf_flow_keys)}}};
const Members kSockAddr = {
    MEMBER(bpf_sock_addr, user_family), MEMBER(bpf_sock_addr, user_ip4),
    MEMBER(bpf_sock_addr, user_ip6),    MEMBER(bpf_sock_addr, user_port),
    MEMBER(bpf_sock_addr, family),      MEMBER(bpf_sock_addr, type),
    MEMBER(bpf_sock_addr, protocol),    MEMBER(bpf_sock_addr, msg_src_ip4),
    MEMBER(bpf_sock_addr, msg_src_ip6), MEMBER(bpf_sock_addr, sk),
};
const Members kSockOps = {
    MEMBER(bpf_sock_ops, op),
    MEMBER(bpf_sock_ops, reply),
    MEMBER(bpf_sock_ops, args[1]),
    MEMBER(bpf_sock_ops, args[2]),
    MEMBER(bpf_sock_ops, args[3]),
    MEMBER(bpf_sock_ops, family),
    MEMBER(bpf_sock_ops, remote_ip4),
    MEMBER(bpf_sock_ops, local_ip4),
    MEMBER(bpf_sock_ops, remote_ip6[0]),
    MEMBER(bpf_sock_ops, remote_ip6[1]),
    MEMBER(bpf_sock_ops, remote_ip6[2]),
    MEMBER(bpf_sock_ops, remote_ip6[3]),
    MEMBER(bpf_sock_ops, local_ip6[0]),
    MEMBER(bpf_sock_ops, local_ip6[1]),
    MEMBER(bpf_sock_ops, local_ip6[2]),
    MEMBER(bpf_sock_ops, local_ip6[3]),
    MEMBER(bpf_sock_ops, remote_port),
    MEMBER(bpf_sock_ops, local_port),
    MEMBER(bpf_sock_ops, is_fullsock),
    MEMBER(bpf_sock_ops, snd_cwnd),
    MEMBER(bpf_sock_ops, srtt_us),
    MEMBER(bpf_sock_ops, bpf_sock_ops_cb_flags),
    MEMBER(bpf_sock_ops, state),
    MEMBER(bpf_sock_ops, rtt_min),
    MEMBER(bpf_sock_ops, snd_ssthresh),
    MEMBER(bpf_sock_ops, rcv_nxt),
    MEMBER(bpf_sock_ops, snd_nxt),
    MEMBER(bpf_sock_ops, snd_una),
    MEMBER(bpf_sock_ops, mss_cache),
    MEMBER(bpf_sock_ops, ecn_flags),
    MEMBER(bpf_sock_ops, rate_delivered),
    MEMBER(bpf_sock_ops, rate_interval_us),
    MEMBER(bpf_sock_ops, packets_out),
    MEMBER(bpf_sock_ops, retrans_out),
    MEMBER(bpf_sock_ops, total_retrans),
    MEMBER(bpf_sock_ops, segs_in),
    MEMBER(bpf_sock_ops, data_segs_in),
    MEMBER(bpf_sock_ops, segs_out),
    MEMBER(bpf_sock_ops, data_segs_out),
    MEMBER(bpf_sock_ops, lost_out),
    MEMBER(bpf_sock_ops, sacked_out),
    MEMBER(bpf_sock_ops, sk_txhash),
    MEMBER(bpf_sock_ops, bytes_received),
    MEMBER(bpf_sock_ops, bytes_acked),
    MEMBER(bpf_sock_ops, sk),
    MEMBER(bpf_sock_ops, skb_data),
    MEMBER(bpf_sock_ops, skb_data_end),
    MEMBER(bpf_sock_ops, skb_len),
    MEMBER(bpf_sock_ops, skb_tcp_flags),
};
const Members kSkMsg = {
    MEMBER(sk_msg_md, data),
    MEMBER(sk_msg_md, data_end),
    MEMBER(sk_msg_md, family),
    MEMBER(sk_msg_md, remote_ip4),
    MEMBER(sk_msg_md, local_ip4),
    MEMBER(sk_msg_md, remote_ip6[0]),
    MEMBER(sk_msg_md, remote_ip6[1]),
    MEMBER(sk_msg_md, remote_ip6[2]),
    MEMBER(sk_msg_md, remote_ip6[3]),
    MEMBER(sk_msg_md, local_ip6[0]),
    MEMBER(sk_msg_md, local_ip6[1]),
    MEMBER(sk_msg_md, local_ip6[2]),
    MEMBER(sk_msg_md, local_ip6[3]),
    MEMBER(sk_msg_md, remote_port),
    MEMBER(sk_msg_md, local_port),
    MEMBER(sk_msg_md, size),
    MEMBER(sk_msg_md, sk),
};
const Members kReuseport = {
    MEMBER(sk_reuseport_md, data),         MEMBER(sk_reuseport_md, data_end),
    MEMBER(sk_reuseport_md, len),          MEMBER(sk_reuseport_md, eth_protocol),
    MEMBER(sk_reuseport_md, ip_protocol),  MEMBER(sk_reuseport_md, bind_inany),
    MEMBER(sk_reuseport_md, hash),         MEMBER(sk_reuseport_md, sk),
    MEMBER(sk_reuseport_md, migrating_sk),
};
const Members kLookup = {
    MEMBER(bpf_sk_lookup, sk),
    MEMBER(bpf_sk_lookup, family),
    MEMBER(bpf_sk_lookup, protocol),
    MEMBER(bpf_sk_lookup, remote_ip4),
    MEMBER(bpf_sk_lookup, remote_ip6[0]),
    MEMBER(bpf_sk_lookup, remote_ip6[1]),
    MEMBER(bpf_sk_lookup, remote_ip6[2]),
    MEMBER(bpf_sk_lookup, remote_ip6[3]),
    MEMBER(bpf_sk_lookup, remote_port),
    MEMBER(bpf_sk_lookup, local_ip4),
    MEMBER(bpf_sk_lookup, local_ip6[0]),
    MEMBER(bpf_sk_lookup, local_ip6[1]),
    MEMBER(bpf_sk_lookup, local_ip6[2]),
    MEMBER(bpf_sk_lookup, local_ip6[3]),
    MEMBER(bpf_sk_lookup, local_port),
    MEMBER(bpf_sk_lookup, ingress_ifindex),
};
const Members kDevice = {
    MEMBER(bpf_cgroup_dev_ctx, access_type),
    MEMBER(bpf_cgroup_dev_ctx, major),
    MEMBER(bpf_cgroup_dev_ctx, minor),
};
const Members kSysctl = {MEMBER(bpf_sysctl, write), MEMBER(bpf_sysctl, file_pos)};
const Members kSockopt = {
    MEMBER(bpf_sockopt, sk),     MEMBER(bpf_sockopt, optval),  MEMBER(bpf_sockopt, optval_end),
    MEMBER(bpf_sockopt, level),  MEMBER(bpf_sockopt, optname), MEMBER(bpf_sockopt, optlen),
    MEMBER(bpf_sockopt, retval),
};

// NOLINTEND(bugprone-sizeof-expression)
#undef MEMBER

// The structure of <linux/bpf.h> that a type's context is; none for registers and arguments.
const std::map<int, const Members*> kContexts = {
    {BPF_PROG_TYPE_SOCKET_FILTER, &kSkb},
    {BPF_PROG_TYPE_SCHED_CLS, &kSkb},
    {BPF_PROG_TYPE_SCHED_ACT, &kSkb},
    {BPF_PROG_TYPE_XDP, &kXdp},
    {BPF_PROG_TYPE_CGROUP_SKB, &kSkb},
    {BPF_PROG_TYPE_CGROUP_SOCK, &kSock},
    {BPF_PROG_TYPE_LWT_IN, &kSkb},
    {BPF_PROG_TYPE_LWT_OUT, &kSkb},
    {BPF_PROG_TYPE_LWT_XMIT, &kSkb},
    {BPF_PROG_TYPE_SOCK_OPS, &kSockOps},
    {BPF_PROG_TYPE_SK_SKB, &kSkb},
    {BPF_PROG_TYPE_CGROUP_DEVICE, &kDevice},
    {BPF_PROG_TYPE_SK_MSG, &kSkMsg},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, &kSockAddr},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL, &kSkb},
    {BPF_PROG_TYPE_SK_REUSEPORT, &kReuseport},
    {BPF_PROG_TYPE_FLOW_DISSECTOR, &kSkb},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, &kSysctl},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, &kSockopt},
    {BPF_PROG_TYPE_SK_LOOKUP, &kLookup},
};

void expect_members(std::span<const Field> fields, const Members& members) {
  for (const Field& field : fields) {
    const auto member = members.find(field.name);
    ASSERT_NE(member, members.end()) << field.name;
    EXPECT_EQ(field.offset, member->second.offset) << field.name;
    // Ports of two bytes are read as four, too, as they were once.
    const bool port = member->second.bytes == 2;
    EXPECT_EQ(field.bytes, port ? 4U : member->second.bytes) << field.name;
  }
}

void expect_sorted(std::span<const Field> fields) {
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    EXPECT_LE(fields[i].offset + fields[i].bytes, fields[i + 1].offset) << fields[i + 1].name;
  }
}

TEST(Structures, AreThoseOfLinux) {
  const Members* members[] = {nullptr, &kSock, &kSock, &kTcpSock, &kXdpSock, &kFlowKeys};
  ASSERT_EQ(structures().size(), std::size(members));
  for (size_t i = 1; i < std::size(members); ++i) {
    SCOPED_TRACE(structures()[i].name);
    expect_sorted(structures()[i].fields);
    expect_members(structures()[i].fields, *members[i]);
  }
  EXPECT_EQ(structures()[1].fields.size(), kSock.size());
  EXPECT_EQ(structures()[2].fields.size(), kSock.size() - 4);
  EXPECT_EQ(structures()[3].fields.size(), kTcpSock.size());
}

TEST(Contexts, AreThoseOfLinux) {
  std::map<const Members*, std::set<std::string>> seen;
  for (const Platform& platform : platforms()) {
    SCOPED_TRACE(platform.name);
    expect_sorted(platform.context);
    const auto context = kContexts.find(platform.type);
    if (context == kContexts.end()) continue;
    EXPECT_FALSE(platform.context.empty());
    expect_members(platform.context, *context->second);
    for (const Field& field : platform.context) seen[context->second].insert(field.name);
  }
  // Each member is some program type's.
  for (const auto& [members, names] : seen) {
    for (const auto& [name, member] : *members) EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Contexts, PacketsHaveBothEnds) {
  for (const Platform& platform : platforms()) {
    SCOPED_TRACE(platform.name);
    unsigned starts = 0, ends = 0, metas = 0;
    for (const Field& field : platform.context) {
      starts += field.kind == FieldKind::kPacketStart ? 1 : 0;
      ends += field.kind == FieldKind::kPacketEnd ? 1 : 0;
      metas += field.kind == FieldKind::kPacketMeta ? 1 : 0;
      if (field.kind == FieldKind::kStructure) {
        EXPECT_NE(field.structure, StructureId::kNone);
        EXPECT_EQ(field.bytes, 8);
      }
      EXPECT_TRUE(field.kind == FieldKind::kNumber || !field.writable) << field.name;
    }
    const unsigned packets = platform.packet == PacketAccess::kNone ? 0 : 1;
    EXPECT_EQ(starts, packets);
    EXPECT_EQ(ends, packets);
    EXPECT_EQ(platform.packet_max != 0, packets != 0);
    EXPECT_EQ(platform.meta_max != 0, metas != 0);
  }
}

}  // namespace
}  // namespace zext::verifier
