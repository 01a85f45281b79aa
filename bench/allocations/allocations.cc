#include "bench/allocations/allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<uint64_t> held{0};
std::atomic<uint64_t> peak{0};
std::atomic<uint64_t> base{0};

void* allocate(size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  const uint64_t now = held += malloc_usable_size(memory);
  if (now > peak) peak = now;
  return memory;
}

void release(void* memory) {
  held -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { release(memory); }
void operator delete[](void* memory, size_t /*size*/) noexcept { release(memory); }

namespace zext::bench {

uint64_t peak_bytes() { return peak - base; }
void reset_peak() {
  base = held.load();
  peak = held.load();
}

}  // namespace zext::bench
