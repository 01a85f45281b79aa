#include "kernel_shim/freestanding/attempt_memory.h"

#include <errno.h>

#include <atomic>
#include <bit>
#include <new>

#include "kernel_shim/runtime/attempt.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {
namespace {

// Sizes are rounded up to a power of two from 32 bytes on, the header included; each has a list of
// blocks that were released. Above the largest, a block is memory of the host's by itself.
constexpr unsigned kFirstClass = 5;
constexpr unsigned kClasses = 11;
constexpr uint64_t kLargest = uint64_t{1} << (kFirstClass + kClasses - 1);
constexpr uint64_t kChunk = uint64_t{1} << 18;

struct alignas(16) Chunk {
  Chunk* next = nullptr;
  Chunk* previous = nullptr;
  uint64_t size = 0;
};

struct alignas(16) Header {
  uint64_t size_class = 0;  // kClasses: a chunk by itself
  Header* next = nullptr;   // while it is in a list
};

struct Attempt {
  const Host* host = nullptr;
  Chunk* chunks = nullptr;
  uint8_t* free = nullptr;  // of the newest shared chunk
  uint8_t* end = nullptr;
  Header* released[kClasses] = {};
  void* escape[5] = {};  // of __builtin_setjmp
};

// All attempts that are under way, of all instances. Only who is within an attempt looks for it,
// and its own entry does not change meanwhile: others may come and go, none of them between the
// stack pointer and its own entry's address. So it takes no lock.
struct Entry {
  std::atomic<uintptr_t> stack{0};  // 0: free
  Attempt* attempt = nullptr;
};
constexpr unsigned kMostAttempts = 64;
constinit Entry attempts[kMostAttempts];
constinit std::atomic<unsigned> attempts_used{0};  // entries from here on were never used

Attempt& find_attempt() {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const unsigned used = attempts_used.load(std::memory_order_acquire);
  uintptr_t nearest = UINTPTR_MAX;
  const Entry* found = nullptr;
  for (unsigned i = 0; i < used; ++i) {
    const uintptr_t stack = attempts[i].stack.load(std::memory_order_relaxed);
    if (stack < here || stack >= nearest) continue;
    nearest = stack;
    found = &attempts[i];
  }
  if (found == nullptr) __builtin_trap();  // operator new outside an attempt: a bug of this library
  return *found->attempt;
}

// Null: too many are under way.
Entry* enter(Attempt& attempt, uintptr_t stack) {
  for (unsigned i = 0; i < kMostAttempts; ++i) {
    uintptr_t free = 0;
    if (!attempts[i].stack.compare_exchange_strong(free, stack, std::memory_order_acquire)) {
      continue;
    }
    attempts[i].attempt = &attempt;
    unsigned used = attempts_used.load(std::memory_order_relaxed);
    while (used <= i && !attempts_used.compare_exchange_weak(used, i + 1)) {
    }
    return &attempts[i];
  }
  return nullptr;
}

[[noreturn]] void leave(Attempt& attempt) { __builtin_longjmp(attempt.escape, 1); }

Chunk* add_chunk(Attempt& attempt, uint64_t size) {
  void* memory = attempt.host->alloc(size);
  if (memory == nullptr) leave(attempt);
  auto* chunk = new (memory) Chunk{.next = attempt.chunks, .size = size};
  if (attempt.chunks != nullptr) attempt.chunks->previous = chunk;
  attempt.chunks = chunk;
  return chunk;
}

void remove_chunk(Attempt& attempt, Chunk* chunk) {
  if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
  (chunk->previous != nullptr ? chunk->previous->next : attempt.chunks) = chunk->next;
  attempt.host->free(chunk, chunk->size);
}

void* allocate_large(Attempt& attempt, uint64_t size) {
  Chunk* chunk = add_chunk(attempt, sizeof(Chunk) + sizeof(Header) + size);
  return new (chunk + 1) Header{.size_class = kClasses} + 1;
}

void* allocate_small(Attempt& attempt, unsigned size_class) {
  if (Header* header = attempt.released[size_class]) {
    attempt.released[size_class] = header->next;
    return header + 1;
  }
  const uint64_t bytes = uint64_t{1} << (kFirstClass + size_class);
  if (bytes > static_cast<uint64_t>(attempt.end - attempt.free)) {
    Chunk* chunk = add_chunk(attempt, kChunk);
    attempt.free = reinterpret_cast<uint8_t*>(chunk + 1);
    attempt.end = reinterpret_cast<uint8_t*>(chunk) + kChunk;
  }
  void* memory = attempt.free;
  attempt.free += bytes;
  return new (memory) Header{.size_class = size_class} + 1;
}

// The frame that a longjmp comes back to: nothing of it may be inlined into a function with
// destructors.
[[gnu::noinline]] int run_body(Attempt& attempt, int (*body)(void* context), void* context) {
  if (__builtin_setjmp(attempt.escape) != 0) return -ENOMEM;
  return body(context);
}

}  // namespace

int attempt_raw(Kernel& kernel, int (*body)(void* context), void* context) {
  Attempt attempt{.host = &kernel.host()};
  Entry* entry = enter(attempt, reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
  if (entry == nullptr) return -ENOMEM;
  const int result = run_body(attempt, body, context);
  entry->stack.store(0, std::memory_order_release);
  while (attempt.chunks != nullptr) remove_chunk(attempt, attempt.chunks);
  return result;
}

void* attempt_allocate(size_t size) {
  Attempt& attempt = find_attempt();
  if (size > (uint64_t{1} << 47)) leave(attempt);
  const uint64_t bytes = size + sizeof(Header);
  if (bytes > kLargest) return allocate_large(attempt, size);
  const auto bits = static_cast<unsigned>(std::bit_width(bytes - 1));
  return allocate_small(attempt, bits < kFirstClass ? 0 : bits - kFirstClass);
}

void attempt_release(void* memory) {
  if (memory == nullptr) return;
  Attempt& attempt = find_attempt();
  Header* header = static_cast<Header*>(memory) - 1;
  if (header->size_class == kClasses) {
    remove_chunk(attempt, reinterpret_cast<Chunk*>(header) - 1);
    return;
  }
  header->next = attempt.released[header->size_class];
  attempt.released[header->size_class] = header;
}

void attempt_out_of_memory() { leave(find_attempt()); }

}  // namespace zext::shim
