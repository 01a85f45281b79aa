// Distances: a result is used 1, 2, 3 and 4 instructions after the unit that makes it.
#include "rtl_sim/core/tests/test.inc"

// `make` puts 12 into a0; it is used as either operand at each distance.
.macro distances make:vararg
  case
  \make
  addi a1, a0, 1
  addi a2, a0, 2
  add a3, a0, a0
  sub a4, x0, a0
  add a5, a4, a0
  expect a1, 13
  expect a2, 14
  expect a3, 24
  expect a4, -12
  expect a5, 0
  case
  \make
  nop
  add a1, x0, a0
  expect a1, 12
  \make
  nop
  nop
  add a1, x0, a0
  expect a1, 12
  // As store data and as an address
  \make
  sd a0, 0(s1)
  ld a1, 0(s1)
  expect a1, 12
  \make
  add a2, a0, s2
  lbu a3, 0(a2)
  expect a3, 99
  // As a branch operand and as a jump target
  \make
  bne a0, s3, fail
  \make
  beqz a0, fail
  // Overwritten at once: the younger result counts
  \make
  li a0, 77
  addi a1, a0, 0
  expect a1, 77
.endm

  begin
  la s1, cell
  la s2, bytes - 12
  li s3, 12
  li s4, 3
  li s5, 4
  li s6, 144
  la s7, twelve
  csrw mscratch, s3

  distances addi a0, x0, 12
  distances mul a0, s4, s5
  distances mulw a0, s4, s5
  distances div a0, s6, s3
  distances rem a0, s3, s6
  distances ld a0, 0(s7)
  distances lw a0, 0(s7)
  distances lbu a0, 0(s7)
  distances lr.d a0, (s7)
  distances amoor.d a0, x0, (s7)
  distances csrrw a0, mscratch, s3
  distances csrrs a0, mscratch, x0
  distances sh2add a0, s4, x0

  // A write to x0 is never forwarded
  case
  addi x0, s3, 5
  addi a0, x0, 1
  expect a0, 1
  ld x0, 0(s7)
  addi a0, x0, 1
  expect a0, 1
  mul x0, s3, s3
  addi a0, x0, 2
  expect a0, 2
  csrrs x0, mscratch, x0
  addi a0, x0, 3
  expect a0, 3

  // Products back to back, and a product of a product
  case
  mul a0, s4, s5
  mul a1, s3, s3
  mul a2, a1, a0
  expect a0, 12
  expect a1, 144
  expect a2, 1728

  // Quotients back to back, each the next one's operand
  case
  li a0, 1000000
  li a1, 10
  div a0, a0, a1
  div a0, a0, a1
  divu a0, a0, a1
  remu a2, a0, s5
  expect a0, 1000
  expect a2, 0

  // A load behind a quotient, a quotient behind a load
  case
  div a0, s6, s3
  ld a1, 0(s7)
  div a2, s6, a1
  expect a2, 12
  add a2, a0, a1
  expect a2, 24

  // Two producers of the same register: the younger wins, whichever is slower
  case
  div a0, s6, s4
  addi a0, x0, 1
  addi a1, a0, 0
  expect a1, 1
  ld a0, 0(s7)
  addi a0, x0, 2
  addi a1, a0, 0
  expect a1, 2
  addi a0, x0, 3
  mul a0, s4, s5
  addi a1, a0, 0
  expect a1, 12

  // Late operands: ALU operations right behind a load, a product, a CSR read, and behind one another
  case
  ld a0, 0(s7)
  addi a0, a0, 1
  slli a0, a0, 2
  sub a0, a0, s3
  xori a1, a0, 1
  sub a2, a1, a0
  expect a0, 40
  expect a1, 41
  expect a2, 1
  case
  mul a0, s4, s5
  add a0, a0, a0
  addw a1, a0, a0
  expect a0, 24
  expect a1, 48
  li a2, 100
  mul a0, s4, s5
  sub a2, a2, a0
  mul a0, s4, s4
  sub a2, a2, a0
  expect a2, 79
  case
  csrr a0, mscratch
  srai a0, a0, 1
  or a1, s4, a0
  expect a0, 6
  expect a1, 7
  // a late result as branch operand, store data, address, factor, dividend and CSR value
  case
  ld a0, 0(s7)
  addi a0, a0, 1
  beq a0, s3, fail
  ld a0, 0(s7)
  addi a0, a0, 1
  sd a0, 0(s1)
  ld a1, 0(s1)
  expect a1, 13
  sd s7, 0(s1)
  ld a0, 0(s1)
  addi a0, a0, -8
  ld a1, 8(a0)
  expect a1, 12
  ld a0, 0(s7)
  addi a0, a0, 1
  mul a0, a0, a0
  expect a0, 169
  ld a0, 0(s7)
  addi a0, a0, 12
  div a0, a0, s4
  expect a0, 8
  ld a0, 0(s7)
  addi a0, a0, 1
  csrrw a1, mscratch, a0
  csrrw a2, mscratch, s3
  expect a1, 12
  expect a2, 13
  // a late operation overwritten at once, and a late operand beside an early one
  case
  ld a0, 0(s7)
  addi a0, a0, 1
  li a0, 5
  addi a1, a0, 0
  expect a1, 5
  li a2, 7
  ld a0, 0(s7)
  sub a1, a2, a0
  expect a1, -5
  ld a0, 0(s7)
  sub a1, a0, a2
  expect a1, 5
  // behind an atomic, which takes two cycles
  amoor.d a0, x0, (s7)
  addi a0, a0, 1
  addi a0, a0, 1
  expect a0, 14

  // A load whose base is the destination of the load before
  case
  sd s7, 0(s1)
  ld a0, 0(s1)
  ld a0, 0(a0)
  addi a0, a0, 1
  expect a0, 13

  end

  .data
  .align 4
cell:
  .dword 0
twelve:
  .dword 12
bytes:
  .byte 99
