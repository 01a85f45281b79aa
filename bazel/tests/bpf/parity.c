// SPDX-License-Identifier: Apache-2.0
// Exercises what bpf_object promises: Linux's and libbpf's headers, a header of a dependency, a
// define, and code that differs from one instruction set version to the next.
#include "bazel/tests/bpf/parity.h"

#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

SEC("socket")
int parity(struct __sk_buff* skb) {
  int32_t length = (int32_t)skb->len;
  uint32_t mark = skb->mark;
  if (length < (int32_t)mark) return ZEXT_TEST_VALUE;
  return parity_of(mark) + (int8_t)length;
}

char LICENSE[] SEC("license") = "Apache-2.0";
