// Packets that a driver has just received.
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/programs/context.h"

namespace zext::shim::helpers {
namespace {

constexpr int64_t kEthernetHeader = 14;
// Linux: sizeof(struct xdp_frame), for which room stays at the buffer's beginning, and
// xdp_metalen_invalid's limit.
constexpr int64_t kFrame = 40;
constexpr int64_t kMaxMetadata = 32;

XdpContext& xdp_of(uint64_t argument) { return *pointer<XdpContext>(argument); }

// An offset is an int.
int64_t offset_of(uint64_t argument) { return static_cast<int32_t>(argument); }

// What an offset says of a place in the buffer, counted from its head.
struct Places {
  int64_t data;
  int64_t end;
  int64_t meta;
  int64_t limit;
  explicit Places(const Packet& packet)
      : data(packet.data - packet.head),
        end(packet.end - packet.head),
        meta(packet.meta - packet.head),
        limit(packet.limit - packet.head) {}
  int64_t metadata() const { return data - meta; }
};

// Where the bytes are, or why they are not.
int find(const Packet& packet, const Arguments& arguments, uint8_t** at) {
  const auto offset = static_cast<uint32_t>(arguments[1]);
  const auto size = static_cast<uint32_t>(arguments[3]);
  if (offset > 0xffff || size > 0xffff) return -EFAULT;
  if (int64_t{offset} + size > packet.end - packet.data) return -EINVAL;
  *at = packet.data + offset;
  return 0;
}

}  // namespace

uint64_t xdp_adjust_head(Run& run, const Arguments& arguments) {
  Packet& packet = *run.packet;
  const Places places(packet);
  const int64_t offset = offset_of(arguments[1]);
  const int64_t data = places.data + offset;
  if (data < kFrame + places.metadata() || data > places.end - kEthernetHeader) {
    return result(-EINVAL);
  }
  if (places.metadata() != 0) {
    __builtin_memmove(packet.meta + offset, packet.meta, static_cast<uint64_t>(places.metadata()));
  }
  packet.meta += offset;
  packet.data += offset;
  set_packet(xdp_of(arguments[0]), packet);
  return 0;
}

uint64_t xdp_adjust_meta(Run& run, const Arguments& arguments) {
  Packet& packet = *run.packet;
  const Places places(packet);
  const int64_t meta = places.meta + offset_of(arguments[1]);
  const int64_t metadata = places.data - meta;
  if (meta < kFrame || metadata < 0) return result(-EINVAL);
  if (metadata % 4 != 0 || metadata > kMaxMetadata) return result(-EACCES);
  packet.meta = packet.head + meta;
  set_packet(xdp_of(arguments[0]), packet);
  return 0;
}

uint64_t xdp_adjust_tail(Run& run, const Arguments& arguments) {
  Packet& packet = *run.packet;
  const Places places(packet);
  const int64_t offset = offset_of(arguments[1]);
  const int64_t end = places.end + offset;
  if (end > places.limit || end < places.data + kEthernetHeader) return result(-EINVAL);
  if (offset > 0) __builtin_memset(packet.end, 0, static_cast<uint64_t>(offset));
  packet.end += offset;
  set_packet(xdp_of(arguments[0]), packet);
  return 0;
}

uint64_t xdp_get_buff_len(Run& run, const Arguments&) {
  return static_cast<uint64_t>(run.packet->end - run.packet->data);
}

uint64_t xdp_load_bytes(Run& run, const Arguments& arguments) {
  uint8_t* from = nullptr;
  const int error = find(*run.packet, arguments, &from);
  if (error != 0) return result(error);
  __builtin_memcpy(pointer<void>(arguments[2]), from, static_cast<uint32_t>(arguments[3]));
  return 0;
}

uint64_t xdp_store_bytes(Run& run, const Arguments& arguments) {
  uint8_t* to = nullptr;
  const int error = find(*run.packet, arguments, &to);
  if (error != 0) return result(error);
  __builtin_memcpy(to, pointer<const void>(arguments[2]), static_cast<uint32_t>(arguments[3]));
  return 0;
}

}  // namespace zext::shim::helpers
