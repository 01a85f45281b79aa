#include "rtl_sim/qemu/plugin_devices.h"

#include <algorithm>
#include <iterator>

#include "rtl_sim/qemu/plugin_api.h"

namespace zext::rtl_sim::qemu {
namespace {

// In QEMU virt's memory map, as in that of the core's system.
struct Range {
  uint64_t base, size;
  constexpr bool contains(uint64_t address) const { return address - base < size; }
};
constexpr Range kClint{0x0200'0000, 0x1'0000}, kPlic{0x0c00'0000, 0x400'0000},
    kUart{0x1000'0000, 0x100};
constexpr uint64_t kMsip = 0x0200'0000, kMtimecmp = 0x0200'4000;  // of hart 0

void write_physical(uint64_t address, uint64_t value, uint64_t bytes) {
  if (cpu_physical_memory_rw != nullptr) cpu_physical_memory_rw(address, &value, bytes, true);
}

// Compare registers hold 0 after reset: QEMU's timer interrupt would be pending from the beginning.
void stop_clint() {
  write_physical(kMtimecmp, UINT64_MAX, 8);
  write_physical(kMsip, 0, 4);
}

// What is below memory and not ours to keep, region by region.
void remove_below(uint64_t memory_base) {
  void* const map = get_system_memory();
  uint64_t from = 0;
  while (from < memory_base) {
    const MemoryRegionSection found = memory_region_find(map, from, memory_base - from);
    if (found.region == nullptr) return;
    memory_region_unref(found.region);
    const uint64_t at = std::max(found.address, from), end = found.address + found.size[0];
    const Range kept[] = {kClint, kPlic, kUart};
    if (std::ranges::none_of(kept, [at](const Range& range) { return range.contains(at); })) {
      memory_region_set_enabled(found.region, false);
    }
    if (end <= from) return;
    from = end;
  }
}

}  // namespace

void remove_devices(uint64_t memory_base) {
  stop_clint();
  const bool possible = get_system_memory != nullptr && memory_region_find != nullptr &&
                        memory_region_set_enabled != nullptr && memory_region_unref != nullptr &&
                        qemu_mutex_lock_iothread_impl != nullptr &&
                        qemu_mutex_unlock_iothread != nullptr;
  if (!possible) return;
  qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
  remove_below(memory_base);
  qemu_mutex_unlock_iothread();
}

void quiet_device(uint64_t paddr) {
  if (kClint.contains(paddr)) stop_clint();
  // With nothing enabled and no priority above 0 it never interrupts.
  if (kPlic.contains(paddr)) write_physical(paddr & ~uint64_t{3}, 0, 4);
}

}  // namespace zext::rtl_sim::qemu
