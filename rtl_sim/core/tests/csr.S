// Zicsr: forms of access; counters in M mode.
#include "rtl_sim/core/tests/test.inc"

  begin

  // The six forms: old value to rd, new value as the form says
  case
  li a1, 0xff00ff00ff00ff00
  csrw mscratch, a1
  li a2, 0x0123456789abcdef
  csrrw a0, mscratch, a2
  expect a0, 0xff00ff00ff00ff00
  li a1, 0xf000000000000000
  csrrs a0, mscratch, a1
  expect a0, 0x0123456789abcdef
  li a1, 0x0f
  csrrc a0, mscratch, a1
  expect a0, 0xf123456789abcdef
  csrrwi a0, mscratch, 31
  expect a0, 0xf123456789abcde0
  csrrsi a0, mscratch, 0
  expect a0, 31
  csrrci a0, mscratch, 6
  expect a0, 31
  csrrsi a0, mscratch, 4
  expect a0, 0x19
  csrr a0, mscratch
  expect a0, 0x1d

  // Source and destination the same; x0 as destination; the value used at once
  case
  li a0, 5
  csrrw a0, mscratch, a0
  addi a0, a0, 1
  expect a0, 0x1e
  csrrw x0, mscratch, x0
  csrr a0, mscratch
  add a0, a0, a0
  expect a0, 0

  // Back to back
  case
  csrwi mscratch, 3
  csrrsi a0, mscratch, 4
  csrrsi a1, mscratch, 8
  csrr a2, mscratch
  expect a0, 3
  expect a1, 7
  expect a2, 15

  // instret counts each instruction once, whatever stalls
  case
  csrr a0, minstret
  csrr a1, minstret
  sub a1, a1, a0
  expect a1, 1
  csrr a0, instret
  nop
  div a2, a0, a1
  ld a3, dummy
  addi a3, a3, 1
  csrr a1, instret
  sub a1, a1, a0
  expect a1, 6
  // A write takes effect after its own instruction
  csrwi minstret, 0
  csrr a0, minstret
  expect a0, 0
  csrr a0, minstret
  expect a0, 3    // li, bne, and the read before

  // cycle advances; inhibited, both counters stand
  case
  csrr a0, cycle
  csrr a1, cycle
  bgeu a0, a1, fail
  li a2, 5
  csrw 0x320, a2
  csrr a0, mcycle
  csrr a3, minstret
  nop
  nop
  csrr a1, mcycle
  csrr a4, minstret
  bne a0, a1, fail
  bne a3, a4, fail
  csrw 0x320, x0
  csrr a1, mcycle
  csrr a4, minstret
  sub a4, a4, a3
  expect a4, 1
  li a0, 1000
  csrw mcycle, a0
  csrr a1, mcycle
  li a2, 1100
  bltu a1, a0, fail
  bgeu a1, a2, fail

  // time advances
  case
  csrr a0, time
  csrr a1, time
  bgeu a0, a1, fail

  end

  .data
  .align 3
dummy:
  .dword 7
