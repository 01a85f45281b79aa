#include "isa/ebpf/memory.h"

#include <algorithm>
#include <bit>

namespace zext::ebpf {

static_assert(std::endian::native == std::endian::little, "words are copied as they are");

bool Memory::add(const Region& region) {
  const uint64_t size = region.bytes.size();
  if (size == 0 || region.base + (size - 1) < region.base) return false;
  for (const Region& other : regions_) {
    if (region.base - other.base < other.bytes.size()) return false;
    if (other.base - region.base < size) return false;
  }
  regions_.push_back(region);
  return true;
}

bool Memory::remove(uint64_t base) {
  // Backwards: frames are removed in the reverse order of their adding.
  const auto found = std::find_if(regions_.rbegin(), regions_.rend(),
                                  [&](const Region& region) { return region.base == base; });
  if (found == regions_.rend()) return false;
  regions_.erase(std::next(found).base());
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
  for (size_t i = 0; i < regions_.size(); ++i) {
    if (!contains(regions_[i], address, bytes)) continue;
    last_ = i;
    return &regions_[i];
  }
  return nullptr;
}

}  // namespace zext::ebpf
