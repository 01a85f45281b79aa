#include "examples/embed/cpp/paging.h"

#include "examples/embed/board/board.h"

extern "C" uint8_t __text_end[];

namespace embed {
namespace {

constexpr uint64_t kTable = 1;
constexpr uint64_t kDevices = 0xc7;  // as Rights::kWrite, a page of 1 GiB

uint64_t entry_of(uint64_t frame, uint64_t flags) { return frame >> 12 << 10 | flags; }
uint64_t number(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

}  // namespace

void Paging::flush() { asm volatile("sfence.vma" ::: "memory"); }

uint64_t& Paging::entry(uint64_t address) {
  const bool in_window = address >= kWindow;
  const uint64_t page = (address - (in_window ? kWindow : kRam)) / kPage;
  return (in_window ? window_ : ram_)[page / kEntries][page % kEntries];
}

void Paging::set(uint64_t address, uint64_t frame, Rights rights) {
  entry(address) = rights == Rights::kNone ? 0 : entry_of(frame, static_cast<uint64_t>(rights));
}

void Paging::start() {
  top_[0] = entry_of(0, kDevices);
  top_[kRam >> 30] = entry_of(number(ram_middle_), kTable);
  top_[kWindow >> 30] = entry_of(number(window_middle_), kTable);
  for (uint64_t i = 0; i < kRamTables; ++i) ram_middle_[i] = entry_of(number(ram_[i]), kTable);
  for (uint64_t i = 0; i < kWindowTables; ++i) {
    window_middle_[i] = entry_of(number(window_[i]), kTable);
  }
  const uint64_t text_end = (number(__text_end) + kPage - 1) / kPage * kPage;
  for (uint64_t i = 0; i < kRamTables * kEntries; ++i) {
    const uint64_t at = kRam + i * kPage;
    const bool is_user = at >= number(__user_start) && at < number(__user_end);
    set(at, at, at < text_end ? Rights::kExecute : is_user ? Rights::kUser : Rights::kWrite);
  }
  asm volatile("csrw satp, %0" ::"r"(uint64_t{8} << 60 | number(top_) >> 12) : "memory");
  flush();
}

void Paging::protect(uint64_t address, uint64_t size, Rights rights) {
  for (uint64_t at = address; at < address + size; at += kPage) set(at, at, rights);
  flush();
}

uint64_t Paging::find_window(uint64_t size) const {
  uint64_t free = 0;
  const uint64_t pages = kWindowTables * kEntries;
  for (uint64_t i = 0; i < pages; ++i) {
    free = window_[i / kEntries][i % kEntries] == 0 ? free + 1 : 0;
    if (free * kPage >= size) return kWindow + (i + 1 - free) * kPage;
  }
  return 0;
}

void Paging::unmap_window(uint64_t address, uint64_t size) {
  for (uint64_t at = address; at < address + size; at += kPage) set(at, 0, Rights::kNone);
  flush();
}

uint64_t Paging::frame_at(uint64_t address) const {
  return const_cast<Paging*>(this)->entry(address) >> 10 << 12;
}

}  // namespace embed
