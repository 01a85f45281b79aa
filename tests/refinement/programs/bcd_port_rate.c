// SPDX-License-Identifier: Apache-2.0
// Reads a rate in percent of two binary-coded digits and counts it.
// safe: digits of at most 9 give 10 * high + low = byte - 6 * high, which is at most 99
// fault 1: map-bounds: only the low digit is checked
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[100];
} rates SEC(".bss.rates");

SEC("cgroup_skb/egress")
int bcd_port_rate(struct __sk_buff* skb) {
  __u8 bcd = 0;
  if (bpf_skb_load_bytes(skb, 28, &bcd, 1) < 0) return 1;
  __u64 digits = *(volatile __u8*)&bcd;
  if ((digits & 15) > 9) return 1;
#if FAULT != 1
  if (digits > 0x99) return 1;
#endif
  __u64 rate = digits - 6 * (digits >> 4);
  rates.counts[rate]++;
  return 1;
}

char _license[] SEC("license") = "GPL";
