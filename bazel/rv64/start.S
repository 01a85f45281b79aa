// Start-up for a C program without an operating system: main's result becomes the exit code.
// A trap that the program did not arrange for ends it with exit code 0x100 + mcause.

  .section .text.start, "ax"
  .globl _start
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, _stack_top
  la t0, unexpected_trap
  csrw mtvec, t0
  call main
  j exit

  .align 2
unexpected_trap:
  csrr a0, mcause
  addi a0, a0, 0x100

  .globl exit
exit:
  slli a0, a0, 1
  ori a0, a0, 1
  la t0, tohost
  sd a0, 0(t0)
1:
  j 1b

  .section .tohost, "aw"
  .globl tohost
  .align 6
tohost:
  .dword 0
