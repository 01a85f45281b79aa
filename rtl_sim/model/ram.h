// The bytes behind soc/ram.sv, and the watch on `tohost`.
//
//   auto ram = Ram::create({0x8000'0000, 64 << 20});
//   top->ram_handle_i = ram->handle();
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>

#include "rtl_sim/image/error.h"
#include "rtl_sim/image/image.h"

namespace zext::rtl_sim {

class Ram {
 public:
  // Zeroed memory that takes host memory only where it is touched.
  // Errors: a range that is empty, tiny, wraps, or is more than the host gives.
  static std::expected<std::unique_ptr<Ram>, Error> create(const MemoryRange& range);

  Ram(const Ram&) = delete;
  Ram& operator=(const Ram&) = delete;
  ~Ram();

  // Makes all bytes zero again and forgets `tohost`.
  void clear();

  // Watches stores that start at this address.
  void watch(std::optional<uint64_t> tohost);

  // Whether a non-zero value was stored to `tohost` (as wide as the store) since the last watch()
  // or acknowledge().
  bool tohost_written() const { return tohost_value_.has_value(); }
  void acknowledge() { tohost_value_.reset(); }
  std::optional<uint64_t> tohost_address() const;

  // What the Verilog side carries to name this object.
  uint64_t handle() const { return reinterpret_cast<uint64_t>(this); }

  const MemoryRange& range() const { return range_; }
  std::span<uint8_t> bytes() { return {bytes_, range_.size}; }
  std::span<const uint8_t> bytes() const { return {bytes_, range_.size}; }

  // Accesses of the simulated hardware; `offset` is from the base and in range (reads may overrun
  // the end by up to seven bytes).
  uint32_t fetch(uint64_t offset) const;
  uint64_t read(uint64_t offset) const;
  void write(uint64_t offset, uint8_t mask, uint64_t data);

 private:
  Ram(const MemoryRange& range, uint8_t* bytes) : range_(range), bytes_(bytes) {}

  static constexpr uint64_t kNoTohost = UINT64_MAX;

  MemoryRange range_;
  uint8_t* bytes_;
  uint64_t tohost_offset_ = kNoTohost;
  std::optional<uint64_t> tohost_value_;
};

}  // namespace zext::rtl_sim
