#include "isa/ebpf/memory.h"

#include <algorithm>
#include <bit>

namespace zext::ebpf {

static_assert(std::endian::native == std::endian::little, "words are copied as they are");

bool Memory::add(const Region& region) {
  const uint64_t size = region.bytes.size();
  if (size == 0 || region.base + (size - 1) < region.base) return false;
  const auto above = std::ranges::upper_bound(regions_, region.base, {}, &Region::base);
  if (above != regions_.end() && above->base - region.base < size) return false;
  if (above != regions_.begin()) {
    const Region& below = *std::prev(above);
    if (region.base - below.base < below.bytes.size()) return false;
  }
  regions_.insert(above, region);
  return true;
}

bool Memory::remove(uint64_t base) {
  const auto found = std::ranges::lower_bound(regions_, base, {}, &Region::base);
  if (found == regions_.end() || found->base != base) return false;
  regions_.erase(found);
  return true;
}

std::expected<uint64_t, StrayAccess> Memory::load(uint64_t address, unsigned bytes) const {
  const uint8_t* data = find_readable(address, bytes);
  if (data == nullptr) return std::unexpected(StrayAccess{.address = address, .bytes = bytes});
  uint64_t value = 0;
  std::copy_n(data, bytes, reinterpret_cast<uint8_t*>(&value));
  return value;
}

std::expected<void, StrayAccess> Memory::store(uint64_t address, unsigned bytes, uint64_t value) {
  uint8_t* data = find_writable(address, bytes);
  if (data == nullptr) {
    return std::unexpected(StrayAccess{.address = address,
                                       .bytes = bytes,
                                       .write = true,
                                       .read_only = find(address, bytes) != nullptr});
  }
  std::copy_n(reinterpret_cast<const uint8_t*>(&value), bytes, data);
  return {};
}

const Region* Memory::search(uint64_t address, size_t bytes) const {
  const auto above = std::ranges::upper_bound(regions_, address, {}, &Region::base);
  if (above == regions_.begin()) return nullptr;
  const auto found = std::prev(above);
  if (!contains(*found, address, bytes)) return nullptr;
  last_ = static_cast<size_t>(found - regions_.begin());
  return &*found;
}

}  // namespace zext::ebpf
