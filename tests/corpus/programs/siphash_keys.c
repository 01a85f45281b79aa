// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 of a command name under a secret key, to spread processes over buckets.
// fault 1: map-bounds: the bucket is the hash's lowest byte, and there are fewer buckets
// fault 2: read-only-write: the key is cleared after its use
// fault 3: stack-bounds: the rounds read one word behind the message
// fault 4: null-check: the bucket's lock-free counter is not checked
// fault 5: helper-argument: the name is asked for with a random size
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define BUCKETS 128
#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

struct {
  __u64 half[2];
} secret SEC(".rodata.secret") = {{0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull}};

struct {
  __u64 processes[BUCKETS];
} buckets SEC(".bss.buckets");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, BUCKETS);
  __type(key, __u32);
  __type(value, __u64);
} last_seen SEC(".maps");

struct sip {
  __u64 v0, v1, v2, v3;
};

static __always_inline void sip_round(struct sip* s) {
  s->v0 += s->v1;
  s->v1 = ROTATE(s->v1, 13) ^ s->v0;
  s->v0 = ROTATE(s->v0, 32);
  s->v2 += s->v3;
  s->v3 = ROTATE(s->v3, 16) ^ s->v2;
  s->v0 += s->v3;
  s->v3 = ROTATE(s->v3, 21) ^ s->v0;
  s->v2 += s->v1;
  s->v1 = ROTATE(s->v1, 17) ^ s->v2;
  s->v2 = ROTATE(s->v2, 32);
}

SEC("tracepoint/sched/sched_process_fork")
int siphash_keys(void* ctx) {
  __u64 message[2] = {};
#if FAULT == 5
  bpf_get_current_comm(message, bpf_get_prandom_u32());
#else
  bpf_get_current_comm(message, sizeof(message));
#endif
  struct sip s = {.v0 = secret.half[0] ^ 0x736f6d6570736575ull,
                  .v1 = secret.half[1] ^ 0x646f72616e646f6dull,
                  .v2 = secret.half[0] ^ 0x6c7967656e657261ull,
                  .v3 = secret.half[1] ^ 0x7465646279746573ull};
#if FAULT == 3
  for (volatile int i = 0; i < 64; i++) {
#else
  for (int i = 0; i < 2; i++) {
#endif
    __u64 m = ((volatile __u64*)message)[i];
    s.v3 ^= m;
    sip_round(&s);
    sip_round(&s);
    s.v0 ^= m;
  }
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; i++) sip_round(&s);
  __u64 hash = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
#if FAULT == 2
  secret.half[0] = 0;
#endif
#if FAULT == 1
  __u64 bucket = hash & 0xff;
#else
  __u64 bucket = hash & (BUCKETS - 1);
#endif
  buckets.processes[bucket]++;
  __u32 key = bucket;
  __u64* seen = bpf_map_lookup_elem(&last_seen, &key);
#if FAULT != 4
  if (!seen) return 0;
#endif
  *seen = bpf_ktime_get_ns();
  return 0;
}

char _license[] SEC("license") = "GPL";
