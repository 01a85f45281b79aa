#include "kernel_shim/maps/ringbuf/ringbuf.h"

#include <errno.h>

#include <bit>

namespace zext::shim {
namespace {

// The first page is the library's own: it says whose the pages are.
constexpr uint64_t kConsumerPage = 1 * kPageSize;
constexpr uint64_t kProducerPage = 2 * kPageSize;
constexpr uint64_t kData = 3 * kPageSize;
constexpr uint64_t kMaxRecord = ~uint32_t{0} / 4;
constexpr uint32_t kPollIn = 1;

struct FirstPage {
  Map* owner;
};

struct Header {
  uint32_t length;
  uint32_t page;
};
static_assert(sizeof(Header) == BPF_RINGBUF_HDR_SZ);

struct RingMap : Map {
  uint8_t* pages = nullptr;
  Lock lock{};
  uint64_t produced = 0;  // position behind the last reserved record
  uint64_t pending = 0;   // of the oldest record that was not committed when last looked

  uint64_t size() const { return max_entries; }
  uint64_t mask() const { return size() - 1; }
  Header* header_at(uint64_t position) const {
    return reinterpret_cast<Header*>(pages + kData + (position & mask()));
  }
  std::atomic_ref<uint64_t> consumer() const {
    return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(pages + kConsumerPage));
  }
  std::atomic_ref<uint64_t> producer() const {
    return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(pages + kProducerPage));
  }
};

RingMap& ring_of(Map& map) { return static_cast<RingMap&>(map); }

std::atomic_ref<uint32_t> length_of(Header& header) {
  return std::atomic_ref<uint32_t>(header.length);
}

uint64_t room_for(uint64_t size) { return (size + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7}; }

int check(Kernel& kernel, const MapAttributes& attributes) {
  if (!kernel.host().has_pages()) return -EINVAL;
  if ((attributes.flags & ~uint32_t{BPF_F_NUMA_NODE}) != 0) return -EINVAL;
  const uint32_t size = attributes.max_entries;
  const bool fits = attributes.key_size == 0 && attributes.value_size == 0 &&
                    std::has_single_bit(size) && size % kPageSize == 0;
  return fits ? 0 : -EINVAL;
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** map) {
  auto* ring = kernel.make<RingMap>(KSHIM_MAP);
  if (ring == nullptr) return -ENOMEM;
  ring->max_entries = attributes.max_entries;
  ring->pages = static_cast<uint8_t*>(kernel.pages_alloc(*ring, kData + ring->size(), kData));
  if (ring->pages == nullptr) {
    kernel.destroy(*ring);
    return -ENOMEM;
  }
  reinterpret_cast<FirstPage*>(ring->pages)->owner = ring;
  *map = ring;
  return 0;
}

void destroy(Kernel& kernel, Map& map) {
  RingMap& ring = ring_of(map);
  kernel.pages_free(ring, ring.pages, kData + ring.size(), kData);
  kernel.destroy(ring);
}

RingMap& ring_of(Header* header) {
  const uint64_t page = reinterpret_cast<uint64_t>(header) & ~(kPageSize - 1);
  return ring_of(*reinterpret_cast<FirstPage*>(page - header->page * kPageSize)->owner);
}

// Passes over the records that have been committed since.
void advance_pending(RingMap& ring) {
  while (ring.pending < ring.produced) {
    const uint32_t length =
        length_of(*ring.header_at(ring.pending)).load(std::memory_order_acquire);
    if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return;
    ring.pending += room_for(length & ~uint32_t{BPF_RINGBUF_DISCARD_BIT});
  }
}

uint64_t available(const RingMap& ring) {
  const uint64_t consumed = ring.consumer().load(std::memory_order_acquire);
  return ring.producer().load(std::memory_order_acquire) - consumed;
}

uint32_t poll(Kernel& /*kernel*/, Map& map) { return available(ring_of(map)) != 0 ? kPollIn : 0; }

