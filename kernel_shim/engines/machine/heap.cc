#include "kernel_shim/engines/machine/heap.h"

#include <new>

namespace zext::shim {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kSizes[] = {64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048};

uint64_t pages_of(uint64_t size) { return (size + kPage - 1) / kPage * kPage; }

}  // namespace

unsigned Heap::class_of(uint64_t size) {
  unsigned size_class = 0;
  while (kSizes[size_class] < size) ++size_class;
  return size_class;
}

void Heap::start(uint8_t* first, uint8_t* end) {
  *this = Heap();
  high_water_ = first;
  ranges_ = new (first) Range{.bytes = static_cast<uint64_t>(end - first)};
}

void* Heap::alloc(uint64_t size) {
  if (size > (uint64_t{1} << 40)) return nullptr;
  if (size > kSizes[kClasses - 1]) return alloc_pages(pages_of(size));
  const unsigned size_class = class_of(size);
  if (blocks_[size_class] == nullptr && !refill(size_class)) return nullptr;
  Block* block = blocks_[size_class];
  blocks_[size_class] = block->next;
  return block;
}

void Heap::free(void* memory, uint64_t size) {
  if (memory == nullptr) return;
  if (size > kSizes[kClasses - 1]) {
    return free_pages(static_cast<uint8_t*>(memory), pages_of(size));
  }
  const unsigned size_class = class_of(size);
  blocks_[size_class] = new (memory) Block{.next = blocks_[size_class]};
}

// A page of blocks, the lowest first. Pages of blocks stay what they are.
bool Heap::refill(unsigned size_class) {
  static_assert(sizeof kSizes / sizeof kSizes[0] == kClasses);
  uint8_t* page = alloc_pages(kPage);
  if (page == nullptr) return false;
  const uint64_t size = kSizes[size_class];
  for (uint64_t i = kPage / size; i-- > 0;) {
    blocks_[size_class] = new (page + i * size) Block{.next = blocks_[size_class]};
  }
  return true;
}

// The lowest that fits.
uint8_t* Heap::alloc_pages(uint64_t bytes) {
  Range** at = &ranges_;
  while (*at != nullptr && (*at)->bytes < bytes) at = &(*at)->next;
  Range* range = *at;
  if (range == nullptr) return nullptr;
  auto* pages = reinterpret_cast<uint8_t*>(range);
  const Range rest{.bytes = range->bytes - bytes, .next = range->next};
  *at = rest.bytes == 0 ? rest.next : new (pages + bytes) Range(rest);
  if (pages + bytes > high_water_) high_water_ = pages + bytes;
  return pages;
}

void Heap::free_pages(uint8_t* pages, uint64_t bytes) {
  Range* before = nullptr;
  Range** at = &ranges_;
  while (*at != nullptr && reinterpret_cast<uint8_t*>(*at) < pages) {
    before = *at;
    at = &before->next;
  }
  auto* range = new (pages) Range{.bytes = bytes, .next = *at};
  *at = range;
  if (reinterpret_cast<uint8_t*>(range->next) == pages + bytes) {
    range->bytes += range->next->bytes;
    range->next = range->next->next;
  }
  if (before != nullptr && reinterpret_cast<uint8_t*>(before) + before->bytes == pages) {
    before->bytes += range->bytes;
    before->next = range->next;
  }
}

}  // namespace zext::shim
