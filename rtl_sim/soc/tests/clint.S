// The CLINT as software sees it: registers, the timer's interrupt, the software interrupt.
#include "rtl_sim/core/tests/test.inc"

  .equ msip, 0x02000000
  .equ mtimecmp, 0x02004000
  .equ mtime, 0x0200bff8

  begin
  li s0, msip
  li s1, mtimecmp
  li s2, mtime

// Registers read back; msip has one bit
  case
  lw a0, (s0)
  bnez a0, fail
  li a1, -1
  sw a1, (s0)
  lw a0, (s0)
  expect a0, 1
  case
  csrr a0, mip
  andi a0, a0, 8
  expect a0, 8
  case
  sw zero, (s0)
  lw a0, (s0)
  bnez a0, fail
  csrr a0, mip
  andi a0, a0, 8
  bnez a0, fail

// mtimecmp, whole and by halves
  case
  ld a0, (s1)
  expect a0, -1
  li a1, 0x123456789abcdef0
  sd a1, (s1)
  ld a0, (s1)
  bne a0, a1, fail
  case
  lwu a0, 0(s1)
  expect a0, 0x9abcdef0
  lwu a0, 4(s1)
  expect a0, 0x12345678
  case
  li a1, 0x7eadbeef
  sw a1, 4(s1)
  ld a0, (s1)
  expect a0, 0x7eadbeef9abcdef0
  case
  sw a1, 0(s1)
  ld a0, (s1)
  expect a0, 0x7eadbeef7eadbeef

// mtime is what the time CSR shows, and goes up by one a cycle
  case
  csrr a1, time
  ld a2, (s2)
  csrr a3, time
  bgtu a1, a2, fail
  bgtu a2, a3, fail
  case
  li a1, 0x100000000
  sd a1, (s2)
  csrr a2, time
  sub a2, a2, a1
  li a3, 100
  bgtu a2, a3, fail
  case
  sw zero, 4(s2)
  csrr a2, time
  bgeu a2, a1, fail

// The timer's interrupt is pending from mtimecmp on, and not before
  case
  csrr a1, time
  addi a1, a1, 500
  sd a1, (s1)
  csrr a0, mip
  andi a0, a0, 0x80
  bnez a0, fail
1:
  csrr a2, time
  bltu a2, a1, 1b
  csrr a0, mip
  andi a0, a0, 0x80
  expect a0, 0x80
  case
  li a1, -1
  sd a1, (s1)
  csrr a0, mip
  andi a0, a0, 0x80
  bnez a0, fail

// wfi ends with it, and it is taken
  case
  la t0, timer
  csrw mtvec, t0
  li t0, 0x80
  csrw mie, t0
  csrr a1, time
  addi a1, a1, 300
  sd a1, (s1)
  csrsi mstatus, 8
  li a3, 0
2:
  wfi
  beqz a3, 2b
  bltu a4, a1, fail
  j after
  .align 2
timer:
  csrr a3, mcause
  csrr a4, time
  li a5, -1
  sd a5, (s1)
  mret
after:
  csrci mstatus, 8
  li a5, 0x8000000000000007
  bne a3, a5, fail

// Anything else there is nowhere
  .macro nowhere instruction, cause
  case
  la t0, 1f
  csrw mtvec, t0
  \instruction
  j fail
  .align 2
1:
  csrr a0, mcause
  expect a0, \cause
  .endm
  nowhere "lw a0, 4(s0)", 5
  nowhere "lb a0, 0(s0)", 5
  nowhere "sw a0, 8(s1)", 7
  nowhere "sh a0, 0(s1)", 7
  nowhere "ld a0, 0(s0)", 5

  end
