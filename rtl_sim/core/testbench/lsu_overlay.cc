#include "rtl_sim/core/testbench/lsu_overlay.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "Vlsu.h"
#include "Vlsu___024root.h"
#include "rtl_sim/core/testbench/lsu_bench.h"

namespace lsu {

#if LSU_LINE_BYTES != 0

namespace {

// NOLINTBEGIN(bugprone-macro-parentheses): names of generated members
#define CACHE(name) lsu__DOT__gen_cache__DOT__u_dcache__DOT__##name
#define ARRAYS(name) CACHE(u_arrays__DOT__##name)
#define REFILL(name) CACHE(u_refill__DOT__##name)
#define BUFFER(name) CACHE(u_store_buffer__DOT__##name)
// NOLINTEND(bugprone-macro-parentheses)

constexpr uint64_t kWords = kLineBytes / 8;

// Bit `index` of a packed vector, whichever type Verilator gave it.
template <typename Vector>
bool bit(const Vector& vector, size_t index) {
  if constexpr (requires { vector[0]; }) {
    return ((vector[index / 32] >> (index % 32)) & 1) != 0;
  } else {
    return ((vector >> index) & 1) != 0;
  }
}

void put(std::vector<uint8_t>& ram, uint64_t paddr, uint64_t word) {
  if (Reference::in_ram(paddr)) std::memcpy(&ram.at(paddr - kRamBase), &word, 8);
}

}  // namespace

std::vector<uint8_t> overlay(const Vlsu& dut, std::vector<uint8_t> ram) {
  const Vlsu___024root& root = *dut.rootp;
  const auto& data = root.ARRAYS(data);
  const size_t lines = std::size(root.ARRAYS(tags).m_storage);
  const size_t ways = LSU_WAYS;
  const size_t set_bits = std::bit_width(lines / ways) - 1;
  if (root.REFILL(displacing) != 0) {
    const size_t line = (root.REFILL(set) * ways) + (ways > 1 ? root.REFILL(way) : 0);
    for (size_t i = 0; i < kWords; ++i) {
      const bool here = i < root.REFILL(victim_words);
      put(ram, (root.REFILL(victim_line) * kLineBytes) + (8 * i),
          here ? root.REFILL(victim)[i] : data[(line * kWords) + i]);
    }
  }
  for (size_t line = 0; line < lines; ++line) {
    if (!bit(root.ARRAYS(valid), line)) continue;
    const uint64_t number = (uint64_t{root.ARRAYS(tags)[line]} << set_bits) | (line / ways);
    for (size_t i = 0; i < kWords; ++i) {
      put(ram, (number * kLineBytes) + (8 * i), data[(line * kWords) + i]);
    }
  }
  const size_t entries = std::size(root.BUFFER(addr).m_storage);
  for (size_t n = 0; n < entries; ++n) {
    const size_t i = (root.BUFFER(head) + n) % entries;
    if (!bit(root.BUFFER(pending), i)) continue;
    for (size_t b = 0; b < 8; ++b) {
      if (bit(root.BUFFER(mask)[i], b)) {
        ram.at(root.BUFFER(addr)[i] + b - kRamBase) =
            static_cast<uint8_t>(root.BUFFER(data)[i] >> (8 * b));
      }
    }
  }
  return ram;
}

bool stores_done(const Vlsu& dut) { return dut.rootp->BUFFER(pending) == 0; }

#else

std::vector<uint8_t> overlay(const Vlsu& /*dut*/, std::vector<uint8_t> ram) { return ram; }
bool stores_done(const Vlsu& /*dut*/) { return true; }

#endif

}  // namespace lsu
