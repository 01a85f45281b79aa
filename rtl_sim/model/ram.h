// The bytes of main memory, behind the memory ports of rtl_sim/soc.
//
//   auto ram = Ram::create({0x8000'0000, 64 << 20});
//   uint64_t word = (*ram)->read(0x8000'0000);
#pragma once

#include <cstdint>
#include <cstring>
#include <expected>
#include <memory>
#include <span>

#include "rtl_sim/image/error.h"
#include "rtl_sim/image/image.h"

namespace zext::rtl_sim {

class Ram {
 public:
  // Zeroed memory that takes host memory only where it is touched.
  // Errors: a range that is empty, tiny, wraps, or is more than the host gives.
  static std::expected<std::unique_ptr<Ram>, Error> create(const MemoryRange& range);

  // The same of the caller's bytes, which outlive it: those of the range and seven more. clear()
  // leaves them as they are.
  static std::expected<std::unique_ptr<Ram>, Error> borrow(const MemoryRange& range,
                                                           uint8_t* bytes);

  Ram(const Ram&) = delete;
  Ram& operator=(const Ram&) = delete;
  ~Ram();

  // Makes all bytes zero again.
  void clear();

  const MemoryRange& range() const { return range_; }
  std::span<const uint8_t> bytes() const { return {bytes_, range_.size}; }

  // Bytes inside the range, to be written.
  std::span<uint8_t> writable(uint64_t address, uint64_t bytes);

  // Whether a page, numbered from the base, may hold anything but zeros: a look at it would cost
  // the host memory.
  static constexpr uint64_t kPage = 4096;
  bool touched(uint64_t page) const { return touched_[page] != 0; }

  // Eight bytes from `address` on: zero if it is outside, as a wrong guess of fetch may be. The end
  // may be overrun by seven bytes, which are zero.
  uint64_t read(uint64_t address) const {
    const uint64_t offset = address - range_.base;
    if (offset >= range_.size) return 0;
    uint64_t value;
    std::memcpy(&value, bytes_ + offset, sizeof value);
    return value;
  }

  // Stores as many bytes as the mask has ones, from bit 0 on. Nothing if they are outside.
  void write(uint64_t address, uint8_t mask, uint64_t data);

 private:
  Ram(const MemoryRange& range, uint8_t* bytes, uint8_t* touched, bool borrowed);

  MemoryRange range_;
  uint8_t* bytes_;
  uint8_t* touched_;  // a byte a page
  bool borrowed_;
};

}  // namespace zext::rtl_sim
