// Memory as eBPF programs see it: bounded regions; whatever lies outside is a stray access.
//
//   Memory memory;
//   memory.add({.base = 0x1000, .bytes = packet, .writable = false});
//   auto word = memory.load(0x1000, 4);     // little-endian, zero-extended
//   if (!word) word.error().address;        // a stray access is a value
//
// Regions are views: the bytes belong to the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

namespace zext::ebpf {

struct Region {
  uint64_t base = 0;  // address of its first byte
  std::span<uint8_t> bytes = {};
  bool writable = true;
};

// An access that no region, or no writable one, contains.
struct StrayAccess {
  uint64_t address = 0;
  unsigned bytes = 0;
  bool write = false;
  bool read_only = false;  // inside a region, which is read-only
};

class Memory {
 public:
  // False, and nothing happens, if the region is empty, wraps round the address space or overlaps
  // another.
  bool add(const Region& region);
  // Removes the region that begins at `base`; false if there is none.
  bool remove(uint64_t base);

  // The `bytes` (1, 2, 4 or 8) at `address`, little-endian, zero-extended; alignment is not asked.
  std::expected<uint64_t, StrayAccess> load(uint64_t address, unsigned bytes) const;
  // Stores the low `bytes` of `value`.
  std::expected<void, StrayAccess> store(uint64_t address, unsigned bytes, uint64_t value);

  // Where the bytes are; null where load or store would report a stray access.
  const uint8_t* find_readable(uint64_t address, size_t bytes) const {
    const Region* region = find(address, bytes);
    return region == nullptr ? nullptr : region->bytes.data() + (address - region->base);
  }
  uint8_t* find_writable(uint64_t address, size_t bytes) {
    const Region* region = find(address, bytes);
    if (region == nullptr || !region->writable) return nullptr;
    return region->bytes.data() + (address - region->base);
  }

  // Ascending by base.
  std::span<const Region> regions() const { return regions_; }

 private:
  static bool contains(const Region& region, uint64_t address, size_t bytes) {
    const uint64_t offset = address - region.base;
    return offset < region.bytes.size() && bytes <= region.bytes.size() - offset;
  }
  const Region* find(uint64_t address, size_t bytes) const {
    if (last_ < regions_.size() && contains(regions_[last_], address, bytes)) {
      return &regions_[last_];
    }
    return search(address, bytes);
  }
  const Region* search(uint64_t address, size_t bytes) const;

  std::vector<Region> regions_;
  mutable size_t last_ = 0;  // the region of the last access: most accesses stay there
};

}  // namespace zext::ebpf
