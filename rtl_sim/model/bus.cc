#include "rtl_sim/model/bus.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "rtl_sim/model/bytes.h"
#include "rtl_sim/model/text.h"

namespace zext::rtl_sim {
namespace {

constexpr std::array<uint8_t, Ram::kPage> kZeros{};
constexpr unsigned kSources = 32;

// What the hardware itself answers to, unless main memory covers it.
constexpr MemoryRange kClint{.base = 0x0200'0000, .size = 0x1'0000};
constexpr MemoryRange kPlic{.base = 0x0c00'0000, .size = 0x400'0000};

bool possible(const MemoryRange& range) {
  return range.size != 0 && range.base + (range.size - 1) >= range.base;
}

bool overlap(const MemoryRange& a, const MemoryRange& b) {
  return a.base <= b.base + (b.size - 1) && b.base <= a.base + (a.size - 1);
}

uint64_t load(const uint8_t* bytes, unsigned size) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, size);
  return value;
}

}  // namespace

Bus::Bus(std::unique_ptr<Ram> ram, std::vector<MemoryRegion> regions,
         std::vector<DeviceMapping> devices)
    : ram_(std::move(ram)), devices_(std::move(devices)) {
  for (MemoryRegion& region : regions) regions_.push_back({std::move(region), {}});
}

std::expected<std::unique_ptr<Bus>, Error> Bus::create(const MemoryRange& memory,
                                                       std::vector<MemoryRegion> regions,
                                                       std::vector<DeviceMapping> devices,
                                                       uint8_t* memory_bytes) {
  auto ram = memory_bytes == nullptr ? Ram::create(memory) : Ram::borrow(memory, memory_bytes);
  if (!ram) return std::unexpected(ram.error());
  std::unique_ptr<Bus> bus(new Bus(std::move(*ram), std::move(regions), std::move(devices)));
  if (auto checked = bus->check(); !checked) return std::unexpected(checked.error());
  bus->reset();
  return bus;
}

std::expected<void, Error> Bus::check() const {
  std::vector<MemoryRange> ranges = {ram_->range()};
  for (const MemoryRange& own : {kClint, kPlic}) {
    if (!overlap(own, ram_->range())) ranges.push_back(own);
  }
  for (const Region& region : regions_) ranges.push_back(region.config.range);
  for (const DeviceMapping& device : devices_) ranges.push_back(device.range);
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (!possible(ranges[i])) {
      return std::unexpected(Error{"impossible memory range", text(ranges[i]),
                                   "give at least a byte, within the address space"});
    }
    for (size_t j = 0; j < i; ++j) {
      if (!overlap(ranges[i], ranges[j])) continue;
      return std::unexpected(Error{"two things at one address",
                                   text(ranges[j]) + " and " + text(ranges[i]),
                                   "move one of them"});
    }
  }
  for (const Region& region : regions_) {
    if (region.config.contents.size() <= region.config.range.size) continue;
    return std::unexpected(
        Error{"more contents than memory", text(region.config.range), "make the region larger"});
  }
  for (const DeviceMapping& device : devices_) {
    if (device.device != nullptr && device.source < kSources) continue;
    return std::unexpected(Error{"impossible device", text(device.range),
                                 "give an object, and an interrupt source from 0 (none) to 31"});
  }
  return {};
}

void Bus::reset() {
  ram_->clear();
  for (Region& region : regions_) {
    region.bytes = region.config.contents;
    region.bytes.resize(region.config.range.size);
  }
  for (DeviceMapping& device : devices_) device.device->reset();
  fault_ = false;
  poll();
}

std::span<uint8_t> Bus::memory(uint64_t address, uint64_t bytes) {
  if (ram_->range().contains(address, bytes)) {
    return ram_->writable(address, bytes);
  }
  for (Region& region : regions_) {
    const MemoryRange& range = region.config.range;
    if (range.contains(address, bytes)) {
      return std::span(region.bytes).subspan(address - range.base, bytes);
    }
  }
  return {};
}

