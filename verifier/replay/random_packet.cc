#include "verifier/replay/random_packet.h"

#include <algorithm>
#include <string_view>

#include "verifier/replay/objects.h"

namespace zext::verifier {
namespace {

constexpr uint64_t kEthernetIpv4 = 0x0800;
constexpr uint64_t kEthernetIpv6 = 0x86dd;
constexpr uint64_t kEthernetArp = 0x0806;
constexpr uint64_t kVlan = 0x8100;
constexpr uint64_t kServiceVlan = 0x88a8;

constexpr uint8_t kIcmp = 1;
constexpr uint8_t kIpInIp = 4;
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kIpv6InIp = 41;
constexpr uint8_t kGre = 47;
constexpr uint8_t kIcmp6 = 58;

// Builds a packet from its beginning.
class Builder {
 public:
  explicit Builder(Dice& dice) : dice_(dice) {}

  Bytes build() {
    if (!dice_.once_in(4)) {
      ethernet();
    } else {
      internet(dice_.once_in(3) ? kEthernetIpv6 : kEthernetIpv4);
    }
    return std::move(packet_);
  }

 private:
  // Big-endian.
  void put(uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) packet_.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  void put(const Bytes& bytes) { packet_.insert(packet_.end(), bytes.begin(), bytes.end()); }
  void set(size_t at, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
      packet_[at + i] = static_cast<uint8_t>(value >> (8 * (bytes - 1 - i)));
    }
  }
  // A length that is mostly right.
  uint64_t length(uint64_t right) {
    return dice_.once_in(12) ? dice_.one_of({0, right - 1, right + 1, right + 64, 0xffff}) : right;
  }
  size_t here() const { return packet_.size(); }

  void ethernet() {
    put(dice_.bytes(12));
    if (dice_.once_in(16)) std::fill_n(packet_.begin(), 6, uint8_t{0xff});
    while (dice_.once_in(6) && here() < 40) {
      put(dice_.one_of({kVlan, kServiceVlan}), 2);
      put(dice_.below(0x10000), 2);
    }
    constexpr uint64_t kMpls = 0x8847;
    const uint64_t type = dice_.once_in(5)
                              ? dice_.one_of({kEthernetArp, kMpls, dice_.constant(UINT16_MAX)})
                              : dice_.one_of({kEthernetIpv4, kEthernetIpv4, kEthernetIpv6});
    put(type, 2);
    internet(type);
  }

  void internet(uint64_t type) {
    if (++nesting_ > kMostNesting) return;
    if (type == kEthernetIpv4) {
      ipv4();
    } else if (type == kEthernetIpv6) {
      ipv6();
    } else if (type == kEthernetArp) {
      put(0x0001'0800'0604, 6);
      put(dice_.one_of({1, 2, 3}), 2);
      put(dice_.bytes(6));
      put(random_address(dice_, 4));
      put(dice_.bytes(6));
      put(random_address(dice_, 4));
    } else {
      put(dice_.bytes(dice_.below(40)));
    }
  }

  void ipv4() {
    const size_t begin = here();
    const uint64_t words = dice_.once_in(5) ? 5 + dice_.below(11) : 5;
    const uint64_t claimed = dice_.once_in(16) ? dice_.below(16) : words;
    put((dice_.once_in(24) ? dice_.below(16) : 4) << 4 | claimed, 1);
    put(dice_.one_of({0, 0, 1, 2, 3, 0x10, 0xb8}), 1);
    put(0, 2);  // the length, which is not known yet
    put(dice_.below(0x10000), 2);
    put(dice_.once_in(6) ? dice_.below(0x4000) : dice_.one_of({0, 0x4000}), 2);
    put(dice_.one_of({0, 1, 2, 64, 128, 255}), 1);
    const uint8_t protocol = protocol_or({kIcmp, kIpInIp, kIpv6InIp, kGre, 50, 132});
    put(protocol, 1);
    put(0, 2);
    put(random_address(dice_, 4));
    put(random_address(dice_, 4));
    put(dice_.bytes(4 * (words - 5)));
    transport(protocol);
    set(begin + 2, length(here() - begin), 2);
    set(begin + 10, dice_.once_in(8) ? dice_.word() : checksum(begin, 4 * words), 2);
  }

  // TCP or UDP, mostly.
  uint8_t protocol_or(std::initializer_list<uint64_t> others) {
    if (dice_.once_in(4)) return static_cast<uint8_t>(dice_.constant(UINT8_MAX));
    if (dice_.once_in(5)) return static_cast<uint8_t>(dice_.one_of(others));
    return dice_.once_in(3) ? kUdp : kTcp;
  }

  uint64_t checksum(size_t begin, size_t bytes) const {
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes; i += 2) {
      sum += uint64_t{packet_[begin + i]} << 8 | packet_[begin + i + 1];
    }
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
  }

