// SPDX-License-Identifier: Apache-2.0
// Global functions of every kind of parameter, and a static one.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define noinline __attribute__((noinline))
// Keeps the compiler from working out what a function returns, and then leaving it out.
#define opaque(value)            \
  ({                             \
    typeof(value) it = (value);  \
    asm volatile("" : "+r"(it)); \
    it;                          \
  })
#define tag(name) __attribute__((btf_decl_tag(name)))

struct pair {
  uint64_t first;
  uint32_t second[3];
};
enum colour { kRed, kGreen };

noinline int numbers(int a, uint8_t b, enum colour c, uint64_t d) { return opaque(a) + b + c + d; }

noinline int context(struct xdp_md* ctx) { return ctx->ingress_ifindex; }

noinline int not_context(struct __sk_buff* skb) { return opaque(skb) != 0; }

noinline int memory(struct pair* pair, const uint16_t* half tag("arg:nonnull")) {
  return (pair != 0 ? pair->second[1] : 0) + *half;
}

noinline int tagged_context(void* ctx tag("arg:ctx")) { return opaque(ctx) != 0; }

noinline int unknown(void* anything) { return opaque(anything) != 0; }

noinline void nothing(uint32_t* counter) {
  if (counter != 0) *counter = 1;
}

noinline void* address(uint32_t* counter) { return opaque(counter); }

static noinline int fixed(struct xdp_md* ctx) { return ctx->rx_queue_index + bpf_ktime_get_ns(); }

__attribute__((visibility("hidden"))) noinline int hidden(int a) { return a + bpf_ktime_get_ns(); }

SEC("xdp")
int entry(struct xdp_md* ctx) {
  struct pair pair = {.second = {1, 2, 3}};
  uint16_t half = 3;
  uint32_t counter = 0;
  nothing(&counter);
  return numbers(1, 2, kGreen, counter) + context(ctx) + not_context(0) + memory(&pair, &half) +
         tagged_context(ctx) + unknown(&pair) + (address(&counter) != 0) + fixed(ctx) + hidden(4);
}
