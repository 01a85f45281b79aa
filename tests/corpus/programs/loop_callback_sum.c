// SPDX-License-Identifier: Apache-2.0
// Sums the bytes of a packet with bpf_loop and keeps a histogram of their upper bits.
// linux: rejects for v1 and v2: a bound on a 32-bit value is lost between copies
// fault 1: return-range: the callback returns the byte it has read
// fault 2: packet-bounds: the callback reads the packet at its end, for its size is no check
// fault 3: map-bounds: the histogram is indexed by the whole byte
// fault 4: type-confusion: the callback's context is a number
// fault 5: uninitialised: the state handed to the loop is only half written
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct state {
  struct xdp_md* ctx;
  __u64 sum;
  __u32 size;
};

__u64 histogram[16];
__u64 packets;

static long add_byte(__u32 index, struct state* state) {
  void* data = (void*)(long)state->ctx->data;
  void* end = (void*)(long)state->ctx->data_end;
  if (index >= state->size + (FAULT == 2) || index > 9000) return 1;
  __u8* byte = data + index;
#if FAULT == 2
  if ((void*)byte > end) return 1;
#else
  if ((void*)(byte + 1) > end) return 1;
#endif
  state->sum += *byte;
#if FAULT == 3
  histogram[*byte] += 1;
#else
  histogram[*byte >> 4] += 1;
#endif
#if FAULT == 1
  return *byte;
#else
  return 0;
#endif
}

SEC("xdp")
int loop_callback_sum(struct xdp_md* ctx) {
  struct state state;
  state.ctx = ctx;
#if FAULT != 5
  state.sum = 0;
#endif
  state.size = ctx->data_end - ctx->data;
#if FAULT == 4
  long rounds = bpf_loop(9000, add_byte, (void*)(long)state.size, 0);
#else
  long rounds = bpf_loop(9000, add_byte, &state, 0);
#endif
  if (rounds < 0) return XDP_ABORTED;
  packets += 1;
  return state.sum & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
