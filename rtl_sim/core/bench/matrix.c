// Integer matrix product: multiply and add, loads in rows and in columns.
#include "rtl_sim/core/bench/bench.h"

enum { kSize = 40 };
static int32_t a[kSize][kSize], b[kSize][kSize], c[kSize][kSize];

int main(void) {
  uint64_t state = 3;
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      a[i][j] = (int32_t)(next_random(&state) & 0xfff);
      b[i][j] = (int32_t)(next_random(&state) & 0xfff);
    }
  }
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < kSize; ++k) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
  // Freivalds: C x = A (B x) for a random x.
  uint32_t x[kSize], bx[kSize];
  for (int i = 0; i < kSize; ++i) x[i] = (uint32_t)next_random(&state);
  for (int i = 0; i < kSize; ++i) {
    bx[i] = 0;
    for (int j = 0; j < kSize; ++j) bx[i] += (uint32_t)b[i][j] * x[j];
  }
  for (int i = 0; i < kSize; ++i) {
    uint32_t left = 0, right = 0;
    for (int j = 0; j < kSize; ++j) {
      left += (uint32_t)c[i][j] * x[j];
      right += (uint32_t)a[i][j] * bx[j];
    }
    if (left != right) return 1;
  }
  return 0;
}
