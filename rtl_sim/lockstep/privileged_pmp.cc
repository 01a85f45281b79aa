#include "rtl_sim/lockstep/privileged_pmp.h"

#include "rtl_sim/lockstep/privileged_layout.h"

namespace zext::rtl_sim::lockstep {
namespace {

using rv64::Op;

constexpr uint64_t kRead = 1, kWrite = 2, kExecute = 4, kAll = 7, kTor = 1 << 3, kNa4 = 2 << 3,
                   kNapot = 3 << 3, kLocked = 1 << 7;
constexpr unsigned kEntries = 8, kLast = kEntries - 1;

// pmpaddr of a naturally aligned power of two.
constexpr uint64_t napot(uint64_t base, uint64_t size) { return (base | (size / 2 - 1)) >> 2; }

void write(std::vector<uint8_t>& bytes, uint16_t csr, uint64_t value) {
  RandomCode::load(bytes, rv64::kT5, value);
  RandomCode::append(bytes, RandomCode::make(Op::kCsrrw, rv64::kT6, rv64::kT5, 0, csr));
}

constexpr uint64_t kFirstConfig = kNapot | kRead | kExecute, kLastConfig = kNapot | kAll;

}  // namespace

void PmpSetup::append_first(std::vector<uint8_t>& bytes) const {
  write(bytes, kPmpaddr0, napot(kSupervisorCode, kPage));
  write(bytes, kPmpaddr0 + kLast, (uint64_t{1} << 54) - 1);
  write(bytes, kPmpcfg0, kFirstConfig | kLastConfig << 8 * kLast);
  RandomCode::append(bytes, sfence_bits(0, 0), 4);
}

PmpSetup::Entry PmpSetup::region(uint64_t base, uint64_t size, uint64_t permissions) {
  return {.config = kNapot | permissions, .address = napot(base, size)};
}

// One that is off, or restricts data, bodies or tables.
PmpSetup::Entry PmpSetup::entry() {
  static constexpr uint64_t kPermissions[] = {0,    kRead,           kExecute, kRead | kWrite,
                                              kAll, kRead | kExecute};
  const uint64_t permissions = random_.pick<uint64_t>(kPermissions);
  const bool locked = random_.one_in(60);
  const uint64_t lock = locked ? kLocked : 0;
  switch (random_.below(8)) {
    case 0: {
      // Some pages of data.
      const uint64_t size = kPage << random_.below(3);
      const uint64_t base = kDataPage + random_.below(kDataPages * kPage / size) * size;
      cuts_data_ = true;
      locked_data_ |= locked;
      Entry entry = region(base, size, permissions | lock);
      return entry;
    }
    case 1: {
      // Some words of data, or one.
      const uint64_t size = uint64_t{4} << random_.below(8);
      const uint64_t base = kDataPage + random_.below(kDataPages * kPage / size) * size;
      cuts_data_ = true;
      locked_data_ |= locked;
      if (size == 4) return {.config = kNa4 | permissions | lock, .address = base >> 2};
      return region(base, size, permissions | lock);
    }
    case 2: {
      // From the entry before up to somewhere in the data.
      cuts_data_ = true;
      // Its lower bound may be anything, 0 too; only M mode's code must not be reached if locked.
      return {.config = kTor | permissions,
              .address = (kDataPage + random_.below(kDataPages * kPage)) >> 2};
    }
    case 3: {
      // A page of bodies.
      const uint64_t base = kBodies + random_.below(kBodyPages) * kPage;
      return region(base, kPage, permissions);
    }
    case 4:
      if (!random_.one_in(4)) return {};
      // All page tables: see the list of differences.
      denies_tables_ = true;
      return region(kTables, kTablePages * kPage, 0);
    default:
      return {};
  }
}

void PmpSetup::append(std::vector<uint8_t>& bytes) {
  if (random_.one_in(2)) return;
  denies_tables_ = locked_tables_;
  cuts_data_ = locked_data_;
  uint64_t config = kFirstConfig | kLastConfig << 8 * kLast;
  for (unsigned i = 1; i < kLast; ++i) {
    const Entry entry = random_.one_in(2) ? this->entry() : Entry{};
    config |= entry.config << 8 * i;
    write(bytes, static_cast<uint16_t>(kPmpaddr0 + i), entry.address);
  }
  write(bytes, kPmpcfg0, config);
  RandomCode::append(bytes, sfence_bits(0, 0), 4);
}

}  // namespace zext::rtl_sim::lockstep
