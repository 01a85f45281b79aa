#include "tests/embedding/machine.h"

#include <algorithm>
#include <cstring>

#include "verifier/replay/place.h"

namespace zext::embedding {
namespace {

using verifier::Place;
using verifier::RegisterFact;
using verifier::Type;

using enum Offset::Kind;

Offset known(uint64_t value) { return {.kind = kKnown, .value = value}; }

Offset in(Place::Kind kind, uint64_t content) {
  const Place place = verifier::place_of(content);
  if (place.kind != kind) return {.kind = kElsewhere};
  return known(static_cast<uint64_t>(place.offset));
}

// A region of its own, or memory of any kind that was passed as one: then its origin is not seen.
Offset in_region(const verifier::Subject& subject, uint64_t content) {
  const Place place = verifier::place_of(content);
  if (place.kind == Place::Kind::kNowhere) return {.kind = kElsewhere};
  const bool passed = std::ranges::any_of(subject.functions, &verifier::Function::global);
  if (passed || place.kind != Place::Kind::kRegion) return {.kind = kUnknown};
  return known(static_cast<uint64_t>(place.offset));
}

}  // namespace

Offset Machine::offset(Type type, uint8_t frame, uint64_t content) const {
  switch (type) {
    case Type::kUninitialised:
      return {.kind = kUnknown};
    case Type::kNumber:
      return known(content);
    case Type::kContext:
      return in(Place::Kind::kContext, content);
    case Type::kPacket:
    case Type::kPacketEnd:
      return known(content - moment.data);
    case Type::kPacketMeta:
      return known(content - moment.data_meta);
    case Type::kStack:
      return known(content - verifier::frame_address(base + frame));
    case Type::kMemory:
      return in(Place::Kind::kMemory, content);
    case Type::kMap:
      return in(Place::Kind::kMap, content);
    case Type::kMapKey:
      return in(Place::Kind::kMapKey, content);
    case Type::kMapValue:
      return in(Place::Kind::kMapValue, content);
    case Type::kStructure:
      return in(Place::Kind::kStructure, content);
    case Type::kTracepointBuffer:
      return in(Place::Kind::kTracepointBuffer, content);
    case Type::kFunction:
      return in(Place::Kind::kFunction, content);
    case Type::kRegion:
      return in_region(subject, content);
    case Type::kObject:
    case Type::kPerCpu:
      break;  // probed, so any address will do
  }
  return {.kind = kUnknown};
}

uint64_t Machine::slot(uint32_t frame, uint32_t at, uint32_t bytes) const {
  const auto stack = moment.stack(base + frame);
  uint64_t content = 0;
  std::memcpy(&content, &stack[at], bytes);
  return content;
}

std::string Machine::outside(const verifier::RegisterFacts& registers, uint64_t& compared) const {
  for (size_t reg = 0; reg < registers.size(); ++reg) {
    const uint64_t content = moment.registers[reg];
    if (inside(registers[reg], content, compared)) continue;
    return "r" + std::to_string(reg) + " is " + std::to_string(content);
  }
  return "";
}

std::string Machine::outside(const Picture& picture, uint64_t& compared) const {
  if (const std::string text = outside(picture.registers, compared); !text.empty()) return text;
  for (uint32_t i = 0; i < picture.frames.size(); ++i) {
    for (const Cell& cell : picture.frames[i]) {
      const uint64_t content = slot(i, cell.at, cell.bytes);
      if (inside(cell.fact, content, compared)) continue;
      return "the slot of frame " + std::to_string(i) + " at " + std::to_string(cell.at) + " is " +
             std::to_string(content);
    }
  }
  return "";
}

// An inner map is one of those after Subject::maps.
bool Machine::right_map(const RegisterFact& fact, uint64_t content) const {
  if (fact.map == nullptr) return true;
  const uint32_t index = verifier::place_of(content).index;
  return index >= subject.maps.size() || &subject.maps[index] == fact.map ||
         subject.maps[index].value_size == fact.map->value_size;
}

bool Machine::inside(const RegisterFact& fact, uint64_t content, uint64_t& compared) const {
  if (fact.type == Type::kUninitialised) return true;
  if (fact.nullable && content == 0) return true;
  const Offset offset = this->offset(fact.type, fact.frame, content);
  if (offset.kind == kUnknown) return true;
  ++compared;
  return offset.kind == kKnown && right_map(fact, content) &&
         contains(fact.value, Bits<64>::of(offset.value));
}

}  // namespace zext::embedding
