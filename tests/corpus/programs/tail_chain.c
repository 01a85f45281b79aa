// SPDX-License-Identifier: Apache-2.0
// A scanner in stages that tail-call one another; the state between them is in a per-CPU map.
// fault 1: helper-argument: the jump goes through the map of states
// fault 2: helper-argument: the jump is made with the state in place of the context
// fault 3: map-bounds: the position from the state is used unmasked
// fault 4: null-check: a state by a variable key is not checked
// fault 5: stack-depth: a stage's caller keeps more stack than a tail call allows
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum { kScanDigits, kScanSpaces, kFinish, kStages };

#define TEXT 256

struct scan {
  __u32 position;
  __u32 length;
  __u64 sum;
  char text[TEXT];
};

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, kStages);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, sizeof(__u32));
} stages SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct scan);
} scans SEC(".maps");

static __noinline int jump(struct __sk_buff* skb, __u32 stage) {
#if FAULT == 1
  bpf_tail_call(skb, &scans, stage);
#else
  bpf_tail_call(skb, &stages, stage);
#endif
  return 0;
}

SEC("socket")
int scan_digits(struct __sk_buff* skb) {
  __u32 key = skb->mark & 7;
  asm volatile("" : "+r"(key));
  struct scan* s = bpf_map_lookup_elem(&scans, &key);
#if FAULT != 4
  if (!s) return 0;
#endif
#if FAULT == 5
  volatile char kept[300];
  kept[skb->len & 255] = 1;
#endif
  __u64 value = 0;
  for (int i = 0; i < 20; i++) {
#if FAULT == 3
    char c = s->text[s->position];
#else
    char c = s->text[s->position & (TEXT - 1)];
#endif
    if (c < '0' || c > '9') break;
    value = value * 10 + c - '0';
    s->position++;
  }
  s->sum += value;
#if FAULT == 2
  bpf_tail_call(s, &stages, kScanSpaces);
#endif
#if FAULT == 5
  return jump(skb, s->position < s->length ? kScanSpaces : kFinish) + kept[skb->len & 255];
#else
  return jump(skb, s->position < s->length ? kScanSpaces : kFinish);
#endif
}

SEC("socket")
int scan_spaces(struct __sk_buff* skb) {
  __u32 key = skb->mark & 7;
  struct scan* s = bpf_map_lookup_elem(&scans, &key);
  if (!s) return 0;
  for (int i = 0; i < 16 && s->text[s->position & (TEXT - 1)] == ' '; i++) s->position++;
  return jump(skb, kScanDigits);
}

char _license[] SEC("license") = "GPL";