  void ipv6() {
    put((dice_.once_in(24) ? dice_.below(16) : 6) << 28 | dice_.below(1u << 28), 4);
    const size_t lengths = here();
    put(0, 2);
    size_t next = here();  // where the next header's number goes
    put(0, 1);
    put(dice_.one_of({0, 1, 64, 255}), 1);
    put(random_address(dice_, 16));
    put(random_address(dice_, 16));
    const size_t begin = here();
    constexpr uint8_t kFragment = 44;
    while (dice_.once_in(3) && here() < begin + 120) {
      const uint64_t kind = dice_.one_of({0, 43, kFragment, 60, 51});
      set(next, kind, 1);
      next = here();
      const uint64_t more = kind == kFragment ? 0 : dice_.below(3);
      put(0, 1);
      put(more, 1);
      put(dice_.bytes(6 + 8 * more));
    }
    const uint8_t protocol = protocol_or({kIcmp6, kIpInIp, kIpv6InIp, 59});
    set(next, protocol, 1);
    transport(protocol);
    set(lengths, length(here() - begin), 2);
  }

  void transport(uint8_t protocol) {
    switch (protocol) {
      case kTcp:
        return tcp();
      case kUdp:
        return udp();
      case kIpInIp:
        return internet(kEthernetIpv4);
      case kIpv6InIp:
        return internet(kEthernetIpv6);
      case kIcmp:
      case kIcmp6:
        put(dice_.once_in(2) ? dice_.constant(UINT8_MAX)
                             : dice_.one_of({0, 3, 8, 11, 128, 129, 135, 136}),
            1);
        put(dice_.below(4), 1);
        put(dice_.bytes(6));
        return payload();
      case kGre:
        put(dice_.one_of({0, 0x2000, 0x3000}), 2);
        put(kEthernetIpv4, 2);
        return internet(kEthernetIpv4);
      default:
        return payload();
    }
  }

  void tcp() {
    put(random_port(dice_), 2);
    put(random_port(dice_), 2);
    put(dice_.bytes(8));
    const size_t offset = here();
    put(0, 1);
    put(dice_.one_of({0x02, 0x10, 0x12, 0x18, 0x11, 0x04, 0x14, 0, 0xff}), 1);
    put(dice_.bytes(6));
    const size_t options = here();
    if (dice_.once_in(2)) tcp_options();
    while ((here() - options) % 4 != 0) put(dice_.below(2), 1);
    const uint64_t words = 5 + (here() - options) / 4;
    set(offset, (dice_.once_in(12) ? dice_.below(16) : words) << 4, 1);
    payload();
  }

  void tcp_options() {
    const size_t begin = here();
    while (!dice_.once_in(4) && here() < begin + 30) {
      switch (dice_.below(6)) {
        case 0:
          put(0x0204'0000 | dice_.one_of({536, 1460, 0xffff}), 4);
          break;
        case 1:
          put(0x030307, 3);
          break;
        case 2:
          put(0x0402, 2);
          break;
        case 3:
          put(0x080a, 2);
          put(dice_.bytes(8));
          break;
        case 4:
          put(1, 1);
          break;
        default:
          put(dice_.bytes(2));
          break;
      }
    }
  }

  void udp() {
    const size_t begin = here();
    put(random_port(dice_), 2);
    const uint16_t port = random_port(dice_);
    put(port, 2);
    put(0, 4);
    constexpr uint16_t kDns = 53;
    port == kDns ? question() : payload();
    set(begin + 4, length(here() - begin), 2);
    set(begin + 6, dice_.word(), 2);
  }

  // Of DNS, for www.example.org.
  void question() {
    put(dice_.below(0x10000), 2);
    put(0x0100'0001'0000, 6);
    put(0, 4);
    put(0x0377'7777'0765'7861, 8);
    put(0x6d70'6c65'036f'7267, 8);
    put(0, 1);
    put(dice_.one_of({1, 28, 255, dice_.number()}), 2);
    put(1, 2);
  }

  void payload() {
    constexpr std::string_view kRequest = "GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n";
    switch (dice_.below(7)) {
      case 0:
        return;
      case 1:
        packet_.insert(packet_.end(), kRequest.begin(), kRequest.end());
        return;
      case 2:
        return question();
      case 3:
        packet_.resize(here() + dice_.below(dice_.once_in(8) ? 1400 : 100));
        return;
      case 4:
        for (uint64_t i = dice_.below(12); i-- > 0;) {
          put(dice_.number(), static_cast<unsigned>(dice_.one_of({1, 2, 4})));
        }
        return;
      default:
        put(dice_.bytes(dice_.below(dice_.once_in(8) ? 600 : 64)));
        return;
    }
  }

  static constexpr int kMostNesting = 3;

  Dice& dice_;
  Bytes packet_;
  int nesting_ = 0;
};

}  // namespace

Bytes random_packet(Dice& dice) {
  if (dice.once_in(12)) return dice.bytes(dice.below(120));
  Bytes packet = Builder(dice).build();
  if (dice.once_in(5)) packet.resize(dice.below(packet.size() + 1));
  // What programs look for, somewhere.
  while (dice.once_in(3) && packet.size() >= sizeof(uint64_t)) {
    const uint64_t at = dice.below(std::min<uint64_t>(packet.size() - 4, 100));
    put_word(packet, at, dice.number(), static_cast<unsigned>(dice.one_of({1, 2, 4})));
  }
  return packet;
}

}  // namespace zext::verifier
