// Branches and jumps: every condition both ways, link values, targets, and what is in their shadow.
#include "rtl_sim/core/tests/test.inc"

.macro taken op, a, b
  case
  li a1, \a
  li a2, \b
  \op a1, a2, 1f
  j fail
  j fail
1:
.endm

.macro not_taken op, a, b
  case
  li a1, \a
  li a2, \b
  \op a1, a2, 1f
  j 2f
1:
  j fail
2:
.endm

  begin
  taken beq, 5, 5
  not_taken beq, 5, 6
  not_taken beq, 0x100000000, 0
  taken bne, 5, 6
  not_taken bne, -1, -1
  taken bne, 0x8000000000000000, 0
  taken blt, -1, 0
  not_taken blt, 0, -1
  not_taken blt, 3, 3
  taken blt, 0x8000000000000000, 0x7fffffffffffffff
  taken bge, 0, -1
  taken bge, 3, 3
  not_taken bge, -1, 0
  not_taken bltu, -1, 0
  taken bltu, 0, -1
  not_taken bltu, 3, 3
  taken bltu, 0x7fffffffffffffff, 0x8000000000000000
  taken bgeu, -1, 0
  taken bgeu, 3, 3
  not_taken bgeu, 0, -1

  // Loops: each branch is mispredicted at both ends
  case
  li a0, 0
  li a1, 10
1:
  li a2, 3
2:
  addi a0, a0, 1
  addi a2, a2, -1
  bnez a2, 2b
  addi a1, a1, -1
  bnez a1, 1b
  expect a0, 30

  // Nothing in a taken branch's shadow happens: neither registers nor memory
  case
  la a1, cell
  sd x0, 0(a1)
  li a0, 0
  li a2, 1
  beqz x0, 3f
  sd a2, 0(a1)
  addi a0, a0, 1
3:
  ld a3, 0(a1)
  expect a0, 0
  expect a3, 0

  // A store in the shadow of a branch on a loaded value
  case
  sd a2, 8(a1)
  ld a3, 8(a1)
  bnez a3, 4f
  sd a2, 0(a1)
4:
  ld a3, 0(a1)
  expect a3, 0

  // Branch operands from the instruction before, the one before that, a load, a product, a quotient
  case
  li a0, 4
  addi a0, a0, 1
  li t0, 5
  bne a0, t0, fail
  li a3, 6
  mul a2, a0, a3
  li t0, 30
  bne a2, t0, fail
  mul a2, a2, a3
  beq a2, t0, fail
  div a2, a2, a3
  bne a2, t0, fail
  sd a2, 0(a1)
  ld a4, 0(a1)
  bne a4, t0, fail

  // jal and jalr link the address after themselves, 4 or 2 bytes on
  case
  .option push
  .option norvc
  jal ra, 5f
5:
  la a0, 5b
  bne ra, a0, fail
  la a1, 6f
  jalr a2, 0(a1)
  j fail
6:
  addi a3, a2, 4
  bne a3, a1, fail
  // Offset, and the lowest bit of the sum is dropped
  la a1, 7f
  addi a1, a1, -2047
  jalr x0, 2047(a1)
  j fail
7:
  la a1, 8f
  jalr x0, 1(a1)
  j fail
8:
  // rd = rs1: the target is the old value
  la a1, 9f
  jalr a1, 0(a1)
  j fail
9:
  la a0, 9b
  addi a1, a1, 4
  bne a1, a0, fail
  .option pop

  // Targets that are 2 mod 4, with 4-byte instructions across words
  case
  .align 2
  c.nop
  li a0, 0
  j 10f
  .align 2
  c.nop
10:
  .option push
  .option norvc
  addi a0, a0, 1
  addi a0, a0, 2
  .option pop
  expect a0, 3

  // Calls and returns, nested and through different callers (the return stack's case)
  case
  li a0, 0
  call outer
  call inner
  call outer
  expect a0, 22

  // The link register as both source and destination, and returns through t0
  case
  la ra, 11f
  jalr ra, 0(ra)
11:
  li a0, 1
  la t1, leaf_t0
  jalr t0, 0(t1)
  expect a0, 101

  // Deep recursion: more frames than the return stack has entries
  case
  la sp, stack
  li a0, 20
  call sum
  expect a0, 210

  // An indirect jump whose target changes each time
  case
  li a0, 0
  li a1, 0
12:
  la a2, table
  slli a3, a1, 3
  add a2, a2, a3
  ld a2, 0(a2)
  jr a2
first:
  addi a0, a0, 1
  j 13f
second:
  addi a0, a0, 10
  j 13f
third:
  addi a0, a0, 100
13:
  addi a1, a1, 1
  andi a1, a1, 3
  bnez a1, 12b
  expect a0, 112

  // Code changed under a learnt branch: fence.i makes the new instruction be fetched
  case
  li a3, 2
14:
  li a0, 1
patched:
  .option push
  .option norvc
  j 15f
  .option pop
  li a0, 2
15:
  li a4, 0x00000013
  la a5, patched
  sw a4, 0(a5)
  fence.i
  addi a3, a3, -1
  bnez a3, 14b
  expect a0, 2
  j done

outer:
  mv s0, ra
  addi a0, a0, 1
  call inner
  call inner
  mv ra, s0
  ret
inner:
  addi a0, a0, 2
  mv s1, ra
  call leaf
  jr s1
leaf:
  addi a0, a0, 2
  beqz a0, fail
  li t0, 1
  addi a0, a0, 0
  ret
leaf_t0:
  addi a0, a0, 100
  jr t0
sum:
  beqz a0, 16f
  addi sp, sp, -16
  sd ra, 8(sp)
  sd a0, 0(sp)
  addi a0, a0, -1
  call sum
  ld a1, 0(sp)
  ld ra, 8(sp)
  addi sp, sp, 16
  add a0, a0, a1
16:
  ret

done:
  end

  .data
  .align 4
cell:
  .dword 0, 0
table:
  .dword first, second, third, first
  .space 1024
stack:
