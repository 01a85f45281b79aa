// Contexts of packets: struct xdp_md and struct __sk_buff, as each program type may use it.
//
//   {.name = "sched_cls", .context = contexts::kSchedCls}
#pragma once

#include "verifier/platform/fields.h"

namespace zext::verifier::contexts {

using fields::kAllRows;
using fields::named;
using fields::narrow;
using fields::or_null;
using fields::packet;
using fields::pick;
using fields::pointer;
using fields::whole;

inline constexpr Field kXdpDevmap[] = {
    packet("data", 0, 4, FieldKind::kPacketStart),
    packet("data_end", 4, 4, FieldKind::kPacketEnd),
    packet("data_meta", 8, 4, FieldKind::kPacketMeta),
    whole("ingress_ifindex", 12),
    whole("rx_queue_index", 16),
    whole("egress_ifindex", 20),
};
// egress_ifindex is there only behind a device map.
inline constexpr std::span<const Field> kXdp = std::span(kXdpDevmap).first(5);

inline constexpr Field kSkb[] = {
    narrow("len", 0),
    narrow("pkt_type", 4),
    narrow("mark", 8),
    narrow("queue_mapping", 12),
    narrow("protocol", 16),
    narrow("vlan_present", 20),
    narrow("vlan_tci", 24),
    narrow("vlan_proto", 28),
    narrow("priority", 32),
    narrow("ingress_ifindex", 36),
    narrow("ifindex", 40),
    narrow("tc_index", 44),
    {.name = "cb", .offset = 48, .bytes = 20, .narrow = true, .narrow_write = true},
    narrow("hash", 68),
    narrow("tc_classid", 72),
    packet("data", 76, 4, FieldKind::kPacketStart),
    packet("data_end", 80, 4, FieldKind::kPacketEnd),
    narrow("napi_id", 84),
    narrow("family", 88),
    whole("remote_ip4", 92),
    whole("local_ip4", 96),
    whole("remote_ip6[0]", 100),
    whole("remote_ip6[1]", 104),
    whole("remote_ip6[2]", 108),
    whole("remote_ip6[3]", 112),
    whole("local_ip6[0]", 116),
    whole("local_ip6[1]", 120),
    whole("local_ip6[2]", 124),
    whole("local_ip6[3]", 128),
    narrow("remote_port", 132),
    narrow("local_port", 136),
    packet("data_meta", 140, 4, FieldKind::kPacketMeta),
    pointer("flow_keys", 144, StructureId::kFlowKeys),
    whole("tstamp", 152, 8),
    narrow("wire_len", 160),
    narrow("gso_segs", 164),
    or_null(pointer("sk", 168, StructureId::kSockCommon)),
    narrow("gso_size", 176),
    whole("tstamp_type", 180, 1),
    whole("hwtstamp", 184, 8),
};

consteval uint64_t skb(auto... names) { return named<kSkb>(names...); }

// family to local_port.
inline constexpr uint64_t kAddresses =
    skb("family", "remote_ip4", "local_ip4", "remote_ip6[0]", "remote_ip6[1]", "remote_ip6[2]",
        "remote_ip6[3]", "local_ip6[0]", "local_ip6[1]", "local_ip6[2]", "local_ip6[3]",
        "remote_port", "local_port");
inline constexpr uint64_t kPacket = skb("data", "data_end");
// What programs see that tc does not run: neither its class, metadata nor its clock.
inline constexpr uint64_t kCommon =
    kAllRows<kSkb> & ~skb("tc_classid", "data_meta", "flow_keys", "wire_len", "tstamp_type");

inline constexpr auto kSocketFilter =
    pick<kSkb, kCommon & ~(kPacket | kAddresses | skb("tstamp", "hwtstamp")), skb("cb")>();
inline constexpr auto kSchedCls =
    pick<kSkb, kAllRows<kSkb> & ~(kAddresses | skb("flow_keys")),
         skb("mark", "tc_index", "priority", "tc_classid", "cb", "tstamp", "queue_mapping")>();
inline constexpr auto kCgroupSkb = pick<kSkb, kCommon, skb("mark", "priority", "cb", "tstamp")>();
inline constexpr auto kLwt = pick<kSkb, kCommon & ~(kAddresses | skb("tstamp", "hwtstamp")),
                                  skb("mark", "priority", "cb")>();
inline constexpr auto kSkSkb =
    pick<kSkb, kCommon & ~skb("tstamp", "hwtstamp", "mark"), skb("tc_index", "priority")>();
inline constexpr auto kFlowDissector = pick<kSkb, skb("data", "data_end", "flow_keys")>();

}  // namespace zext::verifier::contexts
