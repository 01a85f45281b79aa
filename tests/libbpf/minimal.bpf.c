// Prints a line for each write(2) of one process.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "tests/libbpf/kernel_types.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

int my_pid = 0;
unsigned long seen = 0;

SEC("tp/syscalls/sys_enter_write")
int handle_write(void* ctx) {
  int pid = bpf_get_current_pid_tgid() >> 32;
  if (pid != my_pid) return 0;
  __sync_fetch_and_add(&seen, 1);
  bpf_printk("BPF triggered from PID %d.\n", pid);
  return 0;
}
