// Place: where the addresses of a replay lie, so that each says by itself what it points to.
//
//   const Place place = place_of(registers[1]);
//   if (place.kind == Place::Kind::kMapValue) use(place.index, place.offset);
//
// Each region has 2^31 bytes of addresses for itself and begins in their middle, so that a stray
// pointer meets no other one. Packets lie below 2^32, as contexts hold their addresses in 32 bits;
// they begin two bytes behind a multiple of eight, as drivers place them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/ebpf/interpreter.h"

namespace zext::verifier {

struct Input;
struct Subject;

struct Place {
  enum class Kind : uint8_t {
    kNowhere,  // a number
    kPacket,
    kContext,
    kMemory,
    kMap,       // a map itself
    kMapKey,    // a key that a callback gets
    kMapValue,  //
    kRegion,    // memory that a helper gave, or that an argument points to
    kStructure,
    kObject,
    kTracepointBuffer,
    kVariable,
    kStack,
    kFunction,
  };
  Kind kind = Kind::kNowhere;
  uint32_t index = 0;   // kMap, kMapKey, kMapValue: of the map, inner ones after all of
                        // Subject::maps; kStack: the frame, 0 the entry's; kFunction: its slot;
                        // kObject: kSharedObject where it has no place of its own
  uint32_t number = 0;  // among the regions of this kind and index; kObject, shared: its type
  uint64_t origin = 0;  // data of packets, r10 of frames, the first byte of others
  int64_t offset = 0;   // from there
};

// Objects that others point to: one for each type.
inline constexpr uint32_t kSharedObject = 0xff;

inline constexpr uint32_t kPlaceIndices = 1u << 8;
inline constexpr uint32_t kPlaceNumbers = 1u << 20;

// Where the region of a kind from kContext to kVariable begins.
constexpr uint64_t address_of(Place::Kind kind, uint32_t index = 0, uint32_t number = 0) {
  constexpr uint64_t kMiddle = uint64_t{1} << 30;
  return static_cast<uint64_t>(kind) << 59 | uint64_t{index} << 51 | uint64_t{number} << 31 |
         kMiddle;
}
// The data of the packet that the run has after it was moved so many times.
constexpr uint64_t packet_address(uint32_t moves) {
  constexpr uint32_t kPlaces = 15;  // a stale address leads nowhere
  return 0x4400'0002 + (uint64_t{moves % kPlaces} << 27);
}
// r10 of a frame.
constexpr uint64_t frame_address(uint32_t frame) {
  return ebpf::kDefaultStackTop - frame * ebpf::kFrameStride;
}

Place place_of(uint64_t address);

// The inner maps that an input has, in the order in which they follow Subject::maps.
struct InnerMap {
  uint32_t outer = 0;        // index in Subject::maps
  std::vector<uint8_t> key;  // there

  bool operator==(const InnerMap&) const = default;
};
std::vector<InnerMap> inner_maps(const Subject& subject, const Input& input);

// What an address that occurs in a run points to: "packet + 14", "map counters, value + 8",
// "stack of frame 0 - 16"; its number where it is none.
std::string describe_address(const Subject& subject, const Input& input, uint64_t address);

}  // namespace zext::verifier
