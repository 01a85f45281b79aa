// wfi: what ends it, where an interrupt finds it, who may wait.
#include "rtl_sim/core/tests/privilege.inc"

  .equ clint_mtimecmp, 0x2004000
  .equ clint_mtime, 0x200bff8
  .equ delay, 1000         // mtime's ticks, which are cycles in our core

// The timer line will rise, having been low.
.macro set_timer
  li t0, clint_mtimecmp
  li t1, -1
  sd t1, (t0)
.Llow\@:
  csrr t1, mip
  andi t1, t1, 0x80
  bnez t1, .Llow\@
  li t1, clint_mtime
  ld a0, (t1)
  addi a0, a0, delay
  sd a0, (t0)
.endm

  begin_privileged
  csrw mideleg, x0
  csrw mip, x0
  csrw mie, x0

  // Something pends and is enabled in mie: no wait, though no mode takes it
  case
  csrwi mip, 2
  csrwi mie, 2
  csrci mstatus, 10
  wfi
  wfi
  csrwi mideleg, 2
  wfi
  csrsi mstatus, 8         // delegated: M mode does not take it even so
  wfi
  csrci mstatus, 8
  allowed M, wfi
  allowed S, wfi
  csrw mip, x0
  .irp bits, 0x020, 0x200, 0x222
  case
  li a0, \bits
  csrw mideleg, x0
  csrw mip, a0
  csrw mie, a0
  wfi
  csrw mideleg, a0
  wfi
  allowed S, wfi
  .endr
  csrw mip, x0
  csrw mie, x0
  csrw mideleg, x0

  // The timer ends it, not earlier; interrupts are off
  case
  li a3, 0x80
  csrw mie, a3
  set_timer
1:
  wfi
  csrr a1, mip
  and a1, a1, a3
  beqz a1, 1b
  li t0, clint_mtime
  ld a1, (t0)
  bltu a1, a0, fail
  // It still pends: no wait
  wfi
  csrr a1, time
  bltu a1, a0, fail

  // With interrupts on it is taken behind wfi, which has retired
.macro woken mode, status
  case
  csrw mie, x0
  set_timer
  csrw mie, a3
  csrci mstatus, 10
  la s0, 4f
  li t0, 0x1880
  csrc mstatus, t0
  li t0, \mode << 11 | \status
  csrs mstatus, t0
  la t0, 1f
  csrw mepc, t0
  mret
1:
  wfi
2:
  j 1b
  j fail
4:
  li a1, 1 << 63 | 7
  bne s1, a1, fail
  bnez s3, fail
  expect_bits s4, 0x1888, \mode << 11 | \status
  la a1, 2b
#ifdef QEMU  // whose timer may come before it gets there
  la a2, 1b
  beq s2, a2, .Lend\@
#endif
  bne s2, a1, fail
.Lend\@:
  li t0, clint_mtime
  ld a1, (t0)
  bltu a1, a0, fail
.endm

  woken M, 0x80
  woken S, 0
  woken S, 0x80
  // In U mode there is no waiting: S mode exists
  csrw mie, x0
  to_m U, 2, 0x10500073, wfi

  // TW: S mode must not wait either, whether anything pends or not
  li t0, 1 << 21
  csrs mstatus, t0
  to_m S, 2, 0x10500073, wfi
  to_m U, 2, 0x10500073, wfi
  li t0, 0x20
  csrw mip, t0
  csrw mie, t0
  csrw mideleg, t0
  csrci mstatus, 2
  to_m S, 2, 0x10500073, wfi
  allowed M, wfi
  li t0, 1 << 21
  csrc mstatus, t0
  allowed S, wfi

  end_privileged
