#include "verifier/replay/space.h"

namespace zext::verifier {

uint64_t Space::add(Place::Kind kind, uint32_t index, Bytes bytes, bool writable) {
  uint32_t& next = next_[{kind, index}];
  if (index >= kPlaceIndices || next >= kPlaceNumbers) {
    full_ = true;
    return address_of(kind, kPlaceIndices - 1, kPlaceNumbers - 1);
  }
  const uint64_t address = address_of(kind, index, next++);
  put(address, std::move(bytes), writable);
  return address;
}

void Space::put(uint64_t address, Bytes bytes, bool writable) {
  if (bytes.size() > most_bytes_ - used_) {
    full_ = true;
    return;
  }
  used_ += bytes.size();
  Bytes& kept = regions_[address];
  kept = std::move(bytes);
  memory_.add({.base = address, .bytes = kept, .writable = writable});
}

void Space::remove(uint64_t address) {
  const auto found = regions_.find(address);
  if (found == regions_.end()) return;
  memory_.remove(address);
  used_ -= found->second.size();
  regions_.erase(found);
}

std::span<uint8_t> Space::bytes(uint64_t address) {
  const auto found = regions_.find(address);
  return found == regions_.end() ? std::span<uint8_t>() : std::span<uint8_t>(found->second);
}

}  // namespace zext::verifier
