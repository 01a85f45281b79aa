// A and D: set by the core in the page table, when and only when an access happens.
#include "rtl_sim/core/tests/sv39.inc"

// One access to a page with these flags, and the flags afterwards.
.macro updates flags, then, mode, insn:vararg
  page \flags
  works \mode, \insn
  entry_is low, 5, \then
.endm

// A faulting access leaves the entry alone.
.macro leaves flags, mode, cause, insn:vararg
  page \flags
  faults \mode, \cause, \insn
  entry_is low, 5, \flags
.endm

  begin_sv39

  .equ New, Rwx & ~(Pa | Pd)
  .equ Clean, Rwx & ~Pd

  // ---------------------------------------------------------------------------------------------
  // Each kind of access
  // ---------------------------------------------------------------------------------------------

  updates New, Clean, S, ld a0, 8(a1)
  updates New, Clean, S, lr.w a0, (a1)
  updates New, Clean, S, jalr a4, 0(a1)
  updates New, Rwx, S, sb x0, 9(a1)
  updates New, Rwx, S, amoadd.w a0, x0, (a1)
  updates New | Pu, Clean | Pu, U, ld a0, 8(a1)
  updates New | Pu, Clean | Pu, U, jalr a4, 0(a1)
  updates New | Pu, Rwxu, U, sd a0, 16(a1)
  // D without A
  updates New | Pd, Rwx, S, ld a0, 8(a1)
  updates New | Pd, Rwx, S, jalr a4, 0(a1)
  // Nothing to do
  updates Clean, Clean, S, ld a0, 8(a1)
  updates Rwx, Rwx, S, sd a0, 8(a1)
  // Rights that are not needed do not matter
  updates New & ~(Pw | Px), Clean & ~(Pw | Px), S, ld a0, 8(a1)
  updates New & ~Px, Rwx & ~Px, S, sd a0, 8(a1)
  updates New & ~(Pr | Pw), Clean & ~(Pr | Pw), S, jalr a4, 0(a1)
  // SC that succeeds, on a page that its LR has only read
  page New
  works S, lr.d a0, (a1)
  entry_is low, 5, Clean
  case
  la s0, 1f
  enter S
  lr.d a0, (a1)
  sc.d a3, a0, (a1)
  ecall
1:
  expect s1, 9
  expect a3, 0
  entry_is low, 5, Rwx

  // The rest of the entry stays: software's bits, G and the page number
  case
  entry low, 5, page_b, New | 0x300 | Pg
  sd x0, 48(t0)
  works S, sd x0, 24(a1)
  la t0, low
  ld a0, 40(t0)
  la a3, page_b
  srli a3, a3, 2
  addi a3, a3, Rwx | Pg
  addi a3, a3, 0x300
  bne a0, a3, fail
  ld a0, 48(t0)
  expect a0, 0

  // After a load the page is in the TLB without D: the first store still sets it
  page New
  works S, ld a0, 8(a1)
  entry_is low, 5, Clean
  works S, ld a0, 8(a1)
  entry_is low, 5, Clean
  works S, sd a0, 8(a1)
  entry_is low, 5, Rwx
  // Data and fetch do not know of each other's
  page New
  fetches S
  entry_is low, 5, Clean
  works S, sd a0, 16(a1)
  entry_is low, 5, Rwx

  // ---------------------------------------------------------------------------------------------
  // Faults update nothing
  // ---------------------------------------------------------------------------------------------

  mv a2, a1
  leaves New & ~Pw, S, 15, sd a0, 0(a1)
  leaves New & ~(Pr | Pw), S, 13, ld a0, 0(a1)
  leaves New | Pu, S, 13, ld a0, 0(a1)
  leaves New | Pu, S, 15, sd a0, 0(a1)
  leaves New, U, 13, ld a0, 0(a1)
  leaves New, U, 15, sd a0, 0(a1)
  leaves New & ~Pv, S, 13, ld a0, 0(a1)
  page New & ~Px
  fetch_faults S
  entry_is low, 5, New & ~Px
  // Misaligned atomics, too
  addi a1, a1, 2
  mv a2, a1
  leaves New, S, 4, lr.w a0, (a1)
#ifndef QEMU                    // 7.2 reports a load's fault
  leaves New, S, 6, amoadd.w a0, a0, (a1)
#endif
  li a1, 0x5000

  // ---------------------------------------------------------------------------------------------
  // Superpages, and tables: these have neither
  // ---------------------------------------------------------------------------------------------

  raw_entry mid, 3, 0x80200000 >> 2 | New
  li a1, 0x612000
  works S, ld a0, 8(a1)
  entry_is mid, 3, Clean
  li a1, 0x7ff000
  works S, sd a0, 8(a1)
  entry_is mid, 3, Rwx
  raw_entry root, 3, 0x80000000 >> 2 | New
  li a1, 0xc0212000
  works S, ld a0, 8(a1)
  entry_is root, 3, Clean
  li a1, 0xc03ff000
  works S, sd a0, 8(a1)
  entry_is root, 3, Rwx
  entry_is root, 0, Pv
  entry_is mid, 0, Pv

  // ---------------------------------------------------------------------------------------------
  // D is exact: no store that does not happen sets it
  // ---------------------------------------------------------------------------------------------

  // Behind a branch that goes the other way for the first time
  case
  li a1, 0x5000
  page New
  la a5, low
  li a3, 20
  la s0, 3f
  enter S
1:
  addi a3, a3, -1
  mul a4, a3, a3
  beqz a4, 2f              // was never taken so far
  lbu a0, 40(a5)
  andi a0, a0, Pd
  bnez a0, fail
  j 1b
2:
  ecall
  .rept 4
  sd x0, 8(a1)
  .endr
3:
  expect s1, 9
  entry_is low, 5, New
  // Behind a trap of the load before it
  case
  page New
  la s0, 1f
  enter S
  ld a0, 0(x0)
  sd x0, 8(a1)
  j fail
1:
  expect s1, 13
  entry_is low, 5, New
  // Behind a jump whose target comes late
  case
  page New
  la s0, 3f
  enter S
  la a4, 1f
  mul a4, a4, a0
  la a4, 1f
  jr a4
  sd x0, 8(a1)
  j fail
1:
  ecall
3:
  expect s1, 9
  entry_is low, 5, New

  end_sv39
