// Every atomic operation in both widths, LR/SC that succeeds and fails.
#include "macros.inc"
  NUMBERS
  .globl main
main:
  la s3, word
#define AMO(op) sd a0, 0(s3); op a2, a1, (s3); ld a3, 0(s3)
  EACH_PAIR(AMO(amoswap.d)); EACH_PAIR(AMO(amoadd.d)); EACH_PAIR(AMO(amoxor.d))
  EACH_PAIR(AMO(amoand.d)); EACH_PAIR(AMO(amoor.d)); EACH_PAIR(AMO(amomin.d))
  EACH_PAIR(AMO(amomax.d)); EACH_PAIR(AMO(amominu.d)); EACH_PAIR(AMO(amomaxu.d))
  EACH_PAIR(AMO(amoswap.w)); EACH_PAIR(AMO(amoadd.w)); EACH_PAIR(AMO(amoxor.w))
  EACH_PAIR(AMO(amoand.w)); EACH_PAIR(AMO(amoor.w)); EACH_PAIR(AMO(amomin.w))
  EACH_PAIR(AMO(amomax.w)); EACH_PAIR(AMO(amominu.w)); EACH_PAIR(AMO(amomaxu.w))
  amoadd.d.aqrl zero, a1, (s3)
  amoswap.w.aq s3, a1, (s3)         // the destination is the address
  la s3, word

  lr.d a0, (s3)
  addi a0, a0, 1
  sc.d a1, a0, (s3)                 // succeeds
  sc.d a1, a0, (s3)                 // fails: the reservation is used up
  ld a2, 0(s3)
  lr.w.aq a0, (s3)
  sc.w.rl a1, a2, (s3)
  lr.w a0, (s3)
  addi t0, s3, 256
  sc.w a1, a2, (t0)                 // fails: reserved elsewhere
  lr.d a0, (s3)
  sc.d zero, a3, (s3)
  ld a2, 0(s3)
  li a0, 0
  ret

  .section .bss
  .align 3
word:
  .skip 512
