// Loads and stores of each width at each alignment, and values that are used right away.
#include "macros.inc"
  NUMBERS
  .globl main
main:
  la s0, buffer
  li s1, 16               // offsets: page-crossing ones among them
  li s3, 0x123456789abcdef0
1:
  sd s3, 0(s0)
  ld a0, 0(s0)
  addi a0, a0, 1          // load, then use
  sw a0, 2(s0)
  lw a1, 1(s0)
  lwu a2, 3(s0)
  xor a3, a1, a2
  sh a3, 5(s0)
  lh a4, 4(s0)
  lhu a5, 6(s0)
  sb a4, 7(s0)
  lb a6, 7(s0)
  lbu a7, 0(s0)
  ld zero, 0(s0)
  sd zero, 8(s0)
  ld t0, 4(s0)            // behind the store, partly from it
  add s3, s3, t0
  addi s0, s0, 1
  addi s1, s1, -1
  bnez s1, 1b

  mv s0, sp               // negative offsets, and an address that depends on a load
  sd sp, -8(s0)
  ld t0, -8(s0)
  ld t1, -8(t0)
  sd t1, -2048(t1)
  li a0, 0
  ret

  .section .bss
  .align 12
  .skip 4088
buffer:
  .skip 64
