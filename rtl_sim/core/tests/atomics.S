// A: every AMO on words and double words, LR and SC that succeed and fail.
#include "rtl_sim/core/tests/test.inc"

// Operation, memory before, rs2, expected rd, expected memory. The word forms work on the low half.
.macro amo op, before, operand, expected_rd, expected_memory
  case
  la a1, cell
  li a2, \before
  sd a2, 0(a1)
  li a3, \operand
  \op a0, a3, (a1)
  ld a4, 0(a1)
  expect a0, \expected_rd
  expect a4, \expected_memory
  // Destination and source the same, result used at once
  sd a2, 0(a1)
  \op a3, a3, (a1)
  addi a3, a3, 1
  li t6, \expected_rd
  addi t6, t6, 1
  bne a3, t6, fail
.endm

  begin

  amo amoswap.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x123456776543210
  amo amoswap.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0xfedcba9876543210
  amo amoswap.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff00000001
  amo amoswap.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x1
  amo amoswap.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x80000000ffffffff
  amo amoswap.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0xffffffffffffffff
  amo amoswap.w, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffb
  amo amoswap.d, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffffffffffb
  amo amoswap.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffffffffffff
  amo amoswap.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0xffffffff

  amo amoadd.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x1234567ffffffff
  amo amoadd.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0xffffffffffffffff
  amo amoadd.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff80000000
  amo amoadd.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x7fffffff80000000
  amo amoadd.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x800000007fffffff
  amo amoadd.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0x800000007fffffff
  amo amoadd.w, 0x5, 0xfffffffffffffffb, 0x5, 0x0
  amo amoadd.d, 0x5, 0xfffffffffffffffb, 0x5, 0x0
  amo amoadd.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffff00000000
  amo amoadd.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0x0

  amo amoxor.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x1234567ffffffff
  amo amoxor.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0xffffffffffffffff
  amo amoxor.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff7ffffffe
  amo amoxor.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x7fffffff7ffffffe
  amo amoxor.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x800000007fffffff
  amo amoxor.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0x7fffffff7fffffff
  amo amoxor.w, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffe
  amo amoxor.d, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffffffffffe
  amo amoxor.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xfffffffffffffffe
  amo amoxor.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0xfffffffffffffffe

  amo amoand.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x123456700000000
  amo amoand.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0x0
  amo amoand.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff00000001
  amo amoand.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x1
  amo amoand.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x8000000080000000
  amo amoand.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0x8000000080000000
  amo amoand.w, 0x5, 0xfffffffffffffffb, 0x5, 0x1
  amo amoand.d, 0x5, 0xfffffffffffffffb, 0x5, 0x1
  amo amoand.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffff00000001
  amo amoand.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0x1

  amo amoor.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x1234567ffffffff
  amo amoor.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0xffffffffffffffff
  amo amoor.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff7fffffff
  amo amoor.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x7fffffff7fffffff
  amo amoor.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x80000000ffffffff
  amo amoor.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0xffffffffffffffff
  amo amoor.w, 0x5, 0xfffffffffffffffb, 0x5, 0xffffffff
  amo amoor.d, 0x5, 0xfffffffffffffffb, 0x5, 0xffffffffffffffff
  amo amoor.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffffffffffff
  amo amoor.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0xffffffffffffffff

  amo amomin.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x123456789abcdef
  amo amomin.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0xfedcba9876543210
  amo amomin.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff00000001
  amo amomin.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x1
  amo amomin.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x8000000080000000
  amo amomin.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0x8000000080000000
  amo amomin.w, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffb
  amo amomin.d, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffffffffffb
  amo amomin.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffffffffffff
  amo amomin.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0xffffffff00000001

  amo amomax.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x123456776543210
  amo amomax.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0x123456789abcdef
  amo amomax.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff7fffffff
  amo amomax.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x7fffffff7fffffff
  amo amomax.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x80000000ffffffff
  amo amomax.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0xffffffffffffffff
  amo amomax.w, 0x5, 0xfffffffffffffffb, 0x5, 0x5
  amo amomax.d, 0x5, 0xfffffffffffffffb, 0x5, 0x5
  amo amomax.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffff00000001
  amo amomax.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0xffffffff

  amo amominu.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x123456776543210
  amo amominu.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0x123456789abcdef
  amo amominu.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff00000001
  amo amominu.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x1
  amo amominu.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x8000000080000000
  amo amominu.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0x8000000080000000
  amo amominu.w, 0x5, 0xfffffffffffffffb, 0x5, 0x5
  amo amominu.d, 0x5, 0xfffffffffffffffb, 0x5, 0x5
  amo amominu.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffff00000001
  amo amominu.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0xffffffff

  amo amomaxu.w, 0x123456789abcdef, 0xfedcba9876543210, 0xffffffff89abcdef, 0x123456789abcdef
  amo amomaxu.d, 0x123456789abcdef, 0xfedcba9876543210, 0x123456789abcdef, 0xfedcba9876543210
  amo amomaxu.w, 0x7fffffff7fffffff, 0x1, 0x7fffffff, 0x7fffffff7fffffff
  amo amomaxu.d, 0x7fffffff7fffffff, 0x1, 0x7fffffff7fffffff, 0x7fffffff7fffffff
  amo amomaxu.w, 0x8000000080000000, 0xffffffffffffffff, 0xffffffff80000000, 0x80000000ffffffff
  amo amomaxu.d, 0x8000000080000000, 0xffffffffffffffff, 0x8000000080000000, 0xffffffffffffffff
  amo amomaxu.w, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffb
  amo amomaxu.d, 0x5, 0xfffffffffffffffb, 0x5, 0xfffffffffffffffb
  amo amomaxu.w, 0xffffffff00000001, 0xffffffff, 0x1, 0xffffffffffffffff
  amo amomaxu.d, 0xffffffff00000001, 0xffffffff, 0xffffffff00000001, 0xffffffff00000001

  // The upper word, at an address that is 4 mod 8
  case
  la a1, cell
  li a2, 0x0000000500000007
  sd a2, 0(a1)
  addi a1, a1, 4
  li a3, 3
  amoadd.w.aqrl a0, a3, (a1)
  expect a0, 5
  ld a4, -4(a1)
  expect a4, 0x0000000800000007

  // rd = x0 still writes memory
  case
  la a1, cell
  li a3, 9
  sd x0, 0(a1)
  amoswap.d x0, a3, (a1)
  ld a4, 0(a1)
  expect a4, 9

  // Atomics back to back, and a load right behind one
  case
  la a1, cell
  li a3, 1
  sd x0, 0(a1)
  amoadd.d a4, a3, (a1)
  amoadd.d a5, a3, (a1)
  amoadd.d a6, a5, (a1)
  ld a7, 0(a1)
  expect a4, 0
  expect a5, 1
  expect a6, 2
  expect a7, 3

  // LR, SC succeeds: memory written, 0 in rd
  case
  la a1, cell
  li a2, 0x8000000080000001
  sd a2, 0(a1)
  lr.w a3, (a1)
  expect a3, 0xffffffff80000001
  li a4, 0x123
  sc.w a5, a4, (a1)
  expect a5, 0
  ld a6, 0(a1)
  expect a6, 0x8000000000000123
  case
  lr.d.aq a3, (a1)
  expect a3, 0x8000000000000123
  sc.d.rl a5, a2, (a1)
  expect a5, 0
  ld a6, 0(a1)
  expect a6, 0x8000000080000001

  // A second SC fails: the first used the reservation up
  case
  sc.d a5, x0, (a1)
  expect a5, 1
  ld a6, 0(a1)
  expect a6, 0x8000000080000001

  // SC to another address fails, and takes the reservation with it
  case
  lr.d a3, (a1)
  addi a4, a1, 8
  sd x0, 0(a4)
  lr.d a3, (a1)
  sc.d a5, a3, (a4)
  expect a5, 1
  ld a6, 0(a4)
  expect a6, 0
  sc.d a5, x0, (a1)
  expect a5, 1

  // A store of the hart itself to the reserved bytes ends the reservation
  case
  lr.w a3, (a1)
  li a4, 0x55
  sb a4, 1(a1)
  sc.w a5, a3, (a1)
  expect a5, 1

  // A store elsewhere does not
  case
  lr.w a3, (a1)
  sw x0, 16(a1)
  sc.w a5, a3, (a1)
  expect a5, 0

  // A trap in between does
  case
  la t0, 1f
  csrw mtvec, t0
  lr.d a3, (a1)
  ecall
  .align 2
1:
  sc.d a5, a3, (a1)
  expect a5, 1
  la t0, unexpected_trap
  csrw mtvec, t0

  // The usual loop
  case
  sd x0, 0(a1)
  li a2, 10
2:
  lr.d a3, (a1)
  add a3, a3, a2
  sc.d a4, a3, (a1)
  bnez a4, 2b
  addi a2, a2, -1
  bnez a2, 2b
  ld a5, 0(a1)
  expect a5, 55

  end

  .data
  .align 4
cell:
  .dword 0, 0, 0, 0
