// SPDX-License-Identifier: Apache-2.0
// Accesses that CO-RE would adapt to the running kernel.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct task {
  int state;
  int pid;
} __attribute__((preserve_access_index));

SEC("tp_btf/sched_switch")
int on_switch(struct task** context) { return context[0]->pid; }
