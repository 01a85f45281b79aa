// SPDX-License-Identifier: Apache-2.0
// What the corpus' programs share: types, and the way into a packet.
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdint.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef const uint8_t* bytes;

#define BEGIN(ctx) ((bytes)(long)(ctx)->data)
#define END(ctx) ((bytes)(long)(ctx)->data_end)

// Big-endian numbers, byte by byte: at any alignment.
static __always_inline uint32_t be16(bytes at) { return (uint32_t)at[0] << 8 | at[1]; }

static __always_inline uint32_t le32(bytes at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
