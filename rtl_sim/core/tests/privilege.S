// Every way from one privilege mode to another, what it does to mstatus, and who may do what.
#include "rtl_sim/core/tests/privilege.inc"

  begin_privileged
  csrwi mideleg, 0
  csrw mie, x0

  // ---------------------------------------------------------------------------------------------
  // Calls and returns
  // ---------------------------------------------------------------------------------------------

  // Up to M mode, from each mode
  to_m U, 8, 0, ecall
  to_m S, 9, 0, ecall
  to_m M, 11, 0, ecall
  // Up to S mode: only from U and S, never from M, though all is delegated (but S mode's ecall, by
  // which the frame comes back)
  li t0, ~(1 << 9)
  csrw medeleg, t0
  to_m M, 11, 0, ecall
  to_s U, 8, 0, ecall
  li t0, 1 << 9
  csrw medeleg, t0
  to_s S, 9, 0, ecall
  csrw medeleg, x0

  // From M mode down by sret, as SPP says
.macro sret_from_m mode
  case
  li t0, 0x100
  csrc mstatus, t0
  li t0, (\mode << 8)
  csrs mstatus, t0
  la t0, 1f
  csrw sepc, t0
  la s0, 2f
  sret
  j fail
1:
  ecall
  j fail
2:
  expect s1, 8 + \mode
.endm
  sret_from_m U
  sret_from_m S

  // From S mode down by sret to U, and back to S
.macro sret_from_s mode
  case
  la s0, 2f
  enter S
  li t0, 0x100
  csrc sstatus, t0
  li t0, (\mode << 8)
  csrs sstatus, t0
  la t0, 1f
  csrw sepc, t0
  sret
  j fail
1:
  ecall
  j fail
2:
  expect s1, 8 + \mode
.endm
  sret_from_s U
  sret_from_s S

  // ---------------------------------------------------------------------------------------------
  // The stacks in mstatus
  // ---------------------------------------------------------------------------------------------

  // A trap into M mode: MPIE = MIE, MIE = 0; mret: MIE = MPIE, MPIE = 1, MPP = U
.macro machine_stack mie
  case
  li t0, 0x88
  csrc mstatus, t0
  li t0, (\mie << 7)
  csrs mstatus, t0
  la s0, 1f
  enter U
  ecall
  j fail
1:
  expect_bits s4, 0x1888, (\mie << 7)
  csrsi mstatus, 8
  la t0, 2f
  csrw mepc, t0
  li t0, 0x1800
  csrs mstatus, t0
  mret
  j fail
2:
  csrr a0, mstatus
  expect_bits a0, 0x1888, (0x80 | \mie << 3)
  csrci mstatus, 8
.endm
  machine_stack 0
  machine_stack 1

  // A trap into S mode and sret likewise; M mode's bits stay
.macro supervisor_stack sie
  case
  li t0, 1 << 8
  csrw medeleg, t0
  csrci mstatus, 2
  csrsi mstatus, (\sie << 1)
  la s0, 2f
  la s9, 1f
  enter U
  ecall
  j fail
1:
  expect_bits s8, 0x122, (\sie << 5)
  la t0, 3f
  csrw sepc, t0
  li t0, 0x100
  csrs sstatus, t0
  sret
  j fail
3:
  csrr a0, sstatus
  ecall                   // from S: not delegated
  j fail
2:
  expect s1, 9
  expect_bits a0, 0x122, (0x20 | \sie << 1)
  expect_bits s4, 0x122, (0x20 | \sie << 1)
  csrci mstatus, 2
.endm
  supervisor_stack 0
  supervisor_stack 1
  csrw medeleg, x0

  // A trap into M mode leaves S mode's bits and registers
  case
  li t0, 0x122
  csrs mstatus, t0
  li t0, 0x1234
  csrw sepc, t0
  csrw scause, t0
  csrw stval, t0
  la s0, 1f
  ecall
  j fail
