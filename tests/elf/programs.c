// SPDX-License-Identifier: Apache-2.0
// Programs for a linker: they call helpers, functions of their own and a function they share.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

// Keeps values in r6 to r9 and on the stack over calls of a helper.
static __noinline uint64_t gathered(uint64_t a, uint64_t b, uint64_t c) {
  uint64_t kept[3] = {a, b, c};
  __asm__ volatile("" : : "r"(kept) : "memory");
  uint64_t sum = bpf_get_prandom_u32();
  for (int i = 0; i < 3; ++i) {
    sum = sum * 31 + kept[i] + bpf_get_prandom_u32();
  }
  return sum + a + 2 * b + 3 * c;
}

static __noinline uint64_t leaf(uint64_t x) {
  __asm__ volatile("" : "+r"(x));
  return x ^ 0x5a;
}

__noinline uint64_t shared(uint64_t x) { return leaf(x) + bpf_ktime_get_ns(); }

SEC("plain")
uint64_t sums(const uint8_t* buffer, uint64_t length) {
  if (length < 2) return shared(length);
  uint64_t first = buffer[0];
  uint64_t second = buffer[1];
  uint64_t all = gathered(first, second, length);
  return all + shared(first) + second;
}

SEC("plain")
uint64_t differences(const uint8_t* buffer, uint64_t length) {
  if (length == 0) return 7;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < length; ++i) sum += shared(buffer[i]);
  return sum - leaf(length);
}
