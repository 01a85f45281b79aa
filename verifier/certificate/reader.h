// Reader: what layout.h reads a certificate with, from bytes that may be anything.
//
//   Reader reader(file);
//   reader.natural(cut_point.pc);
//   if (reader.failed()) return reader.error();
//
// After the first failure it reads zeros and fails on: callers look when they are about to use a
// number. Memory is asked for before it is taken.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "verifier/certificate/footprint.h"
#include "verifier/certificate/format.h"

namespace zext::verifier::certificate {

class Reader {
 public:
  static constexpr bool kReads = true;

  // `memory`: bytes that the result may take.
  Reader(std::span<const uint8_t> bytes, uint64_t memory) : bytes_(bytes), memory_(memory) {}

  bool failed() const { return error_.has_value(); }
  const FormatError& error() const { return *error_; }
  size_t at() const { return at_; }
  size_t remaining() const { return bytes_.size() - at_; }

  // Makes the reader fail unless the condition holds; whether it has not failed.
  bool require(bool holds, const char* otherwise) {
    if (!holds && !failed()) refuse(otherwise);
    return !failed();
  }
  void refuse(std::string what, std::string hint = "make the certificate again") {
    error_ = {"byte " + std::to_string(last_), std::move(what), std::move(hint)};
    at_ = bytes_.size();
  }

  void byte(uint8_t& value) {
    last_ = at_;
    value = next();
  }
  void word(uint64_t& value) {
    last_ = at_;
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) value |= uint64_t{next()} << shift;
  }

  template <std::unsigned_integral T>
  void natural(T& value) {
    const uint64_t read = natural();
    value = require(read <= std::numeric_limits<T>::max(), kTooLarge) ? static_cast<T>(read) : T{};
  }

  template <std::signed_integral T>
  void integer(T& value) {
    const int64_t read = un_zig_zag(natural());
    const bool fits =
        read >= std::numeric_limits<T>::min() && read <= std::numeric_limits<T>::max();
    value = require(fits, kTooLarge) ? static_cast<T>(read) : T{};
  }
  static int64_t un_zig_zag(uint64_t code) {
    return static_cast<int64_t>((code >> 1) ^ -(code & 1));
  }

  void limit(uint64_t from, uint64_t& value) {
    const uint64_t code = natural();
    if (code == 0) {
      value = from + natural();
    } else if (code <= 64) {
      value = ~uint64_t{0} >> (64 - code);
    } else {
      value = from + (code - 65);
    }
  }

  void symbol(uint32_t& symbol) {
    const uint64_t code = natural();
    symbol = 0;
    if (code < kFirstOwnSymbol) {
      symbol = static_cast<uint32_t>(code);
    } else if (code == kFirstOwnSymbol) {
      symbol = next_symbol_++;
    } else if (require(code - kFirstOwnSymbol <= next_symbol_ - kFirstOwnSymbol,
                       "a symbol that was not used before")) {
      symbol = next_symbol_ - static_cast<uint32_t>(code - kFirstOwnSymbol);
    }
  }

  void object(uint32_t& object) {
    const uint64_t code = natural();
    object = 0;
    if (code == 1) {
      object = next_object_++;
    } else if (code == 3) {
      object = kNone;
    } else if (code % 2 == 1) {
      const uint64_t fixed = kFirstFixedObject + (code - 5) / 2;
      if (require(fixed < kNone, kTooLarge)) object = static_cast<uint32_t>(fixed);
    } else if (code != 0 &&
               require(code / 2 < next_object_, "an object that was not used before")) {
      object = next_object_ - static_cast<uint32_t>(code / 2);
    }
  }

  // Makes `count` elements, each of which takes at least a byte of the file.
  template <class T>
  bool make_room(std::vector<T>& list, uint64_t count) {
    if (!require(count <= remaining(), "more elements than the file has bytes for")) return false;
    if (!take(count * sizeof(T))) return false;
    list.resize(count);
    return true;
  }

  // The value is as this one.
  template <class T>
  void same(const T& as, T& value) {
    if (take(footprint(as))) value = as;
  }

  bool take(uint64_t memory) {
    if (!require(memory <= memory_, "it takes more memory than a file of its size may")) {
      return false;
    }
    memory_ -= memory;
    return true;
  }

 private:
  static constexpr const char* kEnds = "it ends here, in the middle";
  static constexpr const char* kTooLarge = "a number that is too large";

  uint8_t next() { return require(remaining() > 0, kEnds) ? bytes_[at_++] : uint8_t{0}; }

  uint64_t natural() {
    last_ = at_;
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const uint8_t byte = next();
      if (!require(shift < 63 || byte <= 1, kTooLarge)) return 0;
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  size_t last_ = 0;  // where what was read last begins
  uint64_t memory_;
  uint32_t next_symbol_ = kFirstOwnSymbol;
  uint32_t next_object_ = 1;
  std::optional<FormatError> error_;
};

}  // namespace zext::verifier::certificate
