// SPDX-License-Identifier: Apache-2.0
// Latency of block requests: start times by request, and a log2 histogram for each device.
// fault 1: null-check: the start time is read though the request may be unknown
// fault 2: map-bounds: the slot of the histogram is not bounded
// fault 3: null-check: the histogram just inserted is looked up again and trusted
// fault 4: context-access: an argument behind the twelfth is read
// fault 5: type-confusion: a field of the request is read without a helper
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 27

struct histogram {
  __u32 slots[SLOTS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u64);
  __type(value, __u64);
} started SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, struct histogram);
} histograms SEC(".maps");

static const struct histogram empty;

static __always_inline __u32 log2_of(__u32 v) {
  __u32 r = (v > 0xffff) << 4;
  v >>= r;
  __u32 shift = (v > 0xff) << 3;
  v >>= shift;
  r |= shift;
  shift = (v > 0xf) << 2;
  v >>= shift;
  r |= shift;
  shift = (v > 0x3) << 1;
  v >>= shift;
  return r | shift | (v >> 1);
}

SEC("raw_tracepoint/block_rq_issue")
int request_issued(struct bpf_raw_tracepoint_args* ctx) {
#if FAULT == 4
  __u64 request = *(volatile __u64*)((char*)ctx + 96);
#else
  __u64 request = ctx->args[0];
#endif
  __u64 now = bpf_ktime_get_ns();
  bpf_map_update_elem(&started, &request, &now, BPF_ANY);
  return 0;
}

SEC("raw_tracepoint/block_rq_complete")
int request_done(struct bpf_raw_tracepoint_args* ctx) {
  __u64 request = ctx->args[0];
  __u64* then = bpf_map_lookup_elem(&started, &request);
#if FAULT != 1
  if (!then) return 0;
#endif
  __s64 took = bpf_ktime_get_ns() - *then;
  __u32 device = 0;
#if FAULT == 5
  device = *(volatile __u32*)(request + 16);
#else
  bpf_probe_read_kernel(&device, sizeof(device), (void*)(request + 16));
#endif
  struct histogram* h = bpf_map_lookup_elem(&histograms, &device);
  if (!h) {
    bpf_map_update_elem(&histograms, &device, &empty, BPF_NOEXIST);
    h = bpf_map_lookup_elem(&histograms, &device);
#if FAULT != 3
    if (!h) return 0;
#endif
  }
  if (took > 0) {
    __u32 slot = log2_of(took / 1000);
#if FAULT != 2
    if (slot >= SLOTS) slot = SLOTS - 1;
#endif
    __sync_fetch_and_add(&h->slots[slot], 1);
  }
  bpf_map_delete_elem(&started, &request);
  return 0;
}

char _license[] SEC("license") = "GPL";
