// The functions that GCC calls even in freestanding programs.
#include <stddef.h>

void* memcpy(void* to, const void* from, size_t count) {
  char* d = to;
  const char* s = from;
  while (count-- > 0) *d++ = *s++;
  return to;
}

void* memmove(void* to, const void* from, size_t count) {
  char* d = to;
  const char* s = from;
  if (d < s) return memcpy(to, from, count);
  while (count-- > 0) d[count] = s[count];
  return to;
}

void* memset(void* to, int byte, size_t count) {
  char* d = to;
  while (count-- > 0) *d++ = (char)byte;
  return to;
}

int memcmp(const void* a, const void* b, size_t count) {
  const unsigned char* x = a;
  const unsigned char* y = b;
  for (size_t i = 0; i < count; ++i) {
    if (x[i] != y[i]) return x[i] - y[i];
  }
  return 0;
}
