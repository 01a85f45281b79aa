// SPDX-License-Identifier: Apache-2.0
// Encodes a random token of twelve bytes in base 64, in place in a ring-buffer record.
// fault 1: map-bounds: the alphabet is indexed by a whole byte
// fault 2: map-bounds: the text's end is one group behind the record
// fault 3: reference-leak: a token with a slash is thrown away without a discard
// fault 4: null-check: the record is filled without a check
// fault 5: read-only-write: the alphabet is made safe for URLs at run time
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define BYTES 12
#define TEXT 16

struct token {
  __u64 id;
  char text[TEXT];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} tokens SEC(".maps");

struct {
  char digit[64];
} alphabet SEC(".rodata.alphabet") = {
    {'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
     'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
     'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
     'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/'}};

SEC("kprobe/open_session")
int base64_tokens(struct pt_regs* ctx) {
  __u32 random[BYTES / 4];
  for (int i = 0; i < BYTES / 4; i++) random[i] = bpf_get_prandom_u32();
  const __u8* bytes = (const __u8*)random;
  struct token* t = bpf_ringbuf_reserve(&tokens, sizeof(*t), 0);
#if FAULT != 4
  if (!t) return 0;
#endif
#if FAULT == 5
  alphabet.digit[63] = '_';
#endif
  t->id = bpf_get_current_pid_tgid();
  __u64 slashes = 0;
  for (int i = 0; i < BYTES / 3; i++) {
    __u32 group = bytes[3 * i] << 16 | bytes[3 * i + 1] << 8 | bytes[3 * i + 2];
    for (int j = 0; j < 4; j++) {
#if FAULT == 1
      __u64 digit = (group >> (18 - 6 * j)) & 255;
#else
      __u64 digit = (group >> (18 - 6 * j)) & 63;
#endif
      slashes += (digit + 1) >> 6;
#if FAULT == 2
      *(volatile char*)&t->text[4 * i + j + 4] = alphabet.digit[digit];
#else
      t->text[4 * i + j] = alphabet.digit[digit];
#endif
    }
  }
  if (slashes) {
#if FAULT != 3
    bpf_ringbuf_discard(t, 0);
#endif
    return 0;
  }
  bpf_ringbuf_submit(t, 0);
  return 0;
}

char _license[] SEC("license") = "GPL";