// Only the consumer's page may be written, and no mapping may become writable later.
int mmap(Kernel& /*kernel*/, Map& map, uint64_t offset, uint64_t length, bool write,
         kshim_mapping* mapping) {
  const RingMap& ring = ring_of(map);
  if (write && (offset != 0 || length != kPageSize)) return -EPERM;
  const uint64_t once = kData - kConsumerPage + ring.size();
  const uint64_t twice = once + ring.size();
  if (offset > twice || length > twice - offset) return -EINVAL;
  if (offset >= once) offset -= ring.size();
  *mapping = {.address = ring.pages + kConsumerPage + offset,
              .length = length,
              .mirror = KSHIM_NO_MIRROR,
              .mirror_source = 0,
              .may_write = write};
  if (offset + length > once) {
    mapping->mirror = once - offset;
    mapping->mirror_source = kData - kConsumerPage - offset;
  }
  return 0;
}

}  // namespace

void* ringbuf_reserve(Kernel& kernel, Map& map, uint64_t size, uint64_t flags) {
  if (flags != 0 || size > kMaxRecord) return nullptr;
  RingMap& ring = ring_of(map);
  const uint64_t room = room_for(size);
  if (room > ring.size()) return nullptr;
  const uint64_t consumed = ring.consumer().load(std::memory_order_acquire);
  const Guard guard(kernel.host(), ring.lock);
  advance_pending(ring);
  const uint64_t end = ring.produced + room;
  if (end - consumed > ring.mask() || end - ring.pending > ring.mask()) return nullptr;
  Header* header = ring.header_at(ring.produced);
  header->page =
      static_cast<uint32_t>((reinterpret_cast<uint8_t*>(header) - ring.pages) / kPageSize);
  length_of(*header).store(static_cast<uint32_t>(size) | BPF_RINGBUF_BUSY_BIT,
                           std::memory_order_relaxed);
  ring.produced = end;
  ring.producer().store(end, std::memory_order_release);
  return header + 1;
}

void ringbuf_commit(Kernel& kernel, void* record, uint64_t flags, bool discard) {
  Header* header = static_cast<Header*>(record) - 1;
  RingMap& ring = ring_of(header);
  const std::atomic_ref<uint32_t> length = length_of(*header);
  uint32_t committed = length.load(std::memory_order_relaxed) & ~uint32_t{BPF_RINGBUF_BUSY_BIT};
  if (discard) committed |= BPF_RINGBUF_DISCARD_BIT;
  // Either the consumer sees this record when it looks once more, or its position is seen here.
  length.exchange(committed, std::memory_order_seq_cst);
  const uint64_t consumed = ring.consumer().load(std::memory_order_seq_cst) & ring.mask();
  const bool waits = ring.header_at(consumed) == header;
  if ((flags & BPF_RB_FORCE_WAKEUP) != 0 || (waits && (flags & BPF_RB_NO_WAKEUP) == 0)) {
    kernel.host().wake(c_object(ring));
  }
}

int ringbuf_output(Kernel& kernel, Map& map, const void* data, uint64_t size, uint64_t flags) {
  if ((flags & ~uint64_t{BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP}) != 0) return -EINVAL;
  void* record = ringbuf_reserve(kernel, map, size, 0);
  if (record == nullptr) return -EAGAIN;
  __builtin_memcpy(record, data, size);
  ringbuf_commit(kernel, record, flags, false);
  return 0;
}

uint64_t ringbuf_query(Kernel& /*kernel*/, Map& map, uint64_t flags) {
  const RingMap& ring = ring_of(map);
  switch (flags) {
    case BPF_RB_AVAIL_DATA:
      return available(ring);
    case BPF_RB_RING_SIZE:
      return ring.size();
    case BPF_RB_CONS_POS:
      return ring.consumer().load(std::memory_order_acquire);
    case BPF_RB_PROD_POS:
      return ring.producer().load(std::memory_order_acquire);
    default:
      return 0;
  }
}

const MapOps kRingbufOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .mmap = mmap,
    .poll = poll,
    .can_be_inner = true,
};

}  // namespace zext::shim
