// SPDX-License-Identifier: Apache-2.0
// Counts binds to the 100 ports from 1024: the distance is compared as 16 bits, and used as 64.
// safe: (port - 1024) mod 2^16 below 100 says that the port is 1024 to 1123
// fault 1: map-bounds: the comparison is of the distance's lower 8 bits
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[100];
} ports SEC(".bss.ports");

SEC("cgroup/bind4")
int registered_ports(struct bpf_sock_addr* ctx) {
  __u64 port = bpf_ntohs(ctx->user_port);
  __u64 distance = port - 1024;
  asm volatile("" : "+r"(distance));
#if FAULT == 1
  if ((__u8)distance >= 100) return 1;
#else
  if ((__u16)distance >= 100) return 1;
#endif
  ports.counts[distance]++;
  return 1;
}

char _license[] SEC("license") = "GPL";
