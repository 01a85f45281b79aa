// What a program finds when it starts: its context, packet or memory, at the same addresses on
// every machine, so that pointers and results can be compared bit for bit.
//
//   Setting setting = *make_setting(object::ProgramType::kXdp, packet);
//   setting.arguments[0]        // r1: address of a struct xdp_md whose data points to the packet
//
// All of it lies below 4 GiB, where Linux's 32-bit context fields (xdp_md.data) can hold an
// address.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cli/helper.h"
#include "isa/ebpf/addresses.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::cli {

// The machine's memory, from 0x80000000: start-up code, then what the program sees, then its code.
inline constexpr uint64_t kStartAddress = 0x8000'0000;
inline constexpr uint64_t kMailboxAddress = 0x8000'1000;
inline constexpr uint64_t kContextAddress = 0x8001'0000;
inline constexpr uint64_t kPacketAddress = 0x8002'0100;  // 256 bytes of headroom before it
inline constexpr uint64_t kMemoryAddress = 0x8010'0000;
inline constexpr uint64_t kInterpreterStackTop = 0x80f0'0000;
inline constexpr uint64_t kStackTop = 0x80ff'0000;
inline constexpr uint64_t kTextAddress = 0x8100'0000;
inline constexpr uint64_t kHelperAddress = 0x83ff'0000;  // the code ends before it
inline constexpr uint64_t kPacketLoadAddress = 0x83ff'8000;
inline constexpr uint64_t kMemoryEnd = 0x8400'0000;
// Global variables, behind all that every program has; memory reaches as far as they do.
inline constexpr uint64_t kGlobalsAddress = kMemoryEnd;
inline constexpr uint64_t kGlobalsEnd = 0x9000'0000;

inline constexpr uint64_t kMaxPacket = 0x1'0000 - 0x200;
inline constexpr uint64_t kMaxMemory = 0x80e0'0000 - kMemoryAddress;

struct Region {
  std::string name;  // "context", "packet", "memory"
  uint64_t address = 0;
  std::vector<uint8_t> bytes;
  bool writable = true;
};

struct Setting {
  std::vector<Region> regions;
  std::array<uint64_t, 5> arguments = {};  // r1 to r5
  std::vector<Helper> helpers = {};        // what the program may call
  std::optional<size_t> packet = {};       // the region that LD_ABS and LD_IND read
  std::vector<uint32_t> probes = {};       // slots of its loads that may fault, ascending
  // What LD_IMM64 of maps and variables loads: globals.h, or a test.
  std::vector<ebpf::MapAddress> maps = {};
  std::vector<ebpf::VariableAddress> variables = {};

  ebpf::Addresses addresses() const { return {.maps = maps, .variables = variables}; }
};

// The setting of one run on `data`: the packet (xdp, socket_filter) or the buffer (plain_memory).
// Errors: a program type that cannot be run yet, or more data than there is room for.
std::expected<Setting, object::Error> make_setting(object::ProgramType type,
                                                   const std::vector<uint8_t>& data);

}  // namespace zext::cli
