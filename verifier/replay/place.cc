#include "verifier/replay/place.h"

#include <algorithm>

#include "verifier/replay/input.h"
#include "verifier/subject.h"

namespace zext::verifier {
namespace {

using Kind = Place::Kind;

constexpr uint64_t kFirstPacket = uint64_t{1} << 30;
constexpr uint64_t kLastPacket = kFirstPacket + (uint64_t{15} << 27);
constexpr uint64_t kFunctions = ebpf::function_address(0);
constexpr uint64_t kFunctionsEnd = ebpf::function_address(ebpf::kMaxSlots);

Place from(Place place, uint64_t address) {
  place.offset = static_cast<int64_t>(address - place.origin);
  return place;
}

Place on_stack(uint64_t address) {
  // What lies between two frames belongs to the nearer one.
  constexpr uint64_t kAbove = (ebpf::kFrameStride - ebpf::kStackSize) / 2;
  const uint64_t down = ebpf::kDefaultStackTop + kAbove - address;
  Place place{.kind = Kind::kStack, .index = static_cast<uint32_t>(down / ebpf::kFrameStride)};
  place.origin = frame_address(place.index);
  return from(place, address);
}

std::string number(uint64_t value) {
  constexpr uint64_t kShort = 1u << 16;
  if (value < kShort) return std::to_string(value);
  std::string text;
  for (; value != 0; value >>= 4) text.insert(text.begin(), "0123456789abcdef"[value & 0xf]);
  return "0x" + text;
}

std::string with_offset(const std::string& name, int64_t offset) {
  if (offset < 0) return name + " - " + std::to_string(0 - static_cast<uint64_t>(offset));
  return name + " + " + std::to_string(offset);
}

std::string map_name(const Subject& subject, const Input& input, uint32_t index) {
  const size_t count = subject.maps.size();
  if (index < count) return std::string("map ") + subject.maps[index].name;
  const std::vector<InnerMap> inner = inner_maps(subject, input);
  const bool known = index - count < inner.size();
  return std::string("inner map of ") +
         (known ? subject.maps[inner[index - count].outer].name : "nothing");
}

std::string object_name(const Subject& subject, const Place& place) {
  const TypeInfo* type = place.index == kSharedObject ? subject.types[place.number] : nullptr;
  return type != nullptr ? std::string("object ") + type->name
                         : "object " + std::to_string(place.number);
}

std::string variable_name(const Subject& subject, const Place& place) {
  const bool known = place.number < subject.variables.size();
  return std::string("variable ") + (known ? subject.variables[place.number].name : "");
}

}  // namespace

Place place_of(uint64_t address) {
  if (address >= kFunctions && address < kFunctionsEnd) {
    const auto slot = static_cast<uint32_t>((address - kFunctions) / sizeof(ebpf::Slot));
    return from({.kind = Kind::kFunction, .index = slot, .origin = ebpf::function_address(slot)},
                address);
  }
  if (address >= kFirstPacket && address < kLastPacket) {
    const auto moves = static_cast<uint32_t>((address - kFirstPacket) >> 27);
    return from({.kind = Kind::kPacket, .number = moves, .origin = packet_address(moves)}, address);
  }
  const uint64_t stack_end = ebpf::kDefaultStackTop - ebpf::kMaxFrames * ebpf::kFrameStride;
  if (address > stack_end && address < ebpf::kDefaultStackTop + ebpf::kStackSize / 2) {
    return on_stack(address);
  }
  const uint64_t kind = address >> 59;
  if (kind < static_cast<uint64_t>(Kind::kContext) ||
      kind > static_cast<uint64_t>(Kind::kVariable)) {
    return {.offset = static_cast<int64_t>(address)};
  }
  Place place{.kind = static_cast<Kind>(kind),
              .index = static_cast<uint32_t>(address >> 51) % kPlaceIndices,
              .number = static_cast<uint32_t>(address >> 31) % kPlaceNumbers};
  place.origin = address_of(place.kind, place.index, place.number);
  return from(place, address);
}

std::vector<InnerMap> inner_maps(const Subject& subject, const Input& input) {
  std::vector<InnerMap> all;
  for (const Input::Entry& entry : input.maps) {
    if (entry.map >= subject.maps.size() || subject.maps[entry.map].inner == nullptr) continue;
    const Map& outer = subject.maps[entry.map];
    InnerMap inner{.outer = entry.map, .key = entry.outer.empty() ? entry.key : entry.outer};
    inner.key.resize(outer.key_size);
    if (std::ranges::find(all, inner) == all.end()) all.push_back(std::move(inner));
  }
  return all;
}

std::string describe_address(const Subject& subject, const Input& input, uint64_t address) {
  const Place place = place_of(address);
  const auto numbered = [&](const char* name) {
    return with_offset(name + std::to_string(place.number), place.offset);
  };
  switch (place.kind) {
    case Kind::kNowhere:
      break;
    case Kind::kPacket:
      return with_offset("packet", place.offset);
    case Kind::kContext:
      return with_offset("context", place.offset);
    case Kind::kMemory:
      return with_offset("memory", place.offset);
    case Kind::kMap:
      return place.offset == 0 ? map_name(subject, input, place.index)
                               : with_offset(map_name(subject, input, place.index), place.offset);
    case Kind::kMapKey:
      return with_offset(map_name(subject, input, place.index) + ", key", place.offset);
    case Kind::kMapValue:
      return with_offset(map_name(subject, input, place.index) + ", value", place.offset);
    case Kind::kRegion:
      return numbered("memory of helpers ");
    case Kind::kStructure:
      return numbered("structure ");
    case Kind::kObject:
      return with_offset(object_name(subject, place), place.offset);
    case Kind::kTracepointBuffer:
      return with_offset("buffer of the tracepoint", place.offset);
    case Kind::kVariable:
      return with_offset(variable_name(subject, place), place.offset);
    case Kind::kStack:
      return with_offset("stack of frame " + std::to_string(place.index), place.offset);
    case Kind::kFunction:
      return "function at slot " + std::to_string(place.index);
  }
  return number(address);
}

}  // namespace zext::verifier
