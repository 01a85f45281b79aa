// What compilers call by themselves; any kernel has them. The archive's own are not to be seen.

#include <cstddef>
#include <cstdint>

extern "C" {

void* memset(void* to, int value, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    static_cast<volatile uint8_t*>(to)[i] = static_cast<uint8_t>(value);
  }
  return to;
}

void* memcpy(void* to, const void* from, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    static_cast<volatile uint8_t*>(to)[i] = static_cast<const uint8_t*>(from)[i];
  }
  return to;
}

int memcmp(const void* a, const void* b, size_t n) {
  const auto* x = static_cast<const volatile uint8_t*>(a);
  const auto* y = static_cast<const volatile uint8_t*>(b);
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
}
