// The UART as software sees it: sends "ready\n", then sends back what it receives, each character
// by an interrupt through the PLIC, until it receives a full stop.
#include "rtl_sim/core/tests/test.inc"

  .equ uart, 0x10000000
  .equ plic, 0x0c000000
  .equ source, 10

  begin
  li s0, uart
  li s1, plic
  li s2, plic + 0x200000

// The divisor takes the place of the first two registers
  case
  li a1, 0x83
  sb a1, 3(s0)
  li a1, 13
  sb a1, 0(s0)
  sb zero, 1(s0)
  lbu a0, 0(s0)
  expect a0, 13
  li a1, 3
  sb a1, 3(s0)
  lbu a0, 1(s0)
  bnez a0, fail
  lbu a0, 3(s0)
  expect a0, 3

// Scratch; the transmitter is always empty; nothing has come yet
  case
  li a1, 0x5a
  sb a1, 7(s0)
  lbu a0, 7(s0)
  expect a0, 0x5a
  lbu a0, 5(s0)
  expect a0, 0x60
  lbu a0, 2(s0)
  expect a0, 1

// That the transmitter is empty is told once
  case
  li a1, 2
  sb a1, 1(s0)
  lbu a0, 2(s0)
  expect a0, 2
  lbu a0, 2(s0)
  expect a0, 1
  sb zero, 1(s0)

  la s3, text
1:
  lbu a1, (s3)
  beqz a1, 2f
  sb a1, (s0)
  addi s3, s3, 1
  j 1b

2:
  case
  la t0, received
  csrw mtvec, t0
  li a1, 1
  sw a1, 4 * source(s1)
  li a1, 1 << source
  li t0, plic + 0x2000
  sw a1, (t0)
// The PLIC has not forgotten that the line was up for a while
  lw a2, 4(s2)
  li a1, source
  bne a2, a1, fail
  sw a2, 4(s2)
  lw a2, 4(s2)
  bnez a2, fail
  li a1, 1
  sb a1, 1(s0)
  li a1, 0x800
  csrw mie, a1
  csrsi mstatus, 8
  li s4, 0
3:
  wfi
  li a1, '.'
  bne s4, a1, 3b
  csrci mstatus, 8
  j done

  .align 2
received:
  csrr a0, mcause
  li a1, 0x800000000000000b
  bne a0, a1, fail
  lw a2, 4(s2)
  li a1, source
  bne a2, a1, fail
  lbu a0, 2(s0)
  li a1, 4
  bne a0, a1, fail
  lbu a0, 5(s0)
  li a1, 0x61
  bne a0, a1, fail
  lbu s4, (s0)
  sb s4, (s0)
  sw a2, 4(s2)
  mret

done:
// Only bytes, and only eight of them
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
  nowhere "lw a0, 0(s0)", 5
  nowhere "lb a0, 8(s0)", 5
  nowhere "sh a0, 0(s0)", 7

  end

  .section .rodata
text:
  .string "ready\n"
