// Quicksort with insertion sort below 16 elements: branches that cannot be predicted well.
#include "rtl_sim/core/bench/bench.h"

enum { kCount = 4096 };
static int32_t values[kCount];

static void insertion_sort(int32_t* v, long count) {
  for (long i = 1; i < count; ++i) {
    const int32_t x = v[i];
    long j = i;
    for (; j > 0 && v[j - 1] > x; --j) v[j] = v[j - 1];
    v[j] = x;
  }
}

static void quicksort(int32_t* v, long count) {
  if (count < 16) {
    insertion_sort(v, count);
    return;
  }
  const int32_t pivot = v[count / 2];
  long low = 0, high = count - 1;
  while (low <= high) {
    while (v[low] < pivot) ++low;
    while (v[high] > pivot) --high;
    if (low <= high) {
      const int32_t x = v[low];
      v[low++] = v[high];
      v[high--] = x;
    }
  }
  quicksort(v, high + 1);
  quicksort(v + low, count - low);
}

int main(void) {
  uint64_t state = 7;
  int64_t sum = 0;
  for (int i = 0; i < kCount; ++i) sum += values[i] = (int32_t)next_random(&state);
  quicksort(values, kCount);
  for (int i = 0; i < kCount; ++i) {
    if (i > 0 && values[i - 1] > values[i]) return 1;
    sum -= values[i];
  }
  return sum != 0;
}
