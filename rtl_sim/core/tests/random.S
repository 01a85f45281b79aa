// Frame around random instructions: reference_test fills `body` with them.
//
// Whatever traps goes on at another place in the body, with s0 and s1 pointing to data again.

  .section .text.start, "ax"
  .globl _start
  .option norelax
_start:
  la t0, handler
  csrw mtvec, t0
  csrwi mie, 8        // pending all the time, so that wfi ends
  la s0, data
  la s1, data + 8
  la t0, body
  jr t0

  .align 2
handler:
  csrr t0, mepc
  addi t0, t0, 2
  li t1, 0x7ffe
  and t0, t0, t1
  la t1, body
  add t0, t0, t1
  csrw mepc, t0
  la s0, data
  la s1, data + 8
  mret

  .align 15
  .globl body
body:
  .space 0x8000

  .section .tohost, "aw"
  .globl tohost
  .align 6
tohost:
  .dword 0

  .data
  .align 4
  .space 4096
data:
  .space 4096
