// What the programs share: each runs as `main`, keeps going whatever the results are, and returns 0.
// Lockstep compares the results, so none needs to be known here.
#pragma once

// Puts `op` to every pair of the interesting numbers.
#define EACH_PAIR(op)           \
  la s0, numbers;               \
  la s1, numbers_end;           \
10:                             \
  ld a0, 0(s0);                 \
  la s2, numbers;               \
11:                             \
  ld a1, 0(s2);                 \
  op;                           \
  addi s2, s2, 8;               \
  bne s2, s1, 11b;              \
  addi s0, s0, 8;               \
  bne s0, s1, 10b

#define NUMBERS                                                             \
  .section .rodata;                                                         \
  .align 3;                                                                 \
numbers:                                                                    \
  .dword 0, 1, -1, 31, 32, 63, 64, 0x7fffffff, 0x80000000, 0xffffffff;      \
  .dword 0x7fffffffffffffff, 0x8000000000000000, 0x8000000080000000;        \
  .dword 0x0123456789abcdef, 0xfedcba9876543210, 0xffffffff80000000, 0xc0804df568; \
numbers_end:                                                                \
  .text
