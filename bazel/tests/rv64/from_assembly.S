  .section .text.start, "ax"
  .globl _start
_start:
  li t1, 1
  la t0, tohost
  sd t1, 0(t0)
1:
  j 1b

  .section .tohost, "aw"
  .globl tohost
  .align 6
tohost:
  .dword 0
