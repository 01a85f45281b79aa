// What all arrays have in common: keys that are indices, and what MAP_CREATE asks of them.
#pragma once

#include <cstdint>

#include "kernel_shim/maps/map.h"

namespace zext::shim {

inline uint32_t index_of(const void* key) {
  uint32_t index;
  __builtin_memcpy(&index, key, sizeof index);
  return index;
}

// MapOps::check and next_key of each.
int check_array(Kernel& kernel, const MapAttributes& attributes);
int next_index(Kernel& kernel, Map& map, const void* key, void* next);

}  // namespace zext::shim
