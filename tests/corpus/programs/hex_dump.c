// SPDX-License-Identifier: Apache-2.0
// Dumps the start of a message in hexadecimal, with a separator after each eight bytes.
// fault 1: stack-bounds: the text's position is counted in bits
// fault 2: stack-bounds: the number of bytes is that of the message
// fault 3: map-bounds: a digit is taken from the table without a mask
// fault 4: helper-argument: the text is sent with the length of the message
// fault 5: return-range: the callback returns what is left of the message
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define BYTES 32
#define TEXT 72

struct {
  char digit[16];
} hex SEC(".rodata.hex") = {
    {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'}};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 14);
} dumps SEC(".maps");

struct dump {
  __u64 length;
  __u8 bytes[BYTES];
  char text[TEXT];
};

static long dump_byte(__u32 index, struct dump* d) {
  if (index >= BYTES || index >= d->length) return 1;
  __u64 at = 2 * index + index / 8;
  asm volatile("" : "+r"(at));
#if FAULT == 1
  at *= 8;
#else
  if (at >= TEXT - 2) return 1;
#endif
  __u64 byte = d->bytes[index];
#if FAULT == 3
  d->text[at] = hex.digit[byte >> 3];
#else
  d->text[at] = hex.digit[byte >> 4];
#endif
  d->text[at + 1] = hex.digit[byte & 15];
  if (index % 8 == 7) d->text[at + 2] = ' ';
#if FAULT == 5
  return d->length - index;
#else
  return 0;
#endif
}

SEC("socket")
int hex_dump(struct __sk_buff* skb) {
  struct dump d = {};
  __u64 length = skb->len;
#if FAULT == 2
  length &= 0x3ff;
#else
  if (length > BYTES) length = BYTES;
#endif
  asm volatile("" : "+r"(length));
#if FAULT != 2
  if (length > BYTES) return 0;
#endif
  if (length == 0) return 0;
  if (bpf_skb_load_bytes(skb, 0, d.bytes, length)) return 0;
  d.length = length;
  bpf_loop(BYTES, dump_byte, &d, 0);
#if FAULT == 4
  bpf_ringbuf_output(&dumps, d.text, skb->len, 0);
#else
  bpf_ringbuf_output(&dumps, d.text, sizeof(d.text), 0);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
