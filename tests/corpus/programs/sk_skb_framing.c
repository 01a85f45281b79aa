// SPDX-License-Identifier: Apache-2.0
// Frames a stream by a length prefix (parser) and steers each frame to a worker (verdict).
// fault 1: packet-bounds: the parser reads the prefix behind a check of two bytes
// fault 2: stale-packet-pointer: the verdict reads the frame after its data was pulled
// fault 3: null-check: the worker of the frame's kind may be missing
// fault 4: helper-argument: redirects through the table of workers
// fault 5: packet-bounds: the verdict pulls four bytes and reads five without a check
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix {
  __be32 length;
  __u8 kind;
  __u8 pad[3];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u8);
  __type(value, __u32);
} workers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} sockets SEC(".maps");

SEC("sk_skb/stream_parser")
int frame_length(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct prefix* prefix = data;
#if FAULT == 1
  if (data + 2 > end) return 0;
#else
  if ((void*)(prefix + 1) > end) return 0;
#endif
  __u32 length = bpf_ntohl(prefix->length);
  return length > 65536 ? -1 : (int)(length + sizeof(*prefix));
}

SEC("sk_skb/stream_verdict")
int steer_frame(struct __sk_buff* skb) {
#if FAULT == 2
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  if (bpf_skb_pull_data(skb, sizeof(struct prefix))) return SK_DROP;
#else
  if (bpf_skb_pull_data(skb, FAULT == 5 ? 4 : sizeof(struct prefix))) return SK_DROP;
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
#endif
  struct prefix* prefix = data;
#if FAULT == 5
  if (data > end) return SK_DROP;
#else
  if ((void*)(prefix + 1) > end) return SK_DROP;
#endif
  __u8 kind = prefix->kind;
  prefix->pad[0] = 0;
  __u32* worker = bpf_map_lookup_elem(&workers, &kind);
#if FAULT != 3
  if (!worker) return SK_PASS;
#endif
#if FAULT == 4
  return bpf_sk_redirect_map(skb, &workers, *worker, 0);
#else
  return bpf_sk_redirect_map(skb, &sockets, *worker, 0);
#endif
}

char _license[] SEC("license") = "GPL";