1:
  expect_bits s4, 0x122, 0x122
  csrr a0, sepc
  expect a0, 0x1234
  csrr a0, scause
  expect a0, 0x1234
  csrr a0, stval
  expect a0, 0x1234
  li t0, 0x122
  csrc mstatus, t0

  // ---------------------------------------------------------------------------------------------
  // Instructions that are not for every mode
  // ---------------------------------------------------------------------------------------------

  to_m U, 2, 0x30200073, mret
  to_m S, 2, 0x30200073, mret
  to_m U, 2, 0x10200073, sret
  to_m U, 2, 0x12000073, sfence.vma
  to_m U, 2, 0x12b50073, sfence.vma a0, a1
  to_m U, 2, 0x10500073, wfi
  allowed S, sfence.vma
  allowed M, sfence.vma
  allowed U, fence
  allowed U, fence.i

  // TSR: sret in S mode
  li t0, 1 << 22
  csrs mstatus, t0
  to_m S, 2, 0x10200073, sret
  to_m U, 2, 0x10200073, sret
  sret_from_m S
  li t0, 1 << 22
  csrc mstatus, t0
  sret_from_s S

  // TVM: satp and sfence.vma in S mode, not in M mode
  allowed S, csrr a0, satp
  allowed S, csrw satp, x0
  li t0, 1 << 20
  csrs mstatus, t0
  to_m S, 2, 0x18002573, csrr a0, satp
  to_m S, 2, 0x18001073, csrw satp, x0
  to_m S, 2, 0x12000073, sfence.vma
  allowed M, csrr a0, satp
  allowed M, csrw satp, x0
  allowed M, sfence.vma
  allowed S, csrr a0, stvec
  li t0, 1 << 20
  csrc mstatus, t0
  allowed S, csrr a0, satp

  // TW: wfi in S mode; something pends, so that it would not wait
  csrci mstatus, 2
  csrwi mie, 2
  csrwi mip, 2
  csrwi mideleg, 2
  allowed S, wfi
  allowed M, wfi
  li t0, 1 << 21
  csrs mstatus, t0
  to_m S, 2, 0x10500073, wfi
  allowed M, wfi
  csrwi mie, 0            // U mode would take the interrupt
  to_m U, 2, 0x10500073, wfi
  li t0, 1 << 21
  csrc mstatus, t0
  csrwi mie, 0
  csrwi mip, 0
  csrwi mideleg, 0

  // ---------------------------------------------------------------------------------------------
  // Registers that are not for every mode
  // ---------------------------------------------------------------------------------------------

  .irp address, 0x300, 0x301, 0x302, 0x304, 0x305, 0x306, 0x30a, 0x320, 0x323, 0x340, 0x341, 0x344
  to_m S, 2, \address << 20 | 0x2573, csrr a0, \address
  to_m U, 2, \address << 20 | 0x2573, csrr a0, \address
  .endr
  .irp address, 0x3a0, 0x3b0, 0xb00, 0xb02, 0xb03, 0xf11, 0xf14
  .if \address < 0x800
  to_m S, 2, \address << 20 | 0x2573, csrr a0, \address
  .else
  to_m S, 2, (\address << 20 | 0x2573) & 0xffffffff, csrr a0, \address
  .endif
  to_m U, 2, (\address << 20 | 0x2573) & 0xffffffff, csrr a0, \address
  .endr
  .irp address, 0x100, 0x104, 0x105, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x180
  allowed S, csrr a0, \address
  to_m U, 2, \address << 20 | 0x2573, csrr a0, \address
  .endr
  // A write traps likewise, and writes nothing
  case
  csrwi sscratch, 3
  csrwi mscratch, 5
  to_m U, 2, 0x1403d073, csrwi sscratch, 7
  to_m S, 2, 0x3403d073, csrwi mscratch, 7
  csrr a0, sscratch
  expect a0, 3
  csrr a0, mscratch
  expect a0, 5
  // Nor is rd written
  case
  li a0, 77
  to_m U, 2, 0x14002573, csrr a0, sscratch
  expect a0, 77

  // Counters: mcounteren for S, with scounteren for U. Each bit by itself.
