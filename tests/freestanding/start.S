// Entry: clear .bss, set the stack, run main, hand its result to the host through HTIF `tohost`
// (1 for success, code << 1 | 1 otherwise). A trap ends the run with the code 1000 + mcause.
  .section .text.start, "ax"
  .globl _start
_start:
  la t0, trap
  csrw mtvec, t0
  la sp, __stack_top
  la t0, __bss_start
  la t1, __bss_end
1:
  bgeu t0, t1, 2f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 1b
2:
  call main
finish:
  slli a0, a0, 1
  ori a0, a0, 1
  la t0, tohost
  sd a0, 0(t0)
3:
  j 3b

  .balign 4
trap:
  csrr a0, mcause
  addi a0, a0, 1000
  j finish

  .section .tohost, "aw"
  .balign 64
  .globl tohost
tohost:
  .dword 0
  .balign 64
  .globl fromhost
fromhost:
  .dword 0
