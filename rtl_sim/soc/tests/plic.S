// The PLIC as software sees it. The lines of sources 1 to 3 are three bytes of a device of the test
// at 0x4000_0000: a store of 1 raises one, of 0 lowers it.
#include "rtl_sim/core/tests/test.inc"

  .equ lines, 0x40000000
  .equ plic, 0x0c000000

// Levels of the lines; the loads give them the time to arrive.
  .macro line number, level
  li t0, lines
  li t1, \level
  sb t1, \number(t0)
  lb t1, \number(t0)
  .endm

  .macro external expected
  csrr a0, mip
  srli a0, a0, 11
  andi a0, a0, 1
  expect a0, \expected
  .endm

  .macro s_external expected
  csrr a0, mip
  srli a0, a0, 9
  andi a0, a0, 1
  expect a0, \expected
  .endm

  begin
  li s0, plic             // priorities
  li s1, plic + 0x1000    // pending
  li s2, plic + 0x2000    // enable, contexts 0x80 apart
  li s3, plic + 0x200000  // threshold and claim of machine mode
  li s4, plic + 0x201000  // and of supervisor mode

// Registers read back, as wide as they are
  case
  li a1, -1
  sw a1, 4(s0)
  lw a0, 4(s0)
  expect a0, 7
  sw a1, 0(s0)
  lw a0, 0(s0)
  bnez a0, fail
  case
  sw a1, 0(s2)
  lw a0, 0(s2)
  expect a0, -2
  sw zero, 0(s2)
  lw a0, 0x80(s2)
  bnez a0, fail
  case
  sw a1, 0(s3)
  lw a0, 0(s3)
  expect a0, 7
  sw zero, 0(s3)
  lw a0, 0(s4)
  bnez a0, fail

// A source that is not enabled is pending, but claims nothing
  case
  line 1, 1
  lw a0, (s1)
  expect a0, 2
  external 0
  case
  lw a0, 4(s3)
  bnez a0, fail

// Enabled, it interrupts machine mode only
  case
  li a1, 2
  sw a1, (s2)
  lw a0, (s2)
  external 1
  s_external 0

// Two more: the highest priority first, of equals the lowest number
  case
  li a1, 0xe
  sw a1, (s2)
  li a1, 3
  sw a1, 4(s0)
  sw a1, 8(s0)
  li a1, 5
  sw a1, 12(s0)
  line 2, 1
  line 3, 1
  lw a0, 4(s3)
  expect a0, 3
  case
  lw a0, 4(s3)
  expect a0, 1
  case
  lw a0, 4(s3)
  expect a0, 2
  case
  lw a0, 4(s3)
  bnez a0, fail
  external 0

// Completed with its line still high, a source is pending again; with it low, it is not
  case
  li a1, 3
  sw a1, 4(s3)
  lw a0, (s1)
  expect a0, 8
  external 1
  case
  lw a0, 4(s3)
  expect a0, 3
  line 3, 0
  li a1, 3
  sw a1, 4(s3)
  lw a0, (s1)
  bnez a0, fail
  external 0

// The threshold lets through what is above it
  case
  li a1, 1
  sw a1, 4(s3)
  lw a0, (s1)
  external 1
  li a1, 3
  sw a1, (s3)
  lw a0, (s3)
  external 0
  case
  li a1, 2
  sw a1, (s3)
  lw a0, (s3)
  external 1

// Supervisor mode has its own enables, and may complete what it claimed
  case
  li a1, 4
  sw a1, 0x80(s2)
  lw a0, (s1)
  s_external 0
  line 2, 0
  li a1, 2
  sw a1, 4(s4)
  line 2, 1
  s_external 1
  case
  sw zero, (s2)
  lw a0, (s2)
  external 0
  lw a0, 4(s4)
  expect a0, 2
  s_external 0

// Priority 0 is never
  case
  li a1, 2
  sw a1, (s2)
  sw zero, 4(s0)
  lw a0, 4(s0)
  external 0
  lw a0, 4(s3)
  bnez a0, fail

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
  nowhere "ld a0, 0(s0)", 5
  nowhere "lb a0, 4(s0)", 5
  nowhere "lw a0, 0x80(s0)", 5
  nowhere "sw a0, 8(s3)", 7
  nowhere "lw a0, 0x100(s2)", 5

  end
