// What perf events put out: the helper's side, and the readers' mapping and waiting.
#include <errno.h>
#include <linux/perf_event.h>

#include "kernel_shim/links/link.h"
#include "kernel_shim/maps/array/array.h"

namespace zext::shim {
namespace {

constexpr uint32_t kPollIn = 1;
constexpr uint32_t kPollHangUp = 16;

// Whether the event counts on this CPU, now.
bool is_on_cpu(Kernel& kernel, const PerfEvent& event, uint32_t cpu) {
  if (!event.enabled.load(std::memory_order_relaxed)) return false;
  if (event.cpu != -1 && static_cast<uint32_t>(event.cpu) != cpu) return false;
  return event.pid == -1 || static_cast<uint32_t>(event.pid) == kernel.host().task().pid;
}

void fill_control_page(uint8_t* pages, uint64_t size) {
  auto& page = *reinterpret_cast<perf_event_mmap_page*>(pages);
  page.cap_bit0_is_deprecated = 1;
  page.size = offsetof(perf_event_mmap_page, __reserved);
  page.data_offset = kPageSize;
  page.data_size = size;
}

// One mapping more of a ring that is there: -EINVAL, if another size is wanted; 1: there is none.
int share_ring(Kernel& kernel, PerfRing& ring, uint64_t size) {
  const Guard guard(kernel.host(), ring.lock);
  if (ring.pages == nullptr) return 1;
  if (ring.size != size) return -EINVAL;
  ++ring.mappings;
  return 0;
}

// False if somebody else was quicker.
bool publish_ring(Kernel& kernel, PerfRing& ring, uint8_t* pages, uint64_t size, bool overwrite) {
  const Guard guard(kernel.host(), ring.lock);
  if (ring.pages != nullptr) return false;
  ring.pages = pages;
  ring.size = size;
  ring.mappings = 1;
  ring.overwrite = overwrite;
  ring.paused = ring.woken = false;
  ring.head = ring.lost = ring.events = ring.woken_head = ring.bytes_at_wake = 0;
  return true;
}

int get_ring(Kernel& kernel, PerfEvent& event, uint64_t size, bool write) {
  PerfRing& ring = event.ring;
  for (;;) {
    const int shared = share_ring(kernel, ring, size);
    if (shared <= 0) return shared;
    auto* pages = static_cast<uint8_t*>(kernel.pages_alloc(event, kPageSize + size));
    if (pages == nullptr) return -ENOMEM;
    fill_control_page(pages, size);
    if (publish_ring(kernel, ring, pages, size, !write)) return 0;
    kernel.pages_free(event, pages, kPageSize + size);
  }
}

}  // namespace

int perf_output(Kernel& kernel, Map& array, uint64_t flags, const void* head, uint64_t head_size,
                const void* data, uint64_t size) {
  const uint32_t cpu = kernel.host().cpu_id();
  uint64_t index = flags & BPF_F_INDEX_MASK;
  if (index == BPF_F_CURRENT_CPU) index = cpu;
  if (index >= array.max_entries) return -E2BIG;
  auto* event = static_cast<PerfEvent*>(perf_event_array_at(array, static_cast<uint32_t>(index)));
  if (event == nullptr) return -ENOENT;
  if (event->event_type != PERF_TYPE_SOFTWARE || event->config != PERF_COUNT_SW_BPF_OUTPUT) {
    return -EINVAL;
  }
  if (!is_on_cpu(kernel, *event, cpu)) return -EOPNOTSUPP;
  bool wake = false;
  const int error =
      perf_ring_write(kernel, event->ring,
                      {.head = head, .head_size = head_size, .data = data, .size = size}, &wake);
  if (wake) kernel.host().wake(c_object(*event));
  return error;
}

uint32_t perf_poll(Kernel& kernel, PerfEvent& event) {
  PerfRing& ring = event.ring;
  const Guard guard(kernel.host(), ring.lock);
  if (ring.pages == nullptr) return kPollHangUp;
  // Without a tail nobody can say that he has read: each wake-up is told of once.
  if (ring.overwrite) return std::exchange(ring.woken, false) ? kPollIn : 0;
  if (!ring.woken) return 0;
  const auto& page = *reinterpret_cast<const perf_event_mmap_page*>(ring.pages);
  const uint64_t tail = __atomic_load_n(&page.data_tail, __ATOMIC_ACQUIRE);
  return static_cast<int64_t>(ring.woken_head - tail) > 0 ? kPollIn : 0;
}

int perf_mmap(Kernel& kernel, PerfEvent& event, uint64_t offset, uint64_t length, bool write,
              kshim_mapping* mapping) {
  if (event.cpu == -1 && event.inherit) return -EINVAL;
  const uint64_t pages = (length + kPageSize - 1) / kPageSize;
  // Behind the control page: none, or a power of two. Other offsets are those of AUX areas.
  if (offset != 0 || pages == 0 || ((pages - 1) & (pages - 2)) != 0) {
    if (offset != 0 || pages != 1) return -EINVAL;
  }
  if (!kernel.host().has_pages()) return -ENOMEM;
  const int error = get_ring(kernel, event, (pages - 1) * kPageSize, write);
  if (error != 0) return error;
  mapping->address = event.ring.pages;
  mapping->length = pages * kPageSize;
  mapping->mirror = KSHIM_NO_MIRROR;
  mapping->may_write = write;
  return 0;
}

void perf_munmap(Kernel& kernel, PerfEvent& event) {
  PerfRing& ring = event.ring;
  uint8_t* pages = nullptr;
  uint64_t size = 0;
  {
    const Guard guard(kernel.host(), ring.lock);
    if (ring.mappings == 0) return;
    --ring.mappings;
    if (ring.mappings != 0) return;
    pages = std::exchange(ring.pages, nullptr);
    size = std::exchange(ring.size, 0);
  }
  kernel.pages_free(event, pages, kPageSize + size);
}

}  // namespace zext::shim
