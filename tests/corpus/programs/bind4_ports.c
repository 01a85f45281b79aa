// SPDX-License-Identifier: Apache-2.0
// Lets a control group bind sockets to the ports it owns, and moves port 0 into its range.
// linux: rejects for v1 and v2: a bound on a 32-bit value is lost between copies
// fault 1: return-range: returns the number of bits that it found
// fault 2: null-check: the group's range may be missing
// fault 3: context-access: writes the socket's type
// fault 4: map-bounds: the port's word in the bitmap is not limited
// fault 5: helper-argument: asks for the group of a packet, which this hook has not
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct range {
  __u32 first;
  __u32 count;
  __u64 taken[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u64);
  __type(value, struct range);
} ranges SEC(".maps");

SEC("cgroup/bind4")
int bind4_ports(struct bpf_sock_addr* ctx) {
  if (ctx->type != 1 && ctx->type != 2) return 1;
#if FAULT == 5
  __u64 group = bpf_skb_cgroup_id((void*)ctx);
#else
  __u64 group = bpf_get_current_cgroup_id();
#endif
  struct range* range = bpf_map_lookup_elem(&ranges, &group);
#if FAULT != 2
  if (!range) return 1;
#endif
  __u32 port = bpf_ntohs(ctx->user_port);
  if (port == 0) {
    port = range->first + (bpf_get_prandom_u32() & 1023);
    ctx->user_port = bpf_htons(port);
  }
  __u32 place = port - range->first;
  if (place >= range->count) return 0;
#if FAULT != 4
  if (place >= 16 * 64) return 0;
#endif
  __u64 word = range->taken[place >> 6];
  range->taken[place >> 6] = word | 1ull << (place & 63);
#if FAULT == 3
  ctx->type = 2;
#endif
#if FAULT == 1
  return (word >> (place & 63)) + 1;
#else
  return !(word >> (place & 63) & 1);
#endif
}

char _license[] SEC("license") = "GPL";
