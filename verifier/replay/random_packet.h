// RandomPacket: packets that parsers go far into, and some that they do not.
//
//   Dice dice(7);
//   const Bytes packet = random_packet(dice);
//
// Ethernet with VLAN tags, or IP at once; IPv4 with options and fragments, IPv6 with extension
// headers, ARP; TCP with options, UDP, ICMP, and packets in packets. Lengths and checksums are
// mostly right; some packets are cut short, some have numbers changed, some are any bytes.
#pragma once

#include "verifier/replay/dice.h"

namespace zext::verifier {

Bytes random_packet(Dice& dice);

}  // namespace zext::verifier
