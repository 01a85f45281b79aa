// Interrupts, raised from outside by interrupt_test: counts what its handlers saw until told to stop.
//
// The main loop checks invariants that an interrupt in the wrong place would break: a counter in
// memory and its twin in a register, and a product.
#include "rtl_sim/core/tests/test.inc"

  begin
  la t0, vectors
  ori t0, t0, 1
  csrw mtvec, t0
  li t0, 0x888
  csrw mie, t0
  la s0, counts
  la s1, cell
  li s2, 0
  li s3, 7
  csrsi mstatus, 8

loop:
  addi s2, s2, 1
  li t0, 1
  amoadd.d t1, t0, (s1)
  mul t2, s2, s3
  div t3, t2, s3
  case
  bne t3, s2, fail
  ld t1, 0(s1)
  case
  bne t1, s2, fail
  sd t2, 8(s1)
  ld t4, 8(s1)
  case
  bne t4, t2, fail
  // With interrupts off for a few instructions, none comes
  csrci mstatus, 8
  ld t1, 0(s0)
  nop
  nop
  ld t2, 0(s0)
  csrsi mstatus, 8
  case
  bne t1, t2, fail
  ld t1, 24(s0)
  beqz t1, loop
  j done

// One slot a cause, of which 3, 7 and 11 are used
  .align 6
  .option push
  .option norvc
vectors:
  j unexpected_trap
  .rept 2
  j unexpected_slot
  .endr
  j software
  .rept 3
  j unexpected_slot
  .endr
  j timer
  .rept 3
  j unexpected_slot
  .endr
  j external
  .option pop

unexpected_slot:
  li gp, 0x300
  j fail

.macro handler name, cause, offset
\name:
  csrw mscratch, a0
  csrr a0, mcause
  sd a1, 32(s0)
  li a1, 0x8000000000000000 + \cause
  bne a0, a1, wrong_cause
  csrr a0, mtval
  bnez a0, wrong_cause
  ld a0, \offset(s0)
  addi a0, a0, 1
  sd a0, \offset(s0)
  ld a1, 32(s0)
  csrr a0, mscratch
  mret
.endm

  handler software, 3, 0
  handler timer, 7, 8
  handler external, 11, 16

wrong_cause:
  li gp, 0x301
  j fail

done:
  end

  .data
  .align 4
  .globl counts
counts:
  .dword 0, 0, 0   // software, timer, external
  .globl stop
stop:
  .dword 0
  .dword 0         // a1 of the interrupted program
cell:
  .dword 0, 0
