// Contexts: what r1 of a program points to, as its type wants it.
//
//   SkbContext context{};
//   set_packet(context, packet);      // fields of __sk_buff and the real pointers
//
// Programs see Linux's UAPI structs, whose packet pointers have 32 bits. Here they are followed by
// the real ones: a load of one (`w2 = *(u32 *)(r1 + offsetof(data))`) is rewritten when the program
// is loaded into a load of 64 bits at wide_offset(), one instruction for one.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>

#include "kernel_shim/runtime/run.h"

namespace zext::shim {

struct SkbContext {
  __sk_buff user{};
  uint64_t data = 0;
  uint64_t data_end = 0;
  uint64_t data_meta = 0;
  Run* run = nullptr;  // LD_ABS and helpers reach the packet by it
  // The headers of the link and of the network, wherever `data` moves.
  uint8_t* link_header = nullptr;
  uint8_t* network_header = nullptr;
};

struct XdpContext {
  xdp_md user{};
  uint64_t data = 0;
  uint64_t data_end = 0;
  uint64_t data_meta = 0;
  Run* run = nullptr;
};

// Where the real pointer is, of a 32-bit field at `offset` in the context of this program type;
// 0: the field is no packet pointer.
constexpr uint32_t wide_offset(uint32_t program_type, uint32_t offset) {
  if (program_type == BPF_PROG_TYPE_XDP) {
    if (offset == offsetof(xdp_md, data)) return offsetof(XdpContext, data);
    if (offset == offsetof(xdp_md, data_end)) return offsetof(XdpContext, data_end);
    if (offset == offsetof(xdp_md, data_meta)) return offsetof(XdpContext, data_meta);
    return 0;
  }
  if (offset == offsetof(__sk_buff, data)) return offsetof(SkbContext, data);
  if (offset == offsetof(__sk_buff, data_end)) return offsetof(SkbContext, data_end);
  if (offset == offsetof(__sk_buff, data_meta)) return offsetof(SkbContext, data_meta);
  return 0;
}

// Sets the pointers, and len where there is one, after a packet has moved or changed its size.
void set_packet(SkbContext& context, const Packet& packet);
void set_packet(XdpContext& context, const Packet& packet);

// What LD_ABS and LD_IND read: bytes from data on or, where the offset is negative, from
// SKF_NET_OFF and SKF_LL_OFF on, as Linux's classic filters know them; null where the packet does
// not have them.
const uint8_t* packet_bytes(const Run& run, int32_t offset, uint32_t bytes);

}  // namespace zext::shim
