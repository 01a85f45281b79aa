// Jumps to where there is no memory: the jump retires, the fetch behind it traps.
  .globl main
main:
  la t0, handler
  csrrw s11, mtvec, t0
  li s0, 64
  la s1, 1f
  jalr t1, 0(s0)
1:
  li s0, -2048
  la s1, 2f
  jr s0
2:
  csrw mtvec, s11
  li a0, 0
  ret

  .align 2
handler:
  csrr t2, mcause
  csrr t3, mepc
  csrr t4, mtval
  csrw mepc, s1
  mret