uint64_t Bus::access(bool write, unsigned bytes, uint64_t address, uint64_t data) {
  fault_ = false;
  for (Region& region : regions_) {
    const MemoryRange& range = region.config.range;
    if (!range.contains(address, bytes)) continue;
    uint8_t* const place = region.bytes.data() + (address - range.base);
    if (!write) return load(place, bytes);
    fault_ = region.config.read_only;
    if (!fault_) std::memcpy(place, &data, bytes);
    return 0;
  }
  for (const DeviceMapping& mapping : devices_) {
    if (!mapping.range.contains(address, bytes)) continue;
    const uint64_t offset = address - mapping.range.base;
    std::optional<uint64_t> read = 0;
    if (write) {
      fault_ = !mapping.device->write(offset, bytes, data);
    } else {
      read = mapping.device->read(offset, bytes);
      fault_ = !read;
    }
    poll();
    return read.value_or(0);
  }
  fault_ = true;
  return 0;
}

void Bus::poll() {
  lines_ = 0;
  for (const DeviceMapping& mapping : devices_) {
    if (mapping.source != 0 && mapping.device->interrupt()) lines_ |= uint32_t{1} << mapping.source;
  }
}

// Main memory by its pages that are not zero, each with its number.
void Bus::save(std::vector<uint8_t>& state) const {
  const std::span<const uint8_t> bytes = ram_->bytes();
  put(state, ram_->range());
  for (uint64_t at = 0; at < bytes.size(); at += Ram::kPage) {
    if (!ram_->touched(at / Ram::kPage)) continue;
    const auto page = bytes.subspan(at, std::min<uint64_t>(Ram::kPage, bytes.size() - at));
    if (std::memcmp(page.data(), kZeros.data(), page.size()) == 0) continue;
    put(state, at);
    put_block(state, page);
  }
  put(state, UINT64_MAX);
  for (const Region& region : regions_) put_block(state, region.bytes);
  for (const DeviceMapping& mapping : devices_) put_block(state, mapping.device->save());
  put(state, lines_);
}

bool Bus::restore(std::span<const uint8_t>& state) {
  MemoryRange range;
  if (!get(state, range) || range.base != ram_->range().base || range.size != ram_->range().size) {
    return false;
  }
  ram_->clear();
  std::span<const uint8_t> block;
  while (true) {
    uint64_t at = 0;
    if (!get(state, at)) return false;
    if (at == UINT64_MAX) break;
    if (!get_block(state, block) || at > range.size || block.size() > range.size - at) return false;
    std::ranges::copy(block, ram_->writable(range.base + at, block.size()).begin());
  }
  for (Region& region : regions_) {
    if (!get_block(state, block) || block.size() != region.bytes.size()) return false;
    std::ranges::copy(block, region.bytes.begin());
  }
  for (const DeviceMapping& mapping : devices_) {
    if (!get_block(state, block)) return false;
    mapping.device->restore(block);
  }
  return get(state, lines_);
}

}  // namespace zext::rtl_sim

// The functions that rtl_sim/soc imports. Verilator declares them in a header of each generated
// model; their types are fixed by the SystemVerilog standard's DPI.
extern "C" {

unsigned long long zext_memory_read(unsigned long long handle, unsigned long long address) {
  return reinterpret_cast<const zext::rtl_sim::Bus*>(handle)->ram().read(address);
}

void zext_memory_write(unsigned long long handle, unsigned long long address, unsigned char mask,
                       unsigned long long data) {
  reinterpret_cast<zext::rtl_sim::Bus*>(handle)->ram().write(address, mask, data);
}

unsigned long long zext_bus_access(unsigned long long handle, unsigned char we, unsigned char size,
                                   unsigned long long address, unsigned long long data) {
  return reinterpret_cast<zext::rtl_sim::Bus*>(handle)->access(we != 0, 1u << size, address, data);
}

unsigned char zext_bus_fault(unsigned long long handle) {
  return reinterpret_cast<const zext::rtl_sim::Bus*>(handle)->fault() ? 1 : 0;
}

}  // extern "C"
