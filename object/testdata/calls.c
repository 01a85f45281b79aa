// SPDX-License-Identifier: Apache-2.0
// Functions of every kind that the linker has to bring together.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

// Reached through middle() only; static, so that the call has no symbol of its own.
static __noinline int leaf(int value) {
  __asm__ volatile("" : "+r"(value));
  return value * 3;
}

__noinline int middle(int value) { return leaf(value) + 1; }

__weak __noinline int preferred(int value) {
  __asm__ volatile("" : "+r"(value));
  return value - 5;
}

__noinline int unused(int value) { return leaf(value) + 2; }

// In the section of a program, but static: a subprogram.
__attribute__((section("xdp"))) static __noinline int beside(int value) {
  __asm__ volatile("" : "+r"(value));
  return value ^ 0x55;
}

SEC("xdp")
int first(struct xdp_md* ctx) { return middle(ctx->rx_queue_index) + beside(7); }

SEC("xdp")
int second(struct xdp_md* ctx) { return preferred(ctx->rx_queue_index); }

SEC("socket")
int third(struct __sk_buff* skb) { return leaf(skb->len) + middle(skb->mark); }

static long visit(uint32_t index, void* context) {
  *(uint32_t*)context += index;
  return 0;
}

SEC("tc/ingress")
int fourth(struct __sk_buff* skb) {
  uint32_t sum = 0;
  bpf_loop(skb->len & 15, visit, &sum, 0);
  return sum;
}

// Calls itself: linked once, and left to the verifier.
__noinline int down(int value) {
  __asm__ volatile("" : "+r"(value));  // or clang finds a closed form
  return value > 0 ? down(value - 1) + value : 0;
}

SEC("socket/recursive")
int fifth(struct __sk_buff* skb) { return down(skb->len); }

char LICENSE[] SEC("license") = "Apache-2.0";
