// Fnv1a: a hash of bytes that tells accidents apart, not attacks: 64-bit FNV-1a.
//
//   Fnv1a hash;
//   hash.number(7);
//   hash.text("xdp");
//   hash.value();
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace zext::verifier::certificate {

class Fnv1a {
 public:
  void byte(uint8_t value) { value_ = (value_ ^ value) * 0x100000001b3; }
  void bytes(std::span<const uint8_t> values) {
    for (const uint8_t value : values) byte(value);
  }

  // Numbers of any width, as eight bytes.
  void number(uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) byte(static_cast<uint8_t>(value >> shift));
  }

  // Its length as well, so that what follows cannot belong to it.
  void text(std::string_view value) {
    number(value.size());
    for (const char letter : value) byte(static_cast<uint8_t>(letter));
  }
  void block(std::span<const uint8_t> values) {
    number(values.size());
    bytes(values);
  }

  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325;
};

inline uint64_t fnv1a(std::span<const uint8_t> bytes) {
  Fnv1a hash;
  hash.bytes(bytes);
  return hash.value();
}

}  // namespace zext::verifier::certificate
