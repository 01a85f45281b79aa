// SPDX-License-Identifier: Apache-2.0
// Checksums of a buffer on the stack, passed down a chain of subprograms that are not inlined.
// fault 1: stack-depth: the middle of the chain keeps a copy, which is too much in all
// fault 2: stack-bounds: the innermost function reads as far as a counter in memory says
// fault 3: stack-bounds: the buffer's end, not its beginning, goes down the chain
// fault 4: stack-depth: each round of the chain calls the chain again, nine frames deep
// fault 5: uninitialised: the middle function uses an argument register after a helper's call
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define BUFFER 256

__u64 sums[4];

static __noinline __u32 add(const __u8* bytes, __u32 at, __u32 count) {
  __u32 sum = 0;
#if FAULT == 2
  count = sums[at & 3];
  for (__u32 i = 0; i < 4 * BUFFER; i++) {
    if (i >= count) break;
    sum += ((const volatile __u8*)bytes)[i];
  }
#else
  for (__u32 i = 0; i < BUFFER / 4; i++) {
    if (i >= count) break;
    sum += bytes[(at & 3) * (BUFFER / 4) + i];
  }
#endif
  return sum;
}

#if FAULT == 4
#define LEVEL(n, below) \
  static __noinline __u32 level##n(const __u8* b, __u32 at) { return below(b, at) + at + n; }
static __noinline __u32 level0(const __u8* b, __u32 at) { return add(b, at, 8) ^ at; }
LEVEL(1, level0)
LEVEL(2, level1)
LEVEL(3, level2)
LEVEL(4, level3)
LEVEL(5, level4)
LEVEL(6, level5)
#endif

static __noinline __u32 fold(const __u8* bytes, __u32 at) {
#if FAULT == 1
  volatile __u8 copy[BUFFER + 64];
  for (int i = 0; i < BUFFER; i++) copy[i] = bytes[i];
  __u32 sum = add((const __u8*)copy, at, BUFFER / 4);
#elif FAULT == 4
  __u32 sum = level6(bytes, at);
#else
  __u32 sum = add(bytes, at, BUFFER / 4);
#endif
#if FAULT == 5
  __u32 noise = bpf_get_prandom_u32();
  asm volatile("%0 += r4" : "+r"(noise));
  sum += noise;
#endif
  return (sum & 0xffff) + (sum >> 16);
}

SEC("socket")
int call_chain(struct __sk_buff* skb) {
  __u8 buffer[BUFFER] = {};
  if (bpf_skb_load_bytes(skb, 0, buffer, BUFFER)) return 0;
#if FAULT == 3
  const __u8* from = buffer + 200;
#else
  const __u8* from = buffer;
#endif
  for (__u32 i = 0; i < 4; i++) sums[i] += fold(from, i);
  return skb->len;
}

char _license[] SEC("license") = "GPL";
