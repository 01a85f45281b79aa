// Programs on __sk_buff: a packet as the loopback device would receive it.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/test_run.h"

namespace zext::shim {
namespace {

// Linux: NET_SKB_PAD, PAGE_SIZE less that and the tailroom, GSO_MAX_SEGS, GSO_LEGACY_MAX_SIZE.
constexpr uint32_t kHeadroom = 64;
constexpr uint32_t kMaxData = kPageSize - kHeadroom - kTailroom;
constexpr uint32_t kMaxSegments = 65535;
constexpr uint32_t kMaxWire = 65536;

// The buffer: room for packets that grow, and for a link header before all.
constexpr uint32_t kFront = 256;
constexpr uint32_t kBuffer = 4 * kPageSize;

// Programs of the traffic control see the link's header; the others begin behind it.
bool sees_link(uint32_t type) {
  return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;
}

struct Range {
  uint32_t begin;
  uint32_t end;
};
#define ZEXT_END_OF(field) (offsetof(__sk_buff, field) + sizeof(__sk_buff::field))
// What of __sk_buff a caller may not set, between what it may.
constexpr Range kMustBeZero[] = {
    {0, offsetof(__sk_buff, mark)},
    {ZEXT_END_OF(mark), offsetof(__sk_buff, priority)},
    {ZEXT_END_OF(ifindex), offsetof(__sk_buff, cb)},
    {ZEXT_END_OF(cb), offsetof(__sk_buff, tstamp)},
    {ZEXT_END_OF(gso_segs), offsetof(__sk_buff, gso_size)},
    {ZEXT_END_OF(gso_size), offsetof(__sk_buff, hwtstamp)},
    {ZEXT_END_OF(hwtstamp), sizeof(__sk_buff)},
};
#undef ZEXT_END_OF

int check_context(const __sk_buff& given, uint32_t length) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&given);
  for (const Range& range : kMustBeZero) {
    for (uint32_t i = range.begin; i < range.end; ++i) {
      if (bytes[i] != 0) return -EINVAL;
    }
  }
  if (given.wire_len != 0 && (given.wire_len < length || given.wire_len > kMaxWire)) {
    return -EINVAL;
  }
  return given.gso_segs > kMaxSegments ? -EINVAL : 0;
}

uint16_t big_endian16(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
}
// A number of the link layer, in a field that holds it in network byte order.
uint32_t network_order(uint16_t number) { return __builtin_bswap16(number); }

// Linux: eth_type_trans. Numbers from 1536 on name a protocol, lower ones are lengths.
uint32_t protocol_of(const uint8_t* header, uint32_t size) {
  constexpr uint16_t kFirstProtocol = 0x600;
  constexpr uint16_t k8023 = 1;  // ETH_P_802_3
  constexpr uint16_t k8022 = 4;  // ETH_P_802_2
  const uint16_t number = big_endian16(header + 12);
  if (number >= kFirstProtocol) return network_order(number);
  const bool raw = size >= kEthernetHeader + 2 && big_endian16(header + kEthernetHeader) == 0xffff;
  return network_order(raw ? k8023 : k8022);
}

// Likewise: PACKET_HOST, MULTICAST or OTHERHOST, where the device's own address is all zeros.
uint32_t packet_type_of(const uint8_t* header) {
  bool own = true;
  for (unsigned i = 0; i < 6; ++i) own &= header[i] == 0;
  if (own) return 0;
  return (header[0] & 1) != 0 ? 2 : 3;
}

void fill_context(SkbContext& context, const __sk_buff& given, const Packet& packet) {
  __sk_buff& user = context.user;
  const uint8_t* header = context.link_header;
  set_packet(context, packet);
  user.pkt_type = packet_type_of(header);
  user.protocol = protocol_of(header, static_cast<uint32_t>(packet.end - header));
  user.mark = given.mark;
  user.priority = given.priority;
  user.ingress_ifindex = given.ingress_ifindex;
  user.ifindex = kLoopbackIndex;
  __builtin_memcpy(user.cb, given.cb, sizeof user.cb);
  user.tstamp = given.tstamp;
  user.wire_len = given.wire_len;
  user.gso_segs = given.gso_segs;
  user.gso_size = given.gso_size;
  user.hwtstamp = given.hwtstamp;
}

// What the caller learns of the context afterwards.
void read_context(const __sk_buff& user, __sk_buff& given) {
  given.mark = user.mark;
  given.priority = user.priority;
  given.ingress_ifindex = user.ingress_ifindex;
  given.ifindex = user.ifindex;
  given.tstamp = user.tstamp;
  __builtin_memcpy(given.cb, user.cb, sizeof given.cb);
  given.wire_len = user.wire_len;
  given.gso_segs = user.gso_segs;
  given.hwtstamp = user.hwtstamp;
}

// Runs the program on the packet behind the front of the buffer.
long run_on_packet(const TestRun& test, uint8_t* buffer, uint32_t size, bool has_context,
                   __sk_buff& given) {
  const bool link = sees_link(test.program.type);
  uint8_t* header = buffer + kFront;
  Packet packet{.head = buffer + kEthernetHeader,
                .data = link ? header : header + kEthernetHeader,
                .end = header + size,
                .limit = buffer + kBuffer};
  packet.meta = packet.data;
  if (has_context) {
    const int error = check_context(given, static_cast<uint32_t>(packet.end - packet.data));
    if (error != 0) return error;
    // Without a context there is no length of the wire either.
    if (given.wire_len == 0) given.wire_len = static_cast<uint32_t>(packet.end - packet.data);
  }
  SkbContext context{};
  context.link_header = header;
  context.network_header = header + kEthernetHeader;
  fill_context(context, given, packet);
  Run run{
      .kernel = test.call.kernel, .program = &test.program, .context = &context, .packet = &packet};
  context.run = &run;
  TestResult result;
  const int interrupted = run_repeatedly(test, run, &result);
  if (interrupted != 0) return interrupted;
  if (!link) {
    packet.data -= kEthernetHeader;
    __builtin_memset(packet.data, 0, kEthernetHeader);
  }
  read_context(context.user, given);
  const int error =
      data_out(test, packet.data, static_cast<uint32_t>(packet.end - packet.data), result);
  if (error != 0 || !has_context) return error;
  return context_out(test, &given, sizeof given);
}

}  // namespace

long test_run_skb(const TestRun& test) {
  const auto& attr = test.test();
  if (attr.flags != 0 || attr.cpu != 0 || attr.batch_size != 0) return -EINVAL;
  const uint32_t size = attr.data_size_in;
  if (size < kEthernetHeader || size > kMaxData) return -EINVAL;
  const TestMemory memory(test.host(), kBuffer);
  if (memory.bytes() == nullptr) return -ENOMEM;
  if (test.host().copy_from_user(memory.bytes() + kFront, attr.data_in, size) != 0) {
    return -EFAULT;
  }
  __sk_buff given;
  const int has_context = context_in(test, &given, sizeof given);
  if (has_context < 0) return has_context;
  if (given.ifindex > kLoopbackIndex) return -ENODEV;
  return run_on_packet(test, memory.bytes(), size, has_context != 0, given);
}

}  // namespace zext::shim
