// Contexts of sockets: struct bpf_sock, bpf_sock_addr, bpf_sock_ops, sk_msg_md, sk_reuseport_md and
// bpf_sk_lookup, as each program type may use them.
//
//   {.name = "sock_ops", .context = contexts::kSockOps}
#pragma once

#include "verifier/platform/structures.h"

namespace zext::verifier::contexts {

using fields::at_start;
using fields::kAllRows;
using fields::named;
using fields::narrow;
using fields::or_null;
using fields::packet;
using fields::pick;
using fields::pointer;
using fields::whole;
using fields::writable;

consteval uint64_t sock(auto... names) { return named<kSocketFields>(names...); }

inline constexpr uint64_t kSockSettings = sock("bound_dev_if", "mark", "priority");
inline constexpr uint64_t kSource4 = sock("src_ip4");
inline constexpr uint64_t kSource6 = sock("src_ip6[0]", "src_ip6[1]", "src_ip6[2]", "src_ip6[3]");
inline constexpr uint64_t kSourcePort = sock("src_port");
inline constexpr uint64_t kSockAlways =
    kAllRows<kSocketFields> & ~(kSockSettings | kSource4 | kSource6 | kSourcePort);

inline constexpr auto kSockCreate =
    pick<kSocketFields, kSockAlways | kSockSettings, kSockSettings>();
inline constexpr auto kSockPostBind4 = pick<kSocketFields, kSockAlways | kSource4 | kSourcePort>();
inline constexpr auto kSockPostBind6 = pick<kSocketFields, kSockAlways | kSource6 | kSourcePort>();

// Addresses of 16 bytes are read in parts of 1 to 8 bytes and written in parts of 4 or 8.
constexpr Field address6(const char* name, uint16_t offset) {
  return {.name = name,
          .offset = offset,
          .bytes = 16,
          .narrow = true,
          .narrow_write = true,
          .least_write = 4};
}

inline constexpr Field kAddr[] = {
    whole("user_family", 0),     narrow("user_ip4", 4),
    address6("user_ip6", 8),     narrow("user_port", 24),
    whole("family", 28),         whole("type", 32),
    whole("protocol", 36),       narrow("msg_src_ip4", 40),
    address6("msg_src_ip6", 44), pointer("sk", 64, StructureId::kSocket),
};

consteval uint64_t addr(auto... names) { return named<kAddr>(names...); }

inline constexpr uint64_t kAddrAlways = addr("user_family", "family", "type", "protocol", "sk");
inline constexpr uint64_t kUser4 = addr("user_ip4", "user_port");
inline constexpr uint64_t kUser6 = addr("user_ip6", "user_port");
inline constexpr uint64_t kSend4 = kUser4 | addr("msg_src_ip4");
inline constexpr uint64_t kSend6 = kUser6 | addr("msg_src_ip6");

inline constexpr auto kSockAddr4 = pick<kAddr, kAddrAlways | kUser4, kUser4>();
inline constexpr auto kSockAddr4Send = pick<kAddr, kAddrAlways | kSend4, kSend4>();
inline constexpr auto kSockAddr6 = pick<kAddr, kAddrAlways | kUser6, kUser6>();
inline constexpr auto kSockAddr6Send = pick<kAddr, kAddrAlways | kSend6, kSend6>();

inline constexpr Field kSockOps[] = {
    whole("op", 0),
    writable(whole("reply", 4)),
    whole("args[1]", 8),
    whole("args[2]", 12),
    whole("args[3]", 16),
    whole("family", 20),
    whole("remote_ip4", 24),
    whole("local_ip4", 28),
    whole("remote_ip6[0]", 32),
    whole("remote_ip6[1]", 36),
    whole("remote_ip6[2]", 40),
    whole("remote_ip6[3]", 44),
    whole("local_ip6[0]", 48),
    whole("local_ip6[1]", 52),
    whole("local_ip6[2]", 56),
    whole("local_ip6[3]", 60),
    whole("remote_port", 64),
    whole("local_port", 68),
    whole("is_fullsock", 72),
    whole("snd_cwnd", 76),
    whole("srtt_us", 80),
    whole("bpf_sock_ops_cb_flags", 84),
    whole("state", 88),
    whole("rtt_min", 92),
    whole("snd_ssthresh", 96),
    whole("rcv_nxt", 100),
    whole("snd_nxt", 104),
    whole("snd_una", 108),
    whole("mss_cache", 112),
    whole("ecn_flags", 116),
    whole("rate_delivered", 120),
    whole("rate_interval_us", 124),
    whole("packets_out", 128),
    whole("retrans_out", 132),
    whole("total_retrans", 136),
    whole("segs_in", 140),
    whole("data_segs_in", 144),
    whole("segs_out", 148),
    whole("data_segs_out", 152),
    whole("lost_out", 156),
    whole("sacked_out", 160),
    writable(whole("sk_txhash", 164)),
    whole("bytes_received", 168, 8),
    whole("bytes_acked", 176, 8),
    or_null(pointer("sk", 184, StructureId::kSocket)),
    packet("skb_data", 192, 8, FieldKind::kPacketStart),
    packet("skb_data_end", 200, 8, FieldKind::kPacketEnd),
    whole("skb_len", 208),
    at_start("skb_tcp_flags", 212),
};

inline constexpr Field kSkMsg[] = {
    packet("data", 0, 8, FieldKind::kPacketStart),
    packet("data_end", 8, 8, FieldKind::kPacketEnd),
    whole("family", 16),
    whole("remote_ip4", 20),
    whole("local_ip4", 24),
    whole("remote_ip6[0]", 28),
    whole("remote_ip6[1]", 32),
    whole("remote_ip6[2]", 36),
    whole("remote_ip6[3]", 40),
    whole("local_ip6[0]", 44),
    whole("local_ip6[1]", 48),
    whole("local_ip6[2]", 52),
    whole("local_ip6[3]", 56),
    whole("remote_port", 60),
    whole("local_port", 64),
    whole("size", 68),
    pointer("sk", 72, StructureId::kSocket),
};

inline constexpr Field kSkReuseport[] = {
    packet("data", 0, 8, FieldKind::kPacketStart),
    packet("data_end", 8, 8, FieldKind::kPacketEnd),
    narrow("len", 16),
    {.name = "eth_protocol", .offset = 20, .bytes = 4, .narrow = true, .least_read = 2},
    narrow("ip_protocol", 24),
    narrow("bind_inany", 28),
    whole("hash", 32),
    pointer("sk", 40, StructureId::kSocket),
    or_null(pointer("migrating_sk", 48, StructureId::kSockCommon)),
};

inline constexpr Field kSkLookup[] = {
    or_null(pointer("sk", 0, StructureId::kSocket)),
    narrow("family", 8),
    narrow("protocol", 12),
    narrow("remote_ip4", 16),
    narrow("remote_ip6[0]", 20),
    narrow("remote_ip6[1]", 24),
    narrow("remote_ip6[2]", 28),
    narrow("remote_ip6[3]", 32),
    narrow("remote_port", 36),  // two bytes and two of zero
    narrow("local_ip4", 40),
    narrow("local_ip6[0]", 44),
    narrow("local_ip6[1]", 48),
    narrow("local_ip6[2]", 52),
    narrow("local_ip6[3]", 56),
    narrow("local_port", 60),
    narrow("ingress_ifindex", 64),
};

}  // namespace zext::verifier::contexts
