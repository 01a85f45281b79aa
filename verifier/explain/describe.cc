// What a register holds, in words.
#include <fmt/format.h>

#include "verifier/explain/explain.h"
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

std::string describe_pointer(const char* region, const Number& offset) {
  const int64_t low = signed_min(offset);
  const int64_t high = signed_max(offset);
  if (low == 0 && high == 0) return region;
  if (low == high && low < 0) return fmt::format("{} - {}", region, -low);
  if (low == high) return fmt::format("{} + {}", region, low);
  return fmt::format("{} + ({}..{})", region, low, high);
}

}  // namespace

std::string describe(const RegisterFact& fact) {
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
          fact.frame == 0 ? "stack" : fmt::format("stack of call {}", fact.frame).c_str(),
          fact.value);
    case Type::kMemory:
      return describe_pointer("buffer", fact.value);
  }
  return "";
}

}  // namespace zext::verifier
