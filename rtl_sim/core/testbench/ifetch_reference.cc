#include "rtl_sim/core/testbench/ifetch_reference.h"

namespace zext::rtl_sim {
namespace {

constexpr unsigned kV = 1 << 0;
constexpr unsigned kX = 1 << 3;
constexpr unsigned kU = 1 << 4;
constexpr unsigned kG = 1 << 5;
constexpr unsigned kA = 1 << 6;
constexpr uint64_t kPageBytes = 4096;

bool is_canonical(uint64_t pc) {
  const auto extended = static_cast<int64_t>(pc << 25) >> 25;
  return static_cast<uint64_t>(extended) == pc;
}

bool may_execute(unsigned flags, unsigned mode) {
  return (flags & kX) != 0 && ((flags & kU) != 0) == (mode == kUser);
}

}  // namespace

FetchReference::FetchReference(uint64_t seed, uint64_t ram_bytes)
    : ram_size(ram_bytes), rng_(seed), memory_(ram_bytes) {
  rewrite();
}

void FetchReference::rewrite() {
  // Half of the instructions are compressed.
  for (size_t i = 0; i < memory_.size(); ++i) {
    auto byte = static_cast<uint8_t>(rng_());
    if (i % 2 == 0 && random(3) == 0) byte |= 3;
    memory_[i] = byte;
  }
}

uint64_t FetchReference::read(uint64_t paddr) const {
  uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const uint64_t offset = paddr + i - kRamBase;
    if (offset < memory_.size()) value |= uint64_t{memory_[offset]} << 8 * i;
  }
  return value;
}

unsigned FetchReference::level_of(uint32_t vpn) {
  if (vpn >> 18 == 1) return 2;
  return vpn >> 9 == 1 ? 1 : 0;
}

FetchReference::Key FetchReference::key(uint32_t vpn) const {
  const unsigned shift = 9 * level_of(vpn);
  return {is_global(vpn) ? 0 : asid, vpn >> shift << shift};
}

void FetchReference::map(uint32_t vpn, const Leaf& leaf) { leaves_[key(vpn)] = leaf; }

void FetchReference::remap(uint32_t vpn) {
  Leaf leaf;
  leaf.level = level_of(vpn);
  leaf.ppn = kRamBase / kPageBytes;
  // Sometimes outside of memory; superpages begin with it.
  if (leaf.level == 0) leaf.ppn += random(ram_size / kPageBytes + 2);
  leaf.flags =
      kV | kA | (random(8) == 0 ? 0 : kX) | (random(2) == 0 ? 0 : kU) | (is_global(vpn) ? kG : 0);
  if (random(6) == 0) leaf.cause = random(3) == 0 ? kFetchAccess : kFetchPage;
  map(vpn, leaf);
}

Leaf FetchReference::walk(uint32_t vpn) const {
  const auto found = leaves_.find(key(vpn));
  return found == leaves_.end() ? Leaf{.cause = kFetchPage} : found->second;
}

Leaf FetchReference::permitted_walk(uint32_t vpn) const {
  Leaf leaf = walk(vpn);
  if (leaf.cause == 0 && !may_execute(leaf.flags, mode)) leaf.cause = kFetchPage;
  return leaf;
}

void FetchReference::randomize_pmp() {
  pmp_cfg = {};
  const uint64_t entries = random(kPmpEntries + 1);
  for (unsigned i = 0; i < entries; ++i) {
    // L, A, X; TOR regions may be empty
    pmp_cfg[i] = static_cast<uint8_t>((random(4) == 0 ? 0x80 : 0) | random(4) << 3 |
                                      (random(3) == 0 ? 0 : 4));
    pmp_addr[i] = (kRamBase + random(ram_size + 64)) >> 2;
    if (random(2) == 0) pmp_addr[i] |= (uint64_t{1} << random(12)) - 1;
  }
  // The last one usually opens the rest.
  if (random(8) != 0) {
    pmp_cfg[kPmpEntries - 1] = 0x1f;
    pmp_addr[kPmpEntries - 1] = (uint64_t{1} << 54) - 1;
  }
}

bool FetchReference::pmp_permits(uint64_t paddr) const {
  const uint64_t unit = paddr >> 2;
  for (unsigned i = 0; i < kPmpEntries; ++i) {
    const unsigned kind = pmp_cfg[i] >> 3 & 3;
    bool match = false;
    if (kind == 1) match = (i == 0 || pmp_addr[i - 1] <= unit) && unit < pmp_addr[i];
    if (kind == 2) match = unit == pmp_addr[i];
    if (kind == 3) {
      uint64_t size = 2;
      for (uint64_t rest = pmp_addr[i]; (rest & 1) != 0; rest >>= 1) size *= 2;
      match = unit / size == pmp_addr[i] / size;
    }
    if (match) return (pmp_cfg[i] & 4) != 0 || (mode == kMachine && (pmp_cfg[i] & 0x80) == 0);
  }
  return mode == kMachine;
}

FetchedHalfword FetchReference::at(uint64_t pc) const {
  FetchedHalfword result;
  result.paddr = pc;
  if (translates()) {
    const auto vpn = static_cast<uint32_t>(pc >> 12 & 0x7ff'ffff);
    const Leaf leaf = permitted_walk(vpn);
    result.cause = is_canonical(pc) ? leaf.cause : kFetchPage;
    if (result.cause != 0) return result;
    const uint64_t within = vpn & ((uint64_t{1} << 9 * leaf.level) - 1);
    result.paddr = (leaf.ppn | within) * kPageBytes + pc % kPageBytes;
  }
  const uint64_t offset = result.paddr - kRamBase;
  if (offset >= ram_size || ram_size - offset < 2 || !pmp_permits(result.paddr)) {
    result.cause = kFetchAccess;
    return result;
  }
  result.data = static_cast<uint16_t>(memory_[offset] | memory_[offset + 1] << 8);
  return result;
}

}  // namespace zext::rtl_sim
