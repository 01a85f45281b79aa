#include "rtl_sim/lockstep/privileged_tables.h"

#include <cstdlib>

#include "rtl_sim/lockstep/privileged_layout.h"

namespace zext::rtl_sim::lockstep {
namespace {

constexpr uint64_t kValid = 1, kRead = 2, kWrite = 4, kExecute = 8, kUserPage = 16, kGlobal = 32,
                   kAccessed = 64, kDirty = 128;
constexpr unsigned kPpnShift = 10;
constexpr unsigned kEmptyTable = 0;

// Gigabytes with leaves of any kind: low, and in the upper half.
constexpr uint64_t kWildGigabytes[] = {0x0000'0000'4000'0000, 0xffff'ffc0'0000'0000,
                                       0xffff'ffff'c000'0000};

constexpr unsigned index_of(uint64_t page, unsigned level) {
  return page >> (12 + 9 * level) & 511;
}

}  // namespace

PageTables::PageTables(RandomCode& random) : random_(random) {
  new_table();  // kEmptyTable
  // Global leaves must be the same in every address space.
  const bool shared = random_.one_in(2);
  unsigned supervisor = 0, user = 0;
  for (unsigned i = 0; i < kRoots; ++i) {
    if (i == 0 || !shared) {
      global_ = shared;
      supervisor = megabytes(/*user=*/false);
      user = megabytes(/*user=*/true);
      global_ = false;
    }
    const unsigned table = new_table();
    root(table, supervisor, user, /*gigapages=*/!shared && random_.one_in(3));
    roots_.push_back(table);
    asids_.push_back(random_.one_in(4) ? (random_.below(1 << 16) & ~uint64_t{3}) | i : i);
  }
}

uint64_t PageTables::satp(unsigned root) const {
  return uint64_t{8} << 60 | asids_[root] << 44 | table_address(roots_[root]) >> 12;
}

unsigned PageTables::new_table() {
  const auto table = static_cast<unsigned>(words_.size() / 512);
  if (table >= kTablePages) std::abort();  // more than the shapes below can need
  words_.resize(words_.size() + 512);
  return table;
}

uint64_t PageTables::table_address(unsigned table) const { return kTables + table * kPage; }

// Bits 8 and 9 are software's.
uint64_t PageTables::pointer_to(unsigned table) {
  return table_address(table) >> 12 << kPpnShift | random_.below(4) << 8 | kValid;
}

uint64_t PageTables::leaf_bits(bool user, bool code) {
  static constexpr uint64_t kGood[] = {kRead,
                                       kRead | kWrite,
                                       kRead | kWrite,
                                       kRead | kWrite,
                                       kRead | kWrite | kExecute,
                                       kRead | kExecute,
                                       kExecute};
  static constexpr uint64_t kCode[] = {kRead | kExecute, kRead | kExecute, kExecute,
                                       kRead | kWrite | kExecute};
  static constexpr uint64_t kBad[] = {0, kWrite, kWrite | kExecute};
  uint64_t bits = kValid;
  if (random_.one_in(24)) {
    bits |= random_.pick<uint64_t>(kBad);
  } else {
    bits |= code ? random_.pick<uint64_t>(kCode) : random_.pick<uint64_t>(kGood);
  }
  if (user != random_.one_in(12)) bits |= kUserPage;
  // A pointer's A, D and U bits are reserved: QEMU faults, and others need not.
  if ((bits & (kRead | kWrite | kExecute)) == 0) return bits & ~kUserPage;
  if (!random_.one_in(5)) bits |= kAccessed;
  if (!random_.one_in(3)) bits |= kDirty;
  if (global_ && random_.one_in(2)) bits |= kGlobal;
  bits |= random_.below(4) << 8;
  if (random_.one_in(40)) bits &= ~kValid;
  if (random_.one_in(60)) bits |= uint64_t{1} << (54 + random_.below(10));
  return bits;
}

// An entry without permissions points to a table, which at the lowest level is one too deep. It
// must not be data, which changes: the empty table serves.
uint64_t PageTables::entry(uint64_t physical, bool user, bool code) {
  const uint64_t bits = leaf_bits(user, code);
  if ((bits & (kRead | kWrite | kExecute)) == 0) physical = table_address(kEmptyTable);
  return physical >> 12 << kPpnShift | bits;
}

uint64_t PageTables::any_page() {
  if (random_.one_in(20)) return 0x4000'0000 + random_.below(512) * kPage;  // nothing is there
  return kDataPage + (1 + random_.below(kDataPages - 2)) * kPage;
}

void PageTables::add_leaf(unsigned table, unsigned index, const Leaf& leaf) {
  Leaf placed = leaf;
  placed.address = table_address(table) + 8 * index;
  leaves_.push_back(placed);
  word(table, index) = entry_for(placed);
}

uint64_t PageTables::entry_for(const Leaf& leaf) {
  const bool wild = leaf.page < kGigapage * 2 || leaf.page >= kGigapage * 4;
  uint64_t physical = wild ? any_page() : leaf.user ? leaf.page - kUserOffset : leaf.page;
  if (leaf.level == 1) {
    physical = kDataPage;  // the megapage with all data
    if (random_.one_in(10)) physical += (1 + random_.below(8)) * kPage;  // misaligned
  }
  return entry(physical, leaf.user, leaf.code);
}

// The second level for supervisor or user pages: code and data.
unsigned PageTables::megabytes(bool user) {
  const uint64_t offset = user ? kUserOffset : 0;
  const unsigned table = new_table();
  const uint64_t code = kMachineCode + offset, data = kDataPage + offset;
  if (random_.one_in(3)) {
    // A megapage with S mode's handler in it: must be good for it.
    word(table, 0) = kMachineCode >> 12 << kPpnShift | kValid | kRead | kExecute |
                     (random_.one_in(2) ? kAccessed : 0) | (user ? kUserPage : 0);
  } else {
    word(table, 0) = pointer_to(pages(kMachineCode, code, user, /*code=*/true));
  }
  if (random_.one_in(3)) {
    add_leaf(table, 1, {.level = 1, .page = data, .user = user});
  } else {
    word(table, 1) = pointer_to(pages(kDataPage, data, user, /*code=*/false));
  }
  return table;
}

// The pages of code or data.
unsigned PageTables::pages(uint64_t physical, uint64_t page, bool user, bool code) {
  const unsigned table = new_table();
  const uint64_t first = code ? index_of(kSupervisorCode, 0) : 0;
  const uint64_t count = code ? 1 + kBodyPages : kDataPages;
  for (uint64_t i = first; i < first + count; ++i) {
    const uint64_t at = page + i * kPage;
    if (code && i == first) {
      // S mode's handler.
      word(table, i) = (physical + i * kPage) >> 12 << kPpnShift | kValid | kExecute | kAccessed |
                       (user ? kUserPage : 0);
      continue;
    }
    add_leaf(table, i, {.level = 0, .page = at, .user = user, .code = code});
  }
  return table;
}

unsigned PageTables::wild_megabytes(uint64_t page) {
  const unsigned table = new_table();
  for (unsigned i = 0; i < 6; ++i) {
    const unsigned index = i < 4 ? i : 508 + i - 2;  // some at the end: 510, 511
    const uint64_t at = page + index * kMegapage;
    if (random_.one_in(2)) {
      add_leaf(table, index, {.level = 1, .page = at, .user = random_.one_in(2)});
      wild_.push_back(at + (1 + random_.below(kDataPages - 2)) * kPage);
    } else if (random_.one_in(2)) {
      word(table, index) = pointer_to(wild_pages(at));
    }
  }
  return table;
}

unsigned PageTables::wild_pages(uint64_t page) {
  const unsigned table = new_table();
  for (unsigned i = 0; i < 24; ++i) {
    const unsigned index = i < 20 ? i : 488 + i;  // 508 to 511
    const uint64_t at = page + index * kPage;
    if (random_.one_in(6)) continue;
    add_leaf(table, index, {.level = 0, .page = at, .user = random_.one_in(2)});
    wild_.push_back(at);
  }
  return table;
}

void PageTables::root(unsigned table, unsigned supervisor, unsigned user, bool gigapages) {
  const uint64_t all = kMachineCode >> 12 << kPpnShift | kValid | kRead | kExecute | kAccessed;
  const uint64_t data = random_.one_in(2) ? kWrite | kDirty : 0;
  word(table, 2) = gigapages ? all | data : pointer_to(supervisor);
  word(table, 3) = gigapages && random_.one_in(2) ? all | data | kUserPage : pointer_to(user);
  for (const uint64_t gigabyte : kWildGigabytes) {
    if (!random_.one_in(3)) {
      word(table, index_of(gigabyte, 2)) = pointer_to(wild_megabytes(gigabyte));
    }
  }
  // Reserved bits, misaligned gigapages, reserved permissions.
  word(table, 4) = all | uint64_t{1} << (54 + random_.below(10));
  word(table, 5) = all | random_.below(1 << 18) << kPpnShift | kDirty | kWrite;
  word(table, 6) = kMachineCode >> 12 << kPpnShift | kValid | kWrite;
}

uint64_t PageTables::data_address(bool user) {
  const uint64_t inside = (1 + random_.below(kDataPages - 2)) * kPage;
  uint64_t page = kDataPage + inside;
  switch (random_.below(8)) {
    case 0:
    case 1:
    case 2:
      if (!wild_.empty()) page = wild_[random_.below(wild_.size())];
      break;
    case 3:
      page = kUserOffset * (3 + random_.below(5)) + 0x20'0000 + inside;
      break;
    default:
      if (user != random_.one_in(10)) page += kUserOffset;
  }
  switch (random_.below(8)) {
    case 0:
      return page + kPage - 1 - random_.below(8);  // crosses
    case 1:
      return page + random_.below(kPage);
    default:
      return page + 8 * random_.below(kPage / 8);
  }
}

}  // namespace zext::rtl_sim::lockstep
