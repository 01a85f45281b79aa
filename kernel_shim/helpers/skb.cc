// Packets of the traffic control and of socket filters.
#include "kernel_shim/helpers/skb.h"

#include <errno.h>

#include "kernel_shim/helpers/functions.h"

namespace zext::shim::helpers {
namespace {

// Linux: PACKET_OTHERHOST, and how long a packet of the loopback device may be made.
constexpr uint32_t kOtherHost = 3;
constexpr uint64_t kMaxLength = 65536 + 14;

uint64_t refuse_load(uint8_t* to, uint64_t size) {
  __builtin_memset(to, 0, size);
  return result(-EFAULT);
}

}  // namespace

uint64_t skb_load_bytes(Run& run, const Arguments& arguments) {
  const auto offset = static_cast<uint32_t>(arguments[1]);
  auto* to = pointer<uint8_t>(arguments[2]);
  const auto size = static_cast<uint32_t>(arguments[3]);
  if (offset > kMaxOffset || uint64_t{offset} + size > skb_length(run)) {
    return refuse_load(to, size);
  }
  __builtin_memcpy(to, run.packet->data + offset, size);
  return 0;
}

uint64_t skb_load_bytes_relative(Run& run, const Arguments& arguments) {
  const auto offset = static_cast<uint32_t>(arguments[1]);
  auto* to = pointer<uint8_t>(arguments[2]);
  const auto size = static_cast<uint32_t>(arguments[3]);
  const SkbContext& skb = skb_of(arguments[0]);
  const uint8_t* from = nullptr;
  if (arguments[4] == BPF_HDR_START_MAC) from = skb.link_header;
  if (arguments[4] == BPF_HDR_START_NET) from = skb.network_header;
  if (offset > 0xffff || from == nullptr) return refuse_load(to, size);
  from += offset;
  const uint8_t* end = run.packet->end;
  if (from < skb.link_header || from > end || static_cast<uint64_t>(end - from) < size) {
    return refuse_load(to, size);
  }
  __builtin_memcpy(to, from, size);
  return 0;
}

uint64_t skb_store_bytes(Run& run, const Arguments& arguments) {
  const auto offset = static_cast<uint32_t>(arguments[1]);
  const auto size = static_cast<uint32_t>(arguments[3]);
  const uint64_t flags = arguments[4];
  if ((flags & ~uint64_t{BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH}) != 0) {
    return result(-EINVAL);
  }
  if (offset > kMaxOffset || uint64_t{offset} + size > skb_length(run)) return result(-EFAULT);
  __builtin_memcpy(run.packet->data + offset, pointer<const void>(arguments[2]), size);
  if ((flags & BPF_F_INVALIDATE_HASH) != 0) skb_of(arguments[0]).user.hash = 0;
  return 0;
}

// All of a packet is in one piece here.
uint64_t skb_pull_data(Run& run, const Arguments& arguments) {
  const auto wanted = static_cast<uint32_t>(arguments[1]);
  return wanted > skb_length(run) ? result(-ENOMEM) : 0;
}

uint64_t skb_change_tail(Run& run, const Arguments& arguments) {
  SkbContext& skb = skb_of(arguments[0]);
  Packet& packet = *run.packet;
  const auto wanted = static_cast<uint32_t>(arguments[1]);
  const int64_t least = skb.network_header - packet.data;
  if (arguments[2] != 0 || wanted > kMaxLength || int64_t{wanted} < least) return result(-EINVAL);
  if (wanted > static_cast<uint64_t>(packet.limit - packet.data)) return result(-ENOMEM);
  uint8_t* end = packet.data + wanted;
  if (end > packet.end) __builtin_memset(packet.end, 0, static_cast<uint64_t>(end - packet.end));
  packet.end = end;
  set_packet(skb, packet);
  return 0;
}

uint64_t skb_change_head(Run& run, const Arguments& arguments) {
  SkbContext& skb = skb_of(arguments[0]);
  Packet& packet = *run.packet;
  const auto room = static_cast<uint32_t>(arguments[1]);
  const uint64_t length = uint64_t{room} + skb_length(run);
  if (arguments[2] != 0 || length > kMaxLength) return result(-EINVAL);
  if (room > static_cast<uint64_t>(packet.data - packet.head)) return result(-ENOMEM);
  packet.data -= room;
  packet.meta = packet.data;
  __builtin_memset(packet.data, 0, room);
  skb.link_header = packet.data;
  set_packet(skb, packet);
  return 0;
}

uint64_t skb_change_type(Run&, const Arguments& arguments) {
  SkbContext& skb = skb_of(arguments[0]);
  const auto type = static_cast<uint32_t>(arguments[1]);
  if (skb.user.pkt_type > kOtherHost || type > kOtherHost) return result(-EINVAL);
  skb.user.pkt_type = type;
  return 0;
}

uint64_t set_hash(Run&, const Arguments& arguments) {
  skb_of(arguments[0]).user.hash = static_cast<uint32_t>(arguments[1]);
  return 0;
}

uint64_t set_hash_invalid(Run&, const Arguments& arguments) {
  skb_of(arguments[0]).user.hash = 0;
  return 0;
}

}  // namespace zext::shim::helpers
