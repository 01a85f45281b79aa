#include "rtl_sim/core/testbench/lsu_random.h"

namespace lsu {
namespace {

// Data are in the first pages of RAM, page tables in the last ones.
constexpr uint64_t kDataPages = 32;
constexpr uint64_t kTables = kRamBase + (48 * 4096);
constexpr uint64_t kTablesOfSpace = 8 * 4096;

// Where they are mapped: page by page; as a superpage; at the end of the lower half.
constexpr uint64_t kSmallPages = 0x4000'0000;
constexpr uint64_t kSuperPage = 0x4020'0000;
constexpr uint64_t kLastPage = 0x3f'ffff'f000;
constexpr uint64_t kNoTable = 0x1'0000'0000;

constexpr uint64_t kValid = 0x01;
constexpr uint64_t kAll = 0xcf;  // D A X W R V

uint64_t entry(uint64_t paddr, uint64_t flags) { return ((paddr >> 12) << 10) | flags; }

}  // namespace

void RandomProgram::prepare() {
  for (uint64_t i = 0; i < kRamSize; i += 8) bench_.poke(kRamBase + i, random_(), 8);
  for (uint64_t paddr = kTables; paddr < kRamBase + kRamSize; paddr += 8) bench_.poke(paddr, 0, 8);
  page_tables(0);
  page_tables(1);
}

void RandomProgram::page_tables(uint64_t space) {
  const uint64_t root = kTables + (space * kTablesOfSpace);
  const uint64_t middle = root + 0x1000;
  const uint64_t leaves = root + 0x2000;
  bench_.poke(root + 8, entry(middle, kValid), 8);
  bench_.poke(middle, entry(leaves, kValid), 8);
  bench_.poke(middle + 8, entry(kRamBase, kAll | (random_() & 0x10)), 8);
  for (uint64_t page = 0; page < kDataPages; ++page) {
    // Mostly readable and writable, for both modes in equal parts; A and D often still clear.
    static constexpr uint64_t kKinds[] = {0x0, 0x3, 0x7, 0x7, 0x7, 0x7, 0x7, 0x9, 0xf, 0x7, 0x7};
    const uint64_t flags = kKinds[below(std::size(kKinds))] | (random_() & 0xd0);
    bench_.poke(leaves + (page * 8), entry(kRamBase + (below(kDataPages) << 12), flags), 8);
  }
  bench_.poke(leaves + (7 * 8), entry(kDevice, 0xc7 | (random_() & 0x10)), 8);
  bench_.poke(root + (255 * 8), entry(root + 0x3000, kValid), 8);
  bench_.poke(root + 0x3000 + (511 * 8), entry(root + 0x4000, kValid), 8);
  bench_.poke(root + 0x4000 + (511 * 8), entry(kRamBase + 0x1000, 0xc7 | (random_() & 0x10)), 8);
  bench_.poke(root + (4 * 8), entry(0x2000'0000, kValid), 8);
}

void RandomProgram::protection(Context& context) {
  const auto limit = (kRamBase + (below(kDataPages) << 12) + below(4096)) >> 2;
  context.pmp_cfg.at(1) = chance(30) ? static_cast<uint8_t>(0x10 | (random_() & 0x87)) : 0;
  context.pmp_addr.at(1) = limit;
  context.pmp_cfg.at(2) = chance(30) ? static_cast<uint8_t>(0x18 | (random_() & 0x87)) : 0;
  context.pmp_addr.at(2) = ((kRamBase + (below(kDataPages) << 12)) >> 2) | 0x3f;
  context.pmp_cfg.at(4) = chance(30) ? static_cast<uint8_t>(0x08 | (random_() & 0x87)) : 0;
  context.pmp_addr.at(3) = limit + 8;
  context.pmp_addr.at(4) = limit + 8 + below(64);
  context.pmp_cfg.at(5) = chance(5) ? static_cast<uint8_t>(0x18 | (random_() & 0x3)) : 0;
  context.pmp_addr.at(5) = ((kTables + 0x2000) >> 2) | 0x1ff;
  context.pmp_cfg.at(7) = chance(95) ? 0x1f : 0;
  context.pmp_addr.at(7) = (uint64_t{1} << 54) - 1;
}

void RandomProgram::change_context() {
  static constexpr uint8_t kModes[] = {0, 1, 3, 1};
  Context context = bench_.reference().context;
  const uint64_t space = below(2);
  context.mode = kModes[below(4)];
  context.sv39 = chance(75);
  context.sum = chance(50);
  context.mxr = chance(50);
  context.root = kTables + (space * kTablesOfSpace);
  context.asid = static_cast<uint16_t>(space + 5);
  const bool protect = chance(50);
  if (protect) protection(context);
  // A TLB need not notice what changes PMP without a fence.
  bench_.enter(context, protect || chance(20));

  hot_.clear();
  const uint64_t same_set = below(4096) & ~(kLineBytes - 1);
  for (unsigned i = 0; i < 4; ++i) hot_.push_back((below(kDataPages) << 12) | same_set);
  for (unsigned i = 0; i < 3; ++i) hot_.push_back(below(kDataPages << 12) & ~(kLineBytes - 1));
}

uint64_t RandomProgram::data_address() {
  uint64_t offset = below(kDataPages << 12);
  if (chance(75)) offset = hot_[below(hot_.size())] + below(kLineBytes);
  if (chance(10)) offset |= kLineBytes - 8;
  if (chance(3)) offset |= 0xff8;
  const Context& context = bench_.reference().context;
  if (!context.sv39 || context.mode == 3) return kRamBase + offset;
  return (chance(80) ? kSmallPages : kSuperPage) + offset;
}

// Devices, ends of address spaces, addresses that none has.
uint64_t RandomProgram::odd_address() {
  const Context& context = bench_.reference().context;
  const bool translates = context.sv39 && context.mode != 3;
  switch (below(8)) {
    case 0:
      return kLastPage + 0xff0 + below(16);
    case 1:
      return kNoTable + below(0x1000);
    case 2:
      return uint64_t{1} << (38 + below(26));
    case 3:
      return kRamBase + kRamSize - 8 + (translates ? 0 : 1 + below(16));
    case 4:
      return kRamBase - below(9);
    case 5:
      return random_();
    default:
      return (translates ? kSmallPages + (7 << 12) : kDevice) + below(0x1000);
  }
}

Access RandomProgram::access() {
  static constexpr uint8_t kAtomics[] = {0x00, 0x01, kLr,  kSc,  kLr,  kSc, 0x04,
                                         0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c};
  Access access;
  const uint64_t kind = below(100);
  access.op = kind < 45 ? kLoad : kind < 85 ? kStore : kAtomic;
  access.funct3 = static_cast<uint8_t>(below(4));
  if (access.op == kLoad && access.funct3 != 3 && chance(50)) access.funct3 |= 4;
  if (access.op == kAtomic) {
    access.funct3 = static_cast<uint8_t>(2 + below(2));
    access.amo = kAtomics[below(std::size(kAtomics))];
  }
  access.wdata = random_();
  access.vaddr = chance(6) ? odd_address() : data_address();
  // What meets reservations.
  if (access.is_lr()) reserved_ = access.vaddr;
  if (access.is_sc() && chance(80)) access.vaddr = reserved_ ^ (chance(20) ? 4U : 0U);
  if (access.op == kStore && chance(5)) access.vaddr = reserved_ - 8 + below(16);
  const unsigned aligned = access.op == kAtomic ? 95 : 60;
  if (chance(aligned)) access.vaddr &= ~uint64_t{access.bytes() - 1};
  return access;
}

}  // namespace lsu
