// Buckets: rows of a constexpr table, found by a small key without searching the table.
//
//   constexpr auto kByKey = buckets<8, kTable, [](const Row& r, size_t k) { return r.key == k;
//   }>(); for (uint8_t row : kByKey.at(3)) { ... }    // the rows that belong to key 3, in table
//   order
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace zext::rv64 {

// Keys are below `keys`; `entries` is the sum of the buckets' sizes.
template <size_t kKeys, size_t kEntries>
struct Buckets {
  std::array<uint16_t, kKeys + 1> first{};
  std::array<uint8_t, kEntries> rows{};

  constexpr std::span<const uint8_t> at(size_t key) const {
    return {rows.data() + first[key], rows.data() + first[key + 1]};
  }
};

// Row i of the table is in the bucket of each key for which belongs(table[i], key).
template <size_t kKeys, auto& kTable, auto belongs>
consteval auto buckets() {
  constexpr size_t kEntries = [] {
    size_t entries = 0;
    for (size_t key = 0; key < kKeys; ++key) {
      for (const auto& row : kTable) entries += belongs(row, key) ? 1 : 0;
    }
    return entries;
  }();
  static_assert(std::size(kTable) <= 256);
  Buckets<kKeys, kEntries> result;
  size_t entry = 0;
  for (size_t key = 0; key < kKeys; ++key) {
    result.first[key] = static_cast<uint16_t>(entry);
    for (size_t i = 0; i < std::size(kTable); ++i) {
      if (belongs(kTable[i], key)) result.rows[entry++] = static_cast<uint8_t>(i);
    }
  }
  result.first[kKeys] = static_cast<uint16_t>(entry);
  return result;
}

}  // namespace zext::rv64
