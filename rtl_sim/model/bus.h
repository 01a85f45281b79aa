// Everything the simulated core can address that is not in its own caches: main memory, other
// regions of memory, devices. The DPI functions of rtl_sim/soc end here.
//
//   auto bus = Bus::create(memory, regions, devices);
//   top->handle_i = (*bus)->handle();
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rtl_sim/image/error.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/device.h"
#include "rtl_sim/model/ram.h"

namespace zext::rtl_sim {

class Bus {
 public:
  // `memory_bytes`: main memory's, if they are the caller's (Ram::borrow).
  // Errors: an impossible range, two that overlap, one of the hardware's own (CLINT, PLIC), a
  // device without an object or with an impossible interrupt source.
  static std::expected<std::unique_ptr<Bus>, Error> create(const MemoryRange& memory,
                                                           std::vector<MemoryRegion> regions,
                                                           std::vector<DeviceMapping> devices,
                                                           uint8_t* memory_bytes = nullptr);

  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  // As after power-on: main memory zero, regions with their contents, devices reset.
  void reset();

  // Memory at these addresses, main or other; empty if not all of it is in one of them.
  std::span<uint8_t> memory(uint64_t address, uint64_t bytes);

  Ram& ram() { return *ram_; }
  const Ram& ram() const { return *ram_; }

  // An uncached access of 1, 2, 4 or 8 bytes by the core; returns what was read.
  uint64_t access(bool write, unsigned bytes, uint64_t address, uint64_t data);
  // Whether nobody answered to the last access.
  bool fault() const { return fault_; }

  // Levels of the interrupt lines, a bit a source, as of the last access or poll().
  const uint32_t& lines() const { return lines_; }
  void poll();

  // What the Verilog side carries to name this object.
  uint64_t handle() const { return reinterpret_cast<uint64_t>(this); }

  // The state of all memory and devices, appended to `state`, and taken from its front. False if it
  // is not one of this bus's.
  void save(std::vector<uint8_t>& state) const;
  bool restore(std::span<const uint8_t>& state);

 private:
  Bus(std::unique_ptr<Ram> ram, std::vector<MemoryRegion> regions,
      std::vector<DeviceMapping> devices);

  std::expected<void, Error> check() const;

  struct Region {
    MemoryRegion config;
    std::vector<uint8_t> bytes;
  };

  std::unique_ptr<Ram> ram_;
  std::vector<Region> regions_;
  std::vector<DeviceMapping> devices_;
  uint32_t lines_ = 0;
  bool fault_ = false;
};

}  // namespace zext::rtl_sim
