// SPDX-License-Identifier: Apache-2.0
// Limits each source to a rate with a token bucket under a spin lock.
// fault 1: lock-balance: returns with the lock held when the bucket is empty
// fault 2: lock-balance: asks for the time while the lock is held
// fault 3: null-check: the bucket may be missing
// fault 4: lock-balance: unlocks twice
// fault 5: packet-bounds: the source address is read without a check of its header
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct bucket {
  struct bpf_spin_lock lock;
  __u32 tokens;
  __u64 refilled;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, __u32);
  __type(value, struct bucket);
} buckets SEC(".maps");

const volatile __u64 interval = 1000000;
const volatile __u32 capacity = 100;

SEC("xdp")
int token_bucket_limiter(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  struct iphdr* ip = (void*)(eth + 1);
#if FAULT != 5
  if ((void*)(ip + 1) > end) return XDP_PASS;
#endif
  __u32 source = ip->saddr;
  struct bucket* bucket = bpf_map_lookup_elem(&buckets, &source);
#if FAULT != 3
  if (!bucket) {
    struct bucket fresh = {.tokens = capacity, .refilled = bpf_ktime_get_ns()};
    bpf_map_update_elem(&buckets, &source, &fresh, BPF_NOEXIST);
    return XDP_PASS;
  }
#endif

#if FAULT != 2
  __u64 now = bpf_ktime_get_ns();
#endif
  bpf_spin_lock(&bucket->lock);
#if FAULT == 2
  __u64 now = bpf_ktime_get_ns();
#endif
  __u64 earned = (now - bucket->refilled) / (interval + 1);
  if (earned) {
    __u64 tokens = bucket->tokens + earned;
    bucket->tokens = tokens > capacity ? capacity : tokens;
    bucket->refilled = now;
  }
  if (bucket->tokens == 0) {
#if FAULT != 1
    bpf_spin_unlock(&bucket->lock);
#endif
    return XDP_DROP;
  }
  bucket->tokens -= 1;
  bpf_spin_unlock(&bucket->lock);
#if FAULT == 4
  bpf_spin_unlock(&bucket->lock);
#endif
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
