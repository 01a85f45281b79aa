// Numbers and places as messages show them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "rtl_sim/image/image.h"

namespace zext::rtl_sim {

inline std::string hex(uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

inline std::string text(const MemoryRange& range) {
  return hex(range.size) + " bytes at " + hex(range.base);
}

}  // namespace zext::rtl_sim
