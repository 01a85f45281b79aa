// VLAN tags. The outermost one is in the context, as network cards hand it over; others are in the
// packet, behind the link's addresses (IEEE 802.1Q).
#include <errno.h>
#include <linux/if_ether.h>

#include <bit>

#include "kernel_shim/helpers/skb.h"

namespace zext::shim::helpers {
namespace {

constexpr uint32_t kTagBytes = 4;
constexpr uint32_t kAddresses = 2 * ETH_ALEN;

constexpr uint16_t network_order(uint16_t value) { return std::byteswap(value); }

constexpr bool is_tag(uint32_t protocol) {
  return protocol == network_order(ETH_P_8021Q) || protocol == network_order(ETH_P_8021AD);
}

// Moves the addresses by so many bytes, and with them where the packet begins.
void move_begin(SkbContext& skb, Packet& packet, int64_t bytes) {
  __builtin_memmove(packet.data + bytes, packet.data, kAddresses);
  packet.data += bytes;
  packet.meta = packet.data;
  skb.link_header = packet.data;
  set_packet(skb, packet);
}

uint16_t half_at(const uint8_t* at) {
  uint16_t half = 0;
  __builtin_memcpy(&half, at, sizeof half);
  return half;
}

// The tag that the packet begins with goes into the context.
void take_tag(SkbContext& skb, Packet& packet) {
  skb.user.vlan_proto = half_at(packet.data + kAddresses);
  skb.user.vlan_tci = network_order(half_at(packet.data + kAddresses + sizeof(uint16_t)));
  skb.user.vlan_present = 1;
  move_begin(skb, packet, kTagBytes);
  skb.user.protocol = half_at(packet.data + kAddresses);
}

}  // namespace

uint64_t skb_vlan_push(Run& run, const Arguments& arguments) {
  SkbContext& skb = skb_of(arguments[0]);
  Packet& packet = *run.packet;
  auto protocol = static_cast<uint16_t>(arguments[1]);
  if (!is_tag(protocol)) protocol = network_order(ETH_P_8021Q);
  if (skb.user.vlan_present != 0) {
    if (packet.data - packet.head < int64_t{kTagBytes}) return result(-ENOMEM);
    if (skb_length(run) < kAddresses) return result(-EINVAL);
    move_begin(skb, packet, -int64_t{kTagBytes});
    const uint16_t tag[] = {static_cast<uint16_t>(skb.user.vlan_proto),
                            network_order(static_cast<uint16_t>(skb.user.vlan_tci))};
    __builtin_memcpy(packet.data + kAddresses, tag, sizeof tag);
    skb.user.protocol = skb.user.vlan_proto;
  }
  skb.user.vlan_present = 1;
  skb.user.vlan_proto = protocol;
  skb.user.vlan_tci = static_cast<uint16_t>(arguments[2]);
  return 0;
}

uint64_t skb_vlan_pop(Run& run, const Arguments& arguments) {
  SkbContext& skb = skb_of(arguments[0]);
  Packet& packet = *run.packet;
  const bool tagged = skb.user.vlan_present != 0;
  skb.user.vlan_present = 0;
  skb.user.vlan_tci = 0;
  const uint64_t least = kAddresses + kTagBytes + sizeof(uint16_t);
  const auto is_next = [&] { return is_tag(skb.user.protocol) && skb_length(run) >= least; };
  if (!tagged) {
    if (!is_next()) return 0;
    take_tag(skb, packet);
    skb.user.vlan_present = 0;
    skb.user.vlan_tci = 0;
  }
  // A further one becomes the outermost.
  if (is_next()) take_tag(skb, packet);
  return 0;
}

}  // namespace zext::shim::helpers
