// Families of programs: the same shape in growing sizes, as assembler. All are safe socket filters.
//
//   for (const Family& family : families()) assemble(family.text(family.sizes.back()));
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace zext::bench {

// The map of the programs that look up: keys of 4 bytes, values of 8.
inline constexpr int32_t kMapNumber = 0;

struct Family {
  const char* name;
  const char* unit;  // what a size counts
  std::vector<uint64_t> sizes;
  std::string (*text)(uint64_t size);
  uint64_t each = 0;  // instructions that one more adds; 0: it does not grow to any length
};

std::span<const Family> families();

}  // namespace zext::bench
