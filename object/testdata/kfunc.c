// SPDX-License-Identifier: Apache-2.0
// Calls a function of the kernel.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_kernel_says(int) __ksym;

SEC("tc")
int ask(struct __sk_buff* skb) { return bpf_kernel_says(skb->len); }
