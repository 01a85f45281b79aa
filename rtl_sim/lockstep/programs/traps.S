// Each exception that machine mode can raise on itself, and the way back.
#define TRAP(...) __VA_ARGS__; nop

  .globl main
main:
  la t0, handler
  csrrw s11, mtvec, t0
  li s0, 0

  TRAP(ecall)
  TRAP(ebreak)
  TRAP(.word 0xffffffff)
  TRAP(.word 0x00000073 | 7 << 7)   // no such system instruction
  TRAP(.half 0)
  TRAP(ld a0, 0(zero))
  TRAP(lb a0, 9(zero))
  TRAP(sd a0, 16(zero))
  TRAP(lw a0, 24(zero))
  TRAP(csrr a0, 0x7c0)              // no such CSR
  TRAP(csrw mhartid, a0)            // read-only
  TRAP(csrr a0, 0x680)              // the hypervisor's
  TRAP(c.ebreak)
  li a0, -1
  TRAP(sb a0, 0(a0))
  TRAP(ld a0, -7(a0))

  la t0, 1f                         // a handler right behind the instruction that traps
  csrw mtvec, t0
  li a1, 77
  ld a1, 0(zero)
  .align 2
1:
  csrr a2, mcause
  csrr a3, mepc
  csrr a4, mtval
  la t0, 2f                         // once more, the same cause at another address
  csrw mtvec, t0
  ld a1, 0(zero)
  .align 2
2:
  csrr a2, mcause
  csrr a3, mepc
  csrw mcause, zero                 // what the program writes itself is no trap
  csrr a2, mcause
  li a2, 11
  csrrw a3, mcause, a2
  csrrs a3, mcause, zero
  csrrci a3, mcause, 3
  csrr a3, mcause

  csrw mtvec, s11
  addi a0, s0, -15
  ret

  // Skips the instruction that trapped, whatever its length.
  .align 2
handler:
  csrr t0, mepc
  csrr t1, mcause
  csrr t2, mtval
  lhu t3, 0(t0)
  andi t3, t3, 3
  addi t0, t0, 2
  li t4, 3
  bne t3, t4, 1f
  addi t0, t0, 2
1:
  csrw mepc, t0
  addi s0, s0, 1
  mret
