// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 of a message of up to 64 bytes, with a fixed key: rotations and a state on the stack.
//
// The algorithm is Aumasson's and Bernstein's (2012). The key is the bytes 0 to 15, as in the
// paper's test vectors, so results can be compared with those.
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define LONGEST 64

#define ROTATE(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

struct state {
  uint64_t v0, v1, v2, v3;
};

static __always_inline void round_of(struct state* s) {
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

static __always_inline void absorb(struct state* s, uint64_t word) {
  s->v3 ^= word;
  round_of(s);
  round_of(s);
  s->v0 ^= word;
}

SEC("plain")
uint64_t siphash(const uint8_t* message, uint64_t length) {
  const uint64_t k0 = 0x0706050403020100ull;
  const uint64_t k1 = 0x0f0e0d0c0b0a0908ull;
  struct state s = {
      .v0 = k0 ^ 0x736f6d6570736575ull,
      .v1 = k1 ^ 0x646f72616e646f6dull,
      .v2 = k0 ^ 0x6c7967656e657261ull,
      .v3 = k1 ^ 0x7465646279746573ull,
  };
  if (length > LONGEST) length = LONGEST;

  // Bytes are gathered into words, the first one lowest.
  uint64_t word = 0;
  for (uint64_t i = 0; i < length; ++i) {
    word |= (uint64_t)message[i] << (i % 8 * 8);
    if (i % 8 == 7) {
      absorb(&s, word);
      word = 0;
    }
  }
  absorb(&s, word | length << 56);

  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) round_of(&s);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
