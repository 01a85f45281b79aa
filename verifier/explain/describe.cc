// What a register holds, in words.
#include <fmt/format.h>

#include <limits>

#include "verifier/explain/explain.h"
#include "verifier/explain/story.h"
#include "verifier/state/number.h"

namespace zext::verifier {
namespace {

std::string hexadecimal_if_large(uint64_t value) {
  return value < 1'000'000 ? fmt::format("{}", value) : fmt::format("{:#x}", value);
}

std::string describe_number(const Number& number) {
  if (is_constant(number)) {
    const int64_t value = signed_min(number);
    return value < 0 && value > -1'000'000 ? fmt::format("number {}", value)
                                           : "number " + hexadecimal_if_large(unsigned_min(number));
  }
  const uint64_t low = unsigned_min(number);
  const uint64_t high = unsigned_max(number);
  if (low == 0 && high == ~uint64_t{0}) {
    if (signed_min(number) == std::numeric_limits<int64_t>::min()) return "any number";
    return fmt::format("number {}..{}", signed_min(number), signed_max(number));
  }
  std::string text = "number " + hexadecimal_if_large(low) + ".." + hexadecimal_if_large(high);
  // Bits known beside the range, as a multiple: that is what matters to readers.
  const uint64_t low_zeros = ~(unknown_bits(number) | known_ones(number));
  unsigned zeros = 0;
  while (zeros < 63 && (low_zeros >> zeros & 1) != 0) ++zeros;
  if (zeros > 0 && zeros < 32) text += fmt::format(", a multiple of {}", uint64_t{1} << zeros);
  return text;
}

std::string describe_pointer(const std::string& region, const Number& offset) {
  const int64_t low = signed_min(offset);
  const int64_t high = signed_max(offset);
  if (low == 0 && high == 0) return region;
  if (low == high && low < 0) return fmt::format("{} - {}", region, -low);
  if (low == high) return fmt::format("{} + {}", region, low);
  constexpr int64_t kFar = int64_t{1} << 32;
  if (low < -kFar || high > kFar) return region + " + any number";
  return fmt::format("{} + ({}..{})", region, low, high);
}

// "map 'counters'"; maps of which no name is known are just "map".
std::string describe_map(const char* what, const Map* map) {
  const bool named = map != nullptr && map->name[0] != 0;
  return named ? fmt::format("{} '{}'", what, map->name) : what;
}

std::string describe_structure(const Subject* subject, uint8_t structure) {
  const auto all = structures();
  const char* name = nullptr;
  if (subject != nullptr) {
    name = subject->platform.structure(static_cast<StructureId>(structure)).name;
  } else if (structure < all.size()) {
    name = all[structure].name;
  }
  return name == nullptr ? "structure" : fmt::format("struct {}", name);
}

std::string describe_object(const Subject* subject, uint32_t type) {
  const TypeInfo* info = subject == nullptr ? nullptr : subject->types[type];
  return info != nullptr ? fmt::format("kernel's struct {}", info->name)
                         : fmt::format("kernel object of type {}", type);
}

std::string describe_type(const Subject* subject, const RegisterFact& fact) {
  switch (fact.type) {
    case Type::kUninitialised:
      return "not initialised";
    case Type::kNumber:
      return describe_number(fact.value);
    case Type::kContext:
      return describe_pointer("context", fact.value);
    case Type::kPacket:
      return describe_pointer("packet", fact.value);
    case Type::kPacketEnd:
      return "end of packet";
    case Type::kPacketMeta:
      return describe_pointer("packet metadata", fact.value);
    case Type::kStack:
      return describe_pointer(
          fact.frame == 0 ? "stack" : fmt::format("stack of call {}", fact.frame), fact.value);
    case Type::kMemory:
      return describe_pointer("buffer", fact.value);
    case Type::kMap:
      return describe_map("map", fact.map);
    case Type::kMapKey:
      return describe_pointer(describe_map("key of map", fact.map), fact.value);
    case Type::kMapValue:
      return describe_pointer(describe_map("value of map", fact.map), fact.value);
    case Type::kRegion:
      return describe_pointer("memory of " + count_bytes(fact.detail), fact.value);
    case Type::kStructure:
      return describe_pointer(describe_structure(subject, fact.structure), fact.value);
    case Type::kObject:
      return describe_pointer(describe_object(subject, fact.detail), fact.value);
    case Type::kPerCpu:
      return "per-CPU variable";
    case Type::kTracepointBuffer:
      return describe_pointer("tracepoint buffer", fact.value);
    case Type::kFunction:
      return fmt::format("function at {}", fact.detail);
  }
  return "";
}

}  // namespace

std::string describe(const RegisterFact& fact, const Subject* subject) {
  return describe_type(subject, fact) + (fact.nullable ? ", or 0" : "");
}

}  // namespace zext::verifier
