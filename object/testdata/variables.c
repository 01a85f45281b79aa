// SPDX-License-Identifier: Apache-2.0
// Global variables of every section that becomes a map.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

const volatile uint32_t read_only[3] = {11, 22, 33};
uint64_t initialised = 0x1122334455667788;
static volatile uint32_t counter;
volatile uint32_t zeros[5];
const volatile uint8_t hidden SEC(".rodata.keys") = 9;
volatile uint32_t tuned SEC(".data.config") = 77;

SEC("socket")
int use(struct __sk_buff* skb) {
  counter += read_only[2];
  zeros[4] = hidden + tuned;
  initialised += zeros[4];
  // A literal: in the anonymous section .rodata.str1.1.
  const volatile char* text = "length";
  return text[skb->len % 7];
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
