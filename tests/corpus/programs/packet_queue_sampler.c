// SPDX-License-Identifier: Apache-2.0
// Samples one packet in many: its first bytes go to a queue for user space.
// fault 1: helper-argument: pushes with the queue's entry in the place of the queue
// fault 2: stack-bounds: copies a length from the packet into a fixed buffer
// fault 3: packet-bounds: copies 32 bytes behind a check of 30
// fault 4: uninitialised: pushes a sample whose bytes were not copied
// fault 5: helper-argument: looks the queue up by a key
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct sample {
  __u64 time;
  __u32 size;
  __u32 queue;
  __u8 bytes[32];
};

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 1024);
  __uint(value_size, sizeof(struct sample));
} samples SEC(".maps");

const volatile __u32 rate = 1023;
__u64 full;

SEC("xdp")
int packet_queue_sampler(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  if ((bpf_get_prandom_u32() & rate) != 0) return XDP_PASS;
  struct sample sample;
  sample.time = bpf_ktime_get_ns();
  sample.size = bpf_xdp_get_buff_len(ctx);
  sample.queue = ctx->rx_queue_index;
#if FAULT == 3
  if (data + 30 > end) return XDP_PASS;
#else
  if (data + 32 > end) return XDP_PASS;
#endif
#if FAULT == 2
  long error = bpf_xdp_load_bytes(ctx, 0, sample.bytes, *(__u8*)data + 1);
  if (error) return XDP_PASS;
#elif FAULT != 4
  __builtin_memcpy(sample.bytes, data, 32);
#endif
#if FAULT == 1
  long result = bpf_map_push_elem(&sample, &samples, BPF_ANY);
#elif FAULT == 5
  long result = bpf_map_lookup_elem(&samples, &sample.queue) == 0;
#else
  long result = bpf_map_push_elem(&samples, &sample, BPF_ANY);
#endif
  if (result) __sync_fetch_and_add(&full, 1);
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
