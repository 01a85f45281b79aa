// SPDX-License-Identifier: Apache-2.0
// Captures packets that match a filter over the perf buffer, with the packet behind the record.
// fault 1: helper-argument: sends the records to a hash map
// fault 2: stack-bounds: the record's size counts its header twice
// fault 3: uninitialised: the record's interface is not written
// fault 4: null-check: the filter of the interface may be missing
// fault 5: packet-bounds: the filter's offset is checked without the word's size
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct filter {
  __u32 offset;
  __u32 mask;
  __u32 value;
  __u32 snap;
};

struct record {
  __u32 interface;
  __u32 size;
  __u64 time;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct filter);
} filters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} capture SEC(".maps");

SEC("xdp")
int perf_packet_capture(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32 interface = ctx->ingress_ifindex;
  struct filter* filter = bpf_map_lookup_elem(&filters, &interface);
#if FAULT != 4
  if (!filter) return XDP_PASS;
#endif
  __u32 offset = filter->offset;
  if (offset > 256) return XDP_PASS;
  __u32* word = data + offset;
#if FAULT == 5
  if ((void*)word >= end) return XDP_PASS;
#else
  if ((void*)(word + 1) > end) return XDP_PASS;
#endif
  if ((bpf_ntohl(*word) & filter->mask) != filter->value) return XDP_PASS;

  __u64 size = bpf_xdp_get_buff_len(ctx);
  __u64 snap = filter->snap < size ? filter->snap : size;
  struct record record;
#if FAULT != 3
  record.interface = interface;
#endif
  record.size = size;
  record.time = bpf_ktime_get_ns();
  __u64 flags = BPF_F_CURRENT_CPU | (snap & 0xfffff) << 32;
#if FAULT == 1
  bpf_perf_event_output(ctx, &filters, flags, &record, sizeof(record));
#elif FAULT == 2
  bpf_perf_event_output(ctx, &capture, flags, &record, 2 * sizeof(record));
#else
  bpf_perf_event_output(ctx, &capture, flags, &record, sizeof(record));
#endif
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
