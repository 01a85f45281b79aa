// Branches taken and not, forwards and backwards, calls, and jumps through registers.
#include "macros.inc"
  NUMBERS
  .globl main
main:
  mv s11, ra
#define TRY(op) op a0, a1, 1f; addi s3, s3, 1; 1: add s3, s3, s3
  EACH_PAIR(TRY(beq)); EACH_PAIR(TRY(bne)); EACH_PAIR(TRY(blt)); EACH_PAIR(TRY(bge))
  EACH_PAIR(TRY(bltu)); EACH_PAIR(TRY(bgeu))

  li s0, 50               // a pattern that is hard to predict
  li s1, 0x5a5a3c3c
1:
  andi t0, s1, 1
  beqz t0, 2f
  addi s2, s2, 3
2:
  rori s1, s1, 1
  slli t1, s1, 3
  xor s1, s1, t1
  addi s0, s0, -1
  bnez s0, 1b

  li a0, 12
  call fibonacci
  la t0, 3f
  jalr t1, 1(t0)          // bit 0 of the target is cleared
  nop
3:
  la t0, 4f
  jalr t0, 0(t0)          // the destination is the source
  nop
4:
  .option push
  .option norvc
  j 5f
  .option pop
  .half 0                 // never executed; what follows is not 4-byte aligned
5:
  addi t0, t0, 1
  li a0, 0
  mv ra, s11
  ret

fibonacci:
  li t0, 2
  bltu a0, t0, 1f
  addi sp, sp, -16
  sd ra, 0(sp)
  sd a0, 8(sp)
  addi a0, a0, -1
  call fibonacci
  ld t0, 8(sp)
  sd a0, 8(sp)
  addi a0, t0, -2
  call fibonacci
  ld t0, 8(sp)
  add a0, a0, t0
  ld ra, 0(sp)
  addi sp, sp, 16
1:
  ret
