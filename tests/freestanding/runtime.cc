// What the embedded parts ask of their host, on bare metal: memory and the functions of <string.h>
// that they call. Running out of memory ends the run (code 90).

#include <cstddef>
#include <cstdint>
#include <new>

extern volatile uint64_t tohost;

namespace {

constexpr size_t kHeapSize = 24 << 20;
// Start-up does not clear it.
[[gnu::section(".noinit")]] alignas(16) uint8_t heap[kHeapSize];
size_t heap_used = 0;

[[noreturn]] void end_run(uint64_t code) {
  tohost = code << 1 | 1;
  for (;;) {
  }
}

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    static_cast<volatile uint8_t*>(to)[i] = static_cast<const uint8_t*>(from)[i];
  }
  return to;
}

void* memmove(void* to, const void* from, size_t n) {
  auto* target = static_cast<volatile uint8_t*>(to);
  const auto* source = static_cast<const uint8_t*>(from);
  if (target < source) return memcpy(to, from, n);
  for (size_t i = n; i > 0; --i) target[i - 1] = source[i - 1];
  return to;
}

void* memset(void* to, int value, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    static_cast<volatile uint8_t*>(to)[i] = static_cast<uint8_t>(value);
  }
  return to;
}

int memcmp(const void* a, const void* b, size_t n) {
  const auto* x = static_cast<const uint8_t*>(a);
  const auto* y = static_cast<const uint8_t*>(b);
  for (size_t i = 0; i < n; ++i) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

size_t strlen(const char* text) {
  size_t n = 0;
  while (static_cast<const volatile char*>(text)[n] != 0) ++n;
  return n;
}

int strcmp(const char* a, const char* b) {
  size_t i = 0;
  while (a[i] != 0 && static_cast<const volatile char*>(a)[i] == b[i]) ++i;
  return static_cast<unsigned char>(a[i]) - static_cast<unsigned char>(b[i]);
}

void abort() { end_run(91); }
}

void* operator new(size_t size) {
  const size_t rounded = (size + 15) & ~size_t{15};
  if (rounded > kHeapSize - heap_used) end_run(90);
  void* result = heap + heap_used;
  heap_used += rounded;
  return result;
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void*) noexcept {}
void operator delete(void*, size_t) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete[](void*, size_t) noexcept {}

namespace std {
void __throw_length_error(const char*) { abort(); }
void __throw_bad_alloc() { abort(); }
void __throw_bad_array_new_length() { abort(); }
void __throw_logic_error(const char*) { abort(); }
void __throw_out_of_range_fmt(const char*, ...) { abort(); }
}  // namespace std
