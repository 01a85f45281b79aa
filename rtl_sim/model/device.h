// A memory-mapped device in C++, as the simulated core reaches it: uncached, in program order, once
// for each access that retires.
//
//   class Counter : public Device {
//     std::optional<uint64_t> read(uint64_t, unsigned) override { return ++count_; }
//     ...
//   };
//   config.devices.push_back({.range = {0x4000'0000, 0x1000}, .device =
//   std::make_shared<Counter>()});
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rtl_sim/image/image.h"

namespace zext::rtl_sim {

class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  // A load of 1, 2, 4 or 8 bytes at `offset` from the device's base, a multiple of them. Nullopt
  // makes it an access fault.
  virtual std::optional<uint64_t> read(uint64_t offset, unsigned bytes) = 0;

  // A store; false makes it an access fault.
  virtual bool write(uint64_t offset, unsigned bytes, uint64_t value) = 0;

  // The level of its interrupt line. Asked after each access to any device, and whenever the model
  // is called.
  virtual bool interrupt() const { return false; }

  // As after power-on: a program is loaded.
  virtual void reset() {}

  // All of its state as bytes, and back: for snapshots.
  virtual std::vector<uint8_t> save() const { return {}; }
  virtual void restore(std::span<const uint8_t> /*state*/) {}
};

// Where a device is, and to which source of the PLIC its line goes (1 to 31; 0 for none).
struct DeviceMapping {
  MemoryRange range;
  std::shared_ptr<Device> device;
  unsigned source = 0;
};

// Memory beside the main one: data only, uncached, no atomics.
struct MemoryRegion {
  MemoryRange range;
  std::vector<uint8_t> contents = {};  // the first bytes; the others are zero
  bool read_only = false;              // a store is an access fault
};

}  // namespace zext::rtl_sim
