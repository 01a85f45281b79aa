// memcpy and its kin, which compilers call by themselves: by words where both sides allow it.
// Compiled so that no loop here becomes a call of the function that it is in.

#include <cstddef>
#include <cstdint>

namespace {

struct [[gnu::may_alias]] Word {
  uint64_t value;
};

bool aligned(const void* a, const void* b) {
  return ((reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b)) & 7) == 0;
}

}  // namespace

extern "C" {

[[gnu::optimize("no-tree-loop-distribute-patterns")]] void* memcpy(void* to, const void* from,
                                                                   size_t n) {
  auto* target = static_cast<uint8_t*>(to);
  const auto* source = static_cast<const uint8_t*>(from);
  if (aligned(to, from)) {
    for (; n >= 8; n -= 8, target += 8, source += 8) {
      reinterpret_cast<Word*>(target)->value = reinterpret_cast<const Word*>(source)->value;
    }
  }
  for (; n != 0; --n) *target++ = *source++;
  return to;
}

[[gnu::optimize("no-tree-loop-distribute-patterns")]] void* memmove(void* to, const void* from,
                                                                    size_t n) {
  auto* target = static_cast<uint8_t*>(to);
  const auto* source = static_cast<const uint8_t*>(from);
  if (target <= source || target >= source + n) return memcpy(to, from, n);
  if (aligned(target + n, source + n)) {
    for (; n >= 8; n -= 8) {
      reinterpret_cast<Word*>(target + n - 8)->value =
          reinterpret_cast<const Word*>(source + n - 8)->value;
    }
  }
  for (; n != 0; --n) target[n - 1] = source[n - 1];
  return to;
}

[[gnu::optimize("no-tree-loop-distribute-patterns")]] void* memset(void* to, int value, size_t n) {
  auto* target = static_cast<uint8_t*>(to);
  const auto byte = static_cast<uint8_t>(value);
  for (; n != 0 && (reinterpret_cast<uintptr_t>(target) & 7) != 0; --n) *target++ = byte;
  const uint64_t word = byte * uint64_t{0x0101'0101'0101'0101};
  for (; n >= 8; n -= 8, target += 8) reinterpret_cast<Word*>(target)->value = word;
  for (; n != 0; --n) *target++ = byte;
  return to;
}

[[gnu::optimize("no-tree-loop-distribute-patterns")]] int memcmp(const void* a, const void* b,
                                                                 size_t n) {
  const auto* x = static_cast<const uint8_t*>(a);
  const auto* y = static_cast<const uint8_t*>(b);
  if (aligned(a, b)) {
    for (; n >= 8; n -= 8, x += 8, y += 8) {
      if (reinterpret_cast<const Word*>(x)->value != reinterpret_cast<const Word*>(y)->value) break;
    }
  }
  for (; n != 0; --n, ++x, ++y) {
    if (*x != *y) return *x < *y ? -1 : 1;
  }
  return 0;
}

[[gnu::optimize("no-tree-loop-distribute-patterns")]] size_t strlen(const char* text) {
  size_t n = 0;
  while (text[n] != 0) ++n;
  return n;
}

[[gnu::optimize("no-tree-loop-distribute-patterns")]] int strcmp(const char* a, const char* b) {
  size_t i = 0;
  while (a[i] != 0 && a[i] == b[i]) ++i;
  return static_cast<unsigned char>(a[i]) - static_cast<unsigned char>(b[i]);
}
}
