// SPDX-License-Identifier: Apache-2.0
// Logs the headers of dropped protocols in ring-buffer records.
// fault 1: reference-leak: a record is abandoned when the copy fails
// fault 2: map-bounds: copies more bytes into the record than it has
// fault 3: null-check: the buffer may be full
// fault 4: type-confusion: submits the packet instead of the record
// fault 5: helper-argument: the length of the copy may be zero or negative
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HEADERS 64

struct record {
  __u64 time;
  __u32 size;
  __u32 copied;
  __u8 headers[HEADERS];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 18);
} records SEC(".maps");

__u64 lost;
const volatile __u64 dropped_low = 1ull << 47;

SEC("xdp")
int ringbuf_packet_log(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (ip->protocol >= 64 || !(dropped_low >> ip->protocol & 1)) return XDP_PASS;

  struct record* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
#if FAULT != 3
  if (!record) {
    __sync_fetch_and_add(&lost, 1);
    return XDP_DROP;
  }
#endif
  __u32 size = sizeof(*eth) + ip->ihl * 4;
#if FAULT != 2
  if (size > HEADERS) size = HEADERS;
#endif
#if FAULT == 5
  __s32 copied = size - 40;
  if (copied > HEADERS) copied = HEADERS;
#elif FAULT == 2
  __u32 copied = size & 127;
#else
  __u32 copied = size & 63;
  if (copied == 0) copied = 1;
#endif
  record->time = bpf_ktime_get_ns();
  record->size = bpf_ntohs(ip->tot_len);
  record->copied = copied;
  long error = bpf_xdp_load_bytes(ctx, 0, record->headers, copied);
  if (error) {
#if FAULT != 1
    bpf_ringbuf_discard(record, 0);
#endif
    return XDP_DROP;
  }
#if FAULT == 4
  bpf_ringbuf_submit(data, 0);
#else
  bpf_ringbuf_submit(record, 0);
#endif
  return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
