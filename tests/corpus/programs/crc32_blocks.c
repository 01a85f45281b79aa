// SPDX-License-Identifier: Apache-2.0
// CRC-32 of a block held in a map, with a table of sixteen nibbles in .rodata.
// fault 1: map-bounds: the table is indexed by a whole byte
// fault 2: map-bounds: the length in the block is believed
// fault 3: read-only-write: the table's first entry is used as an accumulator
// fault 4: null-check: a block by the caller's number is not checked
// fault 5: return-range: the callback returns the length of the block it looked at
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define BLOCK 512

struct block {
  __u32 length;
  __u32 crc;
  __u8 bytes[BLOCK];
};

struct request {
  __u32 block;
  __u32 crc;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct block);
} blocks SEC(".maps");

struct {
  __u32 nibble[16];
} table SEC(".rodata.table") = {{0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190,
                                 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344,
                                 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278,
                                 0xbdbdf21c}};

static long clear(__u32 index, struct request* r) {
  __u32 key = index & 63;
  struct block* b = bpf_map_lookup_elem(&blocks, &key);
  if (!b) return 1;
  if (b->crc == r->crc && key != r->block) b->length = 0;
#if FAULT == 5
  return b->length;
#else
  return 0;
#endif
}

SEC("syscall")
int crc32_blocks(struct request* ctx) {
  __u32 key = ctx->block;
  struct block* b = bpf_map_lookup_elem(&blocks, &key);
#if FAULT != 4
  if (!b) return -1;
#endif
  __u64 length = b->length;
#if FAULT != 2
  if (length > BLOCK) return -2;
#endif
  __u32 crc = 0xffffffff;
#if FAULT == 2
  for (__u64 i = 0; i < 2 * BLOCK; i++) {
#else
  for (__u64 i = 0; i < BLOCK; i++) {
#endif
    if (i >= length) break;
    __u32 byte = b->bytes[i];
#if FAULT == 1
    crc = (crc >> 4) ^ table.nibble[(crc ^ byte) & 255];
#else
    crc = (crc >> 4) ^ table.nibble[(crc ^ byte) & 15];
#endif
    crc = (crc >> 4) ^ table.nibble[(crc ^ (byte >> 4)) & 15];
  }
#if FAULT == 3
  table.nibble[0] = crc;
#endif
  b->crc = ~crc;
  struct request r = {.block = key, .crc = ~crc};
  bpf_loop(64, clear, &r, 0);
  ctx->crc = ~crc;
  return 0;
}

char _license[] SEC("license") = "GPL";
