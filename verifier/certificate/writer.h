// Writer: what layout.h writes a certificate with.
//
//   Writer writer;
//   writer.natural(certificate.cut_points[0].pc);
//   writer.bytes()
//
// It has the functions of Reader (reader.h), so that one description of the layout serves both.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "verifier/certificate/format.h"

namespace zext::verifier::certificate {

class Writer {
 public:
  static constexpr bool kReads = false;

  const std::vector<uint8_t>& bytes() const { return bytes_; }
  void byte(uint8_t value) { bytes_.push_back(value); }
  // Eight bytes, the lowest first.
  void word(uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) byte(static_cast<uint8_t>(value >> shift));
  }

  // Seven bits a byte, the lowest first.
  template <std::unsigned_integral T>
  void natural(T value) {
    uint64_t rest = value;
    for (; rest >= 0x80; rest >>= 7) bytes_.push_back(static_cast<uint8_t>(rest | 0x80));
    bytes_.push_back(static_cast<uint8_t>(rest));
  }

  // 0, -1, 1, -2, 2 ... as naturals.
  template <std::signed_integral T>
  void integer(T value) {
    natural(zig_zag(value));
  }
  static uint64_t zig_zag(int64_t value) {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  }

  // A word that is often a little more than `from`, or 2^k - 1: 0 and the distance, k, or the
  // distance and 65.
  void limit(uint64_t from, uint64_t value) {
    const uint64_t distance = value - from;
    const bool ones = value != 0 && (value & (value + 1)) == 0;
    if (ones && distance > 62) {
      natural(static_cast<uint64_t>(std::bit_width(value)));
    } else if (distance <= ~uint64_t{0} - 65) {
      natural(distance + 65);
    } else {
      natural(uint64_t{0});
      natural(distance);
    }
  }

  // A symbol that every program has, 4 for the next one of its own, or 5 and how many were numbered
  // since.
  void symbol(uint32_t symbol) {
    if (symbol < kFirstOwnSymbol) return natural(symbol);
    if (symbol >= next_symbol_) {
      next_symbol_ = symbol + 1;
      return natural(kFirstOwnSymbol);
    }
    natural(next_symbol_ - 1 - symbol + kFirstOwnSymbol + 1);
  }

  // 0 for none, 1 for the next one; of others, even numbers say how many were numbered since, odd
  // ones where it is among those of every program.
  void object(uint32_t object) {
    if (object == 0) return natural(object);
    if (object == kNone) return natural(uint32_t{3});
    if (object >= kFirstFixedObject) {
      return natural(uint64_t{2} * (object - kFirstFixedObject) + 5);
    }
    if (object >= next_object_) {
      next_object_ = object + 1;
      return natural(uint32_t{1});
    }
    natural(2 * (next_object_ - 1 - object) + 2);
  }

  // As a Reader, which checks and copies.
  bool failed() const { return false; }
  bool require(bool /*holds*/, const char* /*otherwise*/) { return true; }
  template <class T>
  void same(const T& /*as*/, T& /*value*/) {}
  template <class T>
  bool make_room(std::vector<T>& /*list*/, uint64_t /*count*/) {
    return true;
  }

  // An empty writer that numbers on from here, and what it wrote put behind this.
  Writer beginning() const {
    Writer writer;
    writer.next_symbol_ = next_symbol_;
    writer.next_object_ = next_object_;
    return writer;
  }
  void append(const Writer& part) {
    bytes_.insert(bytes_.end(), part.bytes_.begin(), part.bytes_.end());
    next_symbol_ = std::max(next_symbol_, part.next_symbol_);
    next_object_ = std::max(next_object_, part.next_object_);
  }

 private:
  std::vector<uint8_t> bytes_;
  uint32_t next_symbol_ = kFirstOwnSymbol;
  uint32_t next_object_ = 1;
};

}  // namespace zext::verifier::certificate
