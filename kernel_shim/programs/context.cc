#include "kernel_shim/programs/context.h"

#include <linux/filter.h>

namespace zext::shim {
namespace {

template <typename Context>
void set_pointers(Context& context, const Packet& packet) {
  context.data = reinterpret_cast<uint64_t>(packet.data);
  context.data_end = reinterpret_cast<uint64_t>(packet.end);
  context.data_meta = reinterpret_cast<uint64_t>(packet.meta);
}

// The bytes at `at`, if they are all between `first` and `end`.
const uint8_t* inside(const uint8_t* first, const uint8_t* end, const uint8_t* at, uint32_t bytes) {
  if (at < first || at > end || static_cast<uint64_t>(end - at) < bytes) return nullptr;
  return at;
}

}  // namespace

void set_packet(SkbContext& context, const Packet& packet) {
  set_pointers(context, packet);
  context.user.len = static_cast<uint32_t>(packet.end - packet.data);
}

void set_packet(XdpContext& context, const Packet& packet) { set_pointers(context, packet); }

const uint8_t* packet_bytes(const Run& run, int32_t offset, uint32_t bytes) {
  const Packet& packet = *run.packet;
  if (offset >= 0) return inside(packet.data, packet.end, packet.data + offset, bytes);
  const auto& skb = *static_cast<const SkbContext*>(run.context);
  if (offset >= SKF_NET_OFF) {
    return inside(packet.head, packet.end, skb.network_header + (offset - SKF_NET_OFF), bytes);
  }
  if (offset < SKF_LL_OFF) return nullptr;
  return inside(packet.head, packet.end, skb.link_header + (offset - SKF_LL_OFF), bytes);
}

}  // namespace zext::shim