.macro counter address, n
  li a3, 1 << \n
  csrw mcounteren, x0
  csrw scounteren, a3
  to_m S, 2, \address << 20 | 0x2573, csrr a0, \address
  to_m U, 2, \address << 20 | 0x2573, csrr a0, \address
  allowed M, csrr a0, \address
  csrw mcounteren, a3
  allowed S, csrr a0, \address
  allowed U, csrr a0, \address
  csrw scounteren, x0
  allowed S, csrr a0, \address
  to_m U, 2, \address << 20 | 0x2573, csrr a0, \address
  // The others' bits are of no use
  not a3, a3
  csrw mcounteren, a3
  csrw scounteren, a3
  to_m S, 2, \address << 20 | 0x2573, csrr a0, \address
  to_m U, 2, \address << 20 | 0x2573, csrr a0, \address
.endm
  counter 0xc00, 0
  counter 0xc01, 1
  counter 0xc02, 2
  counter 0xc03, 3
  counter 0xc0a, 10
  counter 0xc1f, 31
  // Reading is all that is ever allowed
  li t0, -1
  csrw mcounteren, t0
  csrw scounteren, t0
  to_m U, 2, 0xc0001073, csrw cycle, x0
  to_m S, 2, 0xc0101073, csrw time, x0
  to_m M, 2, 0xc0201073, csrw instret, x0

  // ---------------------------------------------------------------------------------------------
  // MPRV: loads and stores of M mode as if in MPP. Entry 0 of the PMP hides `secret` from S and U.
  // ---------------------------------------------------------------------------------------------

  case
  la a2, secret
  srli t0, a2, 2
  csrw pmpaddr0, t0
  addi t0, t0, 2
  csrw pmpaddr1, t0
  li t0, -1
  csrw pmpaddr2, t0
  li t0, 0x1f0800          // 1: TOR, nothing allowed; 2: all
  csrw pmpcfg0, t0
  la a2, secret
  li a3, 42

.macro as_user mode, insn:vararg
  case
  la s0, .Lm\@
  li t0, 0x1800
  csrc mstatus, t0
  li t0, 1 << 17 | \mode << 11
  csrs mstatus, t0
.Linsn\@:
  \insn
.Lecall\@:
  ecall
.Lm\@:
  li t0, 1 << 17
  csrc mstatus, t0
.endm
  as_user U, ld a0, (a2)
  expect s1, 5
  bne s3, a2, fail
  expect_bits s4, 1 << 17 | 0x1800, 1 << 17 | 0x1800
  as_user S, sd a3, (a2)
  expect s1, 7
  as_user S, lw a0, 4(a2)
  expect s1, 5
  as_user M, ld a0, (a2)
  expect s1, 11
  expect a0, 1234
  to_m U, 5, a2, ld a0, (a2)
  to_m S, 7, a2, sd a3, (a2)
  // Fetch is not affected: the above ran. A return to a lower mode clears MPRV...
  case
  li t0, 1 << 17
  csrs mstatus, t0
  la s0, 1f
  enter S
  ecall
1:
#ifndef QEMU  // which leaves it set
  expect_bits s4, 1 << 17, 0
#endif
  // ... one to M mode does not
  case
  li t0, 1 << 17 | 3 << 11
  csrs mstatus, t0
  la t0, 1f
  csrw mepc, t0
  mret
1:
  csrr a0, mstatus
  expect_bits a0, 1 << 17 | 0x1800, 1 << 17   // MPP is U now
  la s0, 1f
  ld a0, (a2)
1:
  expect s1, 5
  // and sret from M mode does
  case
  li t0, 1 << 17
  csrs mstatus, t0
  li t0, 0x100
  csrs mstatus, t0
  la t0, 1f
  csrw sepc, t0
  la s0, 2f
  sret
1:
  ecall
2:
  expect s1, 9
#ifndef QEMU
  expect_bits s4, 1 << 17, 0
#endif

  end_privileged

  .data
  .align 3
secret:
  .dword 1234
