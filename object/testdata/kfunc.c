// SPDX-License-Identifier: Apache-2.0
// Uses what the kernel defines: a function, a variable, its configuration; and what nobody defines.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_kernel_says(int) __ksym;
extern const unsigned long jiffies __ksym;
extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool CONFIG_BPF __kconfig;
extern unsigned long CONFIG_HZ __kconfig __weak;
int nobody_defines_it(void);

SEC("tc")
int ask(struct __sk_buff* skb) { return bpf_kernel_says(skb->len); }

static __attribute__((noinline)) int asks_nobody(void) { return nobody_defines_it(); }

SEC("tc")
int ask_nobody(struct __sk_buff* skb) { return asks_nobody() + skb->len; }

SEC("tc")
int configured(struct __sk_buff* skb) {
  return CONFIG_BPF && LINUX_KERNEL_VERSION > 0x50000 && jiffies > CONFIG_HZ;
}
