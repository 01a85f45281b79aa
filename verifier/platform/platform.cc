#include "verifier/platform/platform.h"

#include <cstring>

namespace zext::verifier {
namespace {

// struct xdp_md of Linux 5.19 (include/uapi/linux/bpf.h); whole 32-bit reads only.
constexpr ContextField kXdp[] = {
    {.name = "data", .offset = 0, .bytes = 4, .kind = FieldKind::kPacketStart},
    {.name = "data_end", .offset = 4, .bytes = 4, .kind = FieldKind::kPacketEnd},
    {.name = "data_meta", .offset = 8, .bytes = 4, .kind = FieldKind::kPacketMeta},
    {.name = "ingress_ifindex", .offset = 12, .bytes = 4},
    {.name = "rx_queue_index", .offset = 16, .bytes = 4},
    {.name = "egress_ifindex", .offset = 20, .bytes = 4},
};

// struct __sk_buff of Linux 5.19, less what a socket filter may not touch: tc_classid, data,
// data_end, family to local_port, data_meta, flow_keys, tstamp, wire_len, tstamp_type, hwtstamp;
// and less `sk`, a pointer of a kind not known yet.
constexpr ContextField kSocketFilter[] = {
    {.name = "len", .offset = 0, .bytes = 4, .narrow = true},
    {.name = "pkt_type", .offset = 4, .bytes = 4, .narrow = true},
    {.name = "mark", .offset = 8, .bytes = 4, .narrow = true},
    {.name = "queue_mapping", .offset = 12, .bytes = 4, .narrow = true},
    {.name = "protocol", .offset = 16, .bytes = 4, .narrow = true},
    {.name = "vlan_present", .offset = 20, .bytes = 4, .narrow = true},
    {.name = "vlan_tci", .offset = 24, .bytes = 4, .narrow = true},
    {.name = "vlan_proto", .offset = 28, .bytes = 4, .narrow = true},
    {.name = "priority", .offset = 32, .bytes = 4, .narrow = true},
    {.name = "ingress_ifindex", .offset = 36, .bytes = 4, .narrow = true},
    {.name = "ifindex", .offset = 40, .bytes = 4, .narrow = true},
    {.name = "tc_index", .offset = 44, .bytes = 4, .narrow = true},
    {.name = "cb", .offset = 48, .bytes = 20, .narrow = true, .writable = true},
    {.name = "hash", .offset = 68, .bytes = 4, .narrow = true},
    {.name = "napi_id", .offset = 84, .bytes = 4, .narrow = true},
    {.name = "gso_segs", .offset = 164, .bytes = 4, .narrow = true},
    {.name = "gso_size", .offset = 176, .bytes = 4, .narrow = true},
};

// egress_ifindex is there only for programs attached to a devmap, so the plain row omits it.
constexpr std::span<const ContextField> kXdpDevmap = kXdp;
constexpr std::span<const ContextField> kXdpPlain = kXdpDevmap.first(5);

constexpr Platform kPlatforms[] = {
    {.name = "socket_filter", .type = 1, .context = kSocketFilter},
    {.name = "xdp",
     .type = 6,
     .context = kXdpPlain,
     .packet_writable = true,
     .packet_max = 0xffff,
     .meta_max = 0xff},
    {.name = "xdp_devmap",
     .type = 6,
     .context = kXdpDevmap,
     .packet_writable = true,
     .packet_max = 0xffff,
     .meta_max = 0xff},
    {.name = "plain_memory", .type = 255, .entry = Entry::kMemory, .memory_max = uint64_t{1} << 28},
};

}  // namespace

std::span<const Platform> platforms() { return kPlatforms; }

const Platform* find_platform(const char* name) {
  for (const Platform& row : kPlatforms) {
    if (std::strcmp(row.name, name) == 0) return &row;
  }
  return nullptr;
}

const Platform* find_platform(uint8_t type) {
  for (const Platform& row : kPlatforms) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

}  // namespace zext::verifier
