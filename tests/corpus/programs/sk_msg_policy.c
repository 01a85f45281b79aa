// SPDX-License-Identifier: Apache-2.0
// Judges messages on sockets by their first bytes and redirects them to a local peer.
// fault 1: packet-bounds: reads the message's header without a check
// fault 2: stale-packet-pointer: reads the message after more of it was pulled
// fault 3: null-check: the policy of the port may be missing
// fault 4: context-access: reads the size as 64 bits
// fault 5: helper-argument: redirects through a map that holds no sockets
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct header {
  __u8 version;
  __u8 kind;
  __be16 length;
  __be32 stream;
};

struct policy {
  __u32 kinds;
  __u32 peer;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct policy);
} policies SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} peers SEC(".maps");

SEC("sk_msg")
int sk_msg_policy(struct sk_msg_md* msg) {
  void* data = (void*)(long)msg->data;
  void* end = (void*)(long)msg->data_end;
  struct header* header = data;
  if ((void*)(header + 1) > end) {
    if (bpf_msg_pull_data(msg, 0, sizeof(*header), 0)) return SK_DROP;
    data = (void*)(long)msg->data;
    end = (void*)(long)msg->data_end;
    header = data;
#if FAULT != 1
    if ((void*)(header + 1) > end) return SK_DROP;
#endif
  }
#if FAULT == 2
  if (bpf_msg_pull_data(msg, 0, 2 * sizeof(*header), 0)) return SK_DROP;
#endif
  __u8 kind = header->kind;
  __u32 length = bpf_ntohs(header->length);
#if FAULT == 4
  __u64 size;
  asm volatile("%0 = *(u64 *)(%1 + 68)" : "=r"(size) : "r"(msg));
#else
  __u64 size = msg->size;
#endif
  if (header->version != 1 || length > size) return SK_DROP;
  bpf_msg_apply_bytes(msg, length);

  __u32 port = msg->local_port;
  struct policy* policy = bpf_map_lookup_elem(&policies, &port);
#if FAULT != 3
  if (!policy) return SK_PASS;
#endif
  if (kind >= 32 || !(policy->kinds >> kind & 1)) return SK_DROP;
#if FAULT == 5
  return bpf_msg_redirect_map(msg, &policies, policy->peer, 0);
#else
  return bpf_msg_redirect_map(msg, &peers, policy->peer, 0);
#endif
}

char _license[] SEC("license") = "GPL";
