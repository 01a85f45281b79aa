// C: every form once with ordinary and once with extreme fields.
#include "rtl_sim/core/tests/test.inc"

  begin

  // Immediates
  case
  c.li a0, -32
  expect a0, -32
  c.li a0, 31
  expect a0, 31
  c.lui a0, 1
  expect a0, 0x1000
  c.lui a0, 31
  expect a0, 0x1f000
  c.lui a0, 0xfffe0
  expect a0, -0x20000
  c.lui s11, 0xfffff
  expect s11, -0x1000

  case
  li a0, 100
  c.addi a0, -32
  expect a0, 68
  c.addi a0, 31
  expect a0, 99
  li t5, 0x7fffffff
  c.addiw t5, 1
  expect t5, 0xffffffff80000000
  c.addiw t5, 0
  expect t5, 0xffffffff80000000
  c.addiw t5, -1
  expect t5, 0x7fffffff
  li s0, 0x123
  c.andi s0, -16
  expect s0, 0x120
  c.andi s0, 31
  expect s0, 0
  c.nop
  .half 0x0085   // c.nop with an immediate, a hint
  .half 0x4005   // c.li x0, 1, a hint

  // Stack pointer
  case
  li sp, 0x80010000
  c.addi16sp sp, 496
  expect sp, 0x800101f0
  c.addi16sp sp, -512
  expect sp, 0x8000fff0
  c.addi4spn a0, sp, 4
  expect a0, 0x8000fff4
  c.addi4spn s1, sp, 1020
  expect s1, 0x800103ec
  c.addi4spn a5, sp, 664
  expect a5, 0x80010288

  // Shifts
  case
  li a0, 0x8000000000000001
  c.slli a0, 1
  expect a0, 2
  c.slli a0, 62
  expect a0, 0x8000000000000000
  c.srai a0, 32
  expect a0, 0xffffffff80000000
  c.srai a0, 1
  expect a0, 0xffffffffc0000000
  c.srli a0, 1
  expect a0, 0x7fffffffe0000000
  c.srli a0, 63
  expect a0, 0
  li s10, 1
  c.slli s10, 63
  expect s10, 0x8000000000000000

  // Register to register
  case
  li s0, 0xf0f0f0f0
  li a5, 0x0ff00ff0
  mv a0, s0
  c.sub a0, a5
  expect a0, 0xe100e100
  mv a0, s0
  c.xor a0, a5
  expect a0, 0xff00ff00
  mv a0, s0
  c.or a0, a5
  expect a0, 0xfff0fff0
  mv a0, s0
  c.and a0, a5
  expect a0, 0x00f000f0
  mv a0, s0
  c.subw a0, a5
  expect a0, 0xffffffffe100e100
  mv a0, s0
  c.addw a0, a5
  expect a0, 0x00e100e0
  c.mv t4, s0
  expect t4, 0xf0f0f0f0
  c.add t4, a5
  expect t4, 0x100e100e0

  // Loads and stores with short registers
  case
  la a0, area
  li a1, 0x8877665544332211
  c.sd a1, 0(a0)
  c.sd a1, 248(a0)
  c.ld s0, 0(a0)
  bne s0, a1, fail
  c.ld s1, 248(a0)
  bne s1, a1, fail
  c.sw a1, 124(a0)
  c.lw a2, 124(a0)
  expect a2, 0x44332211
  c.lw a2, 4(a0)
  expect a2, 0xffffffff88776655
  c.sw a1, 64(a0)
  c.lw a3, 64(a0)
  expect a3, 0x44332211
  ld a4, 64(a0)
  expect a4, 0x44332211

  // Relative to the stack pointer
  case
  la sp, area
  c.sdsp a1, 0(sp)
  c.sdsp a1, 504(sp)
  c.ldsp t3, 504(sp)
  bne t3, a1, fail
  ld t3, 504(sp)
  bne t3, a1, fail
  c.swsp a1, 252(sp)
  c.lwsp t3, 252(sp)
  expect t3, 0x44332211
  c.swsp a1, 132(sp)
  c.lwsp ra, 132(sp)
  expect ra, 0x44332211
  c.lwsp s11, 4(sp)
  expect s11, 0xffffffff88776655

  // Branches
  case
  li a0, 0
  c.beqz a0, 1f
  j fail
1:
  c.bnez a0, 2f
  j 3f
2:
  j fail
3:
  li s1, 1
  c.bnez s1, 4f
  j fail
4:
  c.beqz s1, 2b
  // The farthest branches
  c.beqz a0, 5f
  .space 252
5:
  j 6f
  .space 250
7:
  j 8f
6:
  c.beqz a0, 7b
  j fail
8:

  // Jumps
  case
  c.j 1f
  .space 2044
1:
  j 2f
3:
  j 4f
  .space 2042
2:
  c.j 3b
4:
  la a0, 5f
  c.jr a0
  j fail
5:
  la a0, 6f
  la a1, 7f
  c.jalr a0
7:
  j fail
6:
  bne ra, a1, fail
  // rd = rs1 = ra
  la ra, 8f
  la a1, 9f
  c.jalr ra
9:
  j fail
8:
  bne ra, a1, fail

  // 32-bit instructions at addresses that are 2 mod 4, mixed with short ones
  case
  .align 2
  c.li a0, 1
  lui a1, 0x12345
  c.addi a0, 1
  addiw a1, a1, 0x678
  c.addi a0, 1
  c.addi a0, 1
  expect a0, 4
  expect a1, 0x12345678

  end

  .data
  .align 4
area:
  .space 512
