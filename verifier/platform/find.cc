#include <cstring>

#include "verifier/platform/platform.h"

namespace zext::verifier {
namespace {

const Helper* find(std::span<const Helper> rows, uint32_t number) {
  size_t low = 0, high = rows.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (rows[middle].number == number) return &rows[middle];
    if (rows[middle].number < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return nullptr;
}

const Platform* find_exactly(uint8_t type, uint8_t attach_type) {
  for (const Platform& row : platforms()) {
    if (row.type == type && row.attach_type == attach_type) return &row;
  }
  return nullptr;
}

}  // namespace

const Helper* Platform::helper(uint32_t number) const {
  if (const Helper* own = find(own_helpers, number)) return own;
  return allows(number) ? find(verifier::helpers(), number) : nullptr;
}

const Structure& Platform::structure(StructureId id) const {
  const auto number = static_cast<size_t>(id);
  const std::span<const Structure> known = structures();
  if (number < known.size()) return known[number];
  const size_t own = number - known.size();
  return own < own_structures.size() ? own_structures[own] : known[0];
}

const Platform* find_platform(const char* name) {
  for (const Platform& row : platforms()) {
    if (std::strcmp(row.name, name) == 0) return &row;
  }
  return nullptr;
}

const Platform* find_platform(uint8_t type, uint8_t attach_type) {
  // As Linux does for programs older than attach types.
  constexpr uint8_t kCgroupSock = 9, kSockCreate = 2;
  if (type == kCgroupSock && attach_type == 0) attach_type = kSockCreate;
  if (const Platform* row = find_exactly(type, attach_type)) return row;
  return find_exactly(type, kAnyAttachType);
}

}  // namespace zext::verifier
