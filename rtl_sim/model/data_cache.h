// What the data cache of a verilated core knows better than memory: its lines, the line that is on
// its way out, the stores that wait for theirs.
//
//   DataCache(*top.rootp).publish(ram);
//
// Written against rtl_sim/core: dcache_arrays.sv, dcache_refill.sv and store_buffer.sv say what the
// registers mean.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "rtl_sim/model/ram.h"
#include "verilated.h"

namespace zext::rtl_sim {

// A register of the cache; its name in the generated model is too long to be repeated.
#define ZEXT_DCACHE(root, name) \
  (root).soc__DOT__u_core__DOT__u_lsu__DOT__gen_cache__DOT__u_dcache__DOT__##name

template <typename Root>
class DataCache {
 public:
  explicit DataCache(Root& root) : root_(root) {}

  // Copies what is newer than memory into it; the cache itself stays as it is.
  void publish(Ram& ram) const {
    publish_victim(ram);
    publish_lines(ram);
    publish_stores(ram);
  }

  // After memory was written: the same in the cache. Only when settled().
  void patch(uint64_t address, std::span<const uint8_t> bytes);

  // Nothing is on its way in or out, and nobody is about to write back what was read before.
  bool settled() const {
    return !pending() && !refilling() && !ZEXT_DCACHE(root_, u_arrays__DOT__write_even) &&
           !ZEXT_DCACHE(root_, u_arrays__DOT__write_odd);
  }

 private:
  bool pending() const { return ZEXT_DCACHE(root_, u_store_buffer__DOT__pending) != 0; }

  bool refilling() const {
    return ZEXT_DCACHE(root_, u_refill__DOT__request_q) ||
           ZEXT_DCACHE(root_, u_refill__DOT__filling) ||
           ZEXT_DCACHE(root_, u_refill__DOT__copying_q) ||
           ZEXT_DCACHE(root_, u_refill__DOT__copied_q) ||
           ZEXT_DCACHE(root_, u_refill__DOT__sending_q);
  }

  auto& tags() const { return ZEXT_DCACHE(root_, u_arrays__DOT__tags); }
  auto& data() const { return ZEXT_DCACHE(root_, u_arrays__DOT__data); }

  // The shape, from the sizes of the arrays.
  template <typename T, std::size_t N>
  static constexpr std::size_t size_of(const VlUnpacked<T, N>&) {
    return N;
  }
  std::size_t lines() const { return size_of(tags()); }
  std::size_t words() const { return size_of(data()) / lines(); }
  std::size_t ways() const { return size_of(ZEXT_DCACHE(root_, u_arrays__DOT__tag_q)); }
  std::size_t sets() const { return lines() / ways(); }
  uint64_t line_bytes() const { return words() * sizeof(uint64_t); }

  template <std::size_t N>
  static bool bit(const VlWide<N>& bits, std::size_t i) {
    return (bits[i / 32] >> i % 32 & 1) != 0;
  }
  static bool bit(uint64_t bits, std::size_t i) { return (bits >> i & 1) != 0; }
  bool valid(std::size_t line) const { return bit(ZEXT_DCACHE(root_, u_arrays__DOT__valid), line); }

  uint64_t address(std::size_t line) const {
    return (tags()[line] * sets() + line / ways()) * line_bytes();
  }

  void publish_victim(Ram& ram) const;
  void publish_lines(Ram& ram) const;
  void publish_stores(Ram& ram) const;

  Root& root_;
};

// The line that makes place for another, from where its words are now.
template <typename Root>
void DataCache<Root>::publish_victim(Ram& ram) const {
  if (!ZEXT_DCACHE(root_, u_refill__DOT__displacing)) return;
  const uint64_t base = ZEXT_DCACHE(root_, u_refill__DOT__victim_line) * line_bytes();
  const std::size_t line =
      ZEXT_DCACHE(root_, u_refill__DOT__set) * ways() + ZEXT_DCACHE(root_, u_refill__DOT__way);
  for (std::size_t i = 0; i < words(); ++i) {
    const bool moved = i < ZEXT_DCACHE(root_, u_refill__DOT__victim_words);
    ram.write(base + i * sizeof(uint64_t), 0xff,
              moved ? ZEXT_DCACHE(root_, u_refill__DOT__victim)[i] : data()[line * words() + i]);
  }
}

// All that are valid: one that is being cleaned does not count as dirty any more.
template <typename Root>
void DataCache<Root>::publish_lines(Ram& ram) const {
  for (std::size_t line = 0; line < lines(); ++line) {
    if (!valid(line)) continue;
    for (std::size_t i = 0; i < words(); ++i) {
      ram.write(address(line) + i * sizeof(uint64_t), 0xff, data()[line * words() + i]);
    }
  }
}

// The oldest first.
template <typename Root>
void DataCache<Root>::publish_stores(Ram& ram) const {
  const auto& addresses = ZEXT_DCACHE(root_, u_store_buffer__DOT__addr);
  const std::size_t entries = size_of(addresses);
  for (std::size_t n = 0; n < entries; ++n) {
    const std::size_t i = (ZEXT_DCACHE(root_, u_store_buffer__DOT__head) + n) % entries;
    if (!bit(ZEXT_DCACHE(root_, u_store_buffer__DOT__pending), i)) continue;
    const uint64_t data = ZEXT_DCACHE(root_, u_store_buffer__DOT__data)[i];
    for (unsigned b = 0; b < sizeof data; ++b) {
      if (!bit(ZEXT_DCACHE(root_, u_store_buffer__DOT__mask)[i], b)) continue;
      ram.write(addresses[i] + b, 1, data >> 8 * b);
    }
  }
}

template <typename Root>
void DataCache<Root>::patch(uint64_t first, std::span<const uint8_t> bytes) {
  for (std::size_t line = 0; line < lines(); ++line) {
    const uint64_t base = address(line), end = base + line_bytes();
    if (!valid(line) || end <= first || base >= first + bytes.size()) continue;
    for (uint64_t a = std::max(base, first); a < std::min(end, first + bytes.size()); ++a) {
      QData& word = data()[line * words() + (a - base) / sizeof(uint64_t)];
      const unsigned shift = 8 * (a % sizeof(uint64_t));
      word = (word & ~(uint64_t{0xff} << shift)) | uint64_t{bytes[a - first]} << shift;
    }
  }
}

#undef ZEXT_DCACHE

}  // namespace zext::rtl_sim
