// Loads and stores of each size, sign, alignment and distance from their neighbours.
#include "rtl_sim/core/tests/test.inc"

.macro load op, offset, expected
  case
  la a1, pattern
  \op a0, \offset(a1)
  expect a0, \expected
  addi a1, a1, \offset + 20
  \op a1, -20(a1)
  bne a1, t6, fail
.endm

// Stores over all ones and reads back the 16 bytes.
.macro store op, offset, value, low, high
  case
  la a1, cell
  li a2, -1
  sd a2, 0(a1)
  sd a2, 8(a1)
  li a3, \value
  \op a3, \offset(a1)
  ld a4, 0(a1)
  ld a5, 8(a1)
  expect a4, \low
  expect a5, \high
.endm

  begin
  // pattern: bytes 80 91 a2 b3 c4 d5 e6 f7 | 08 19 2a 3b 4c 5d 6e 7f
  load lb, 0, 0xffffffffffffff80
  load lb, 8, 0x08
  load lb, 15, 0x7f
  load lbu, 0, 0x80
  load lbu, 7, 0xf7
  load lh, 0, 0xffffffffffff9180
  load lh, 8, 0x1908
  load lhu, 2, 0xb3a2
  load lw, 0, 0xffffffffb3a29180
  load lw, 8, 0x3b2a1908
  load lwu, 4, 0xf7e6d5c4
  load ld, 0, 0xf7e6d5c4b3a29180
  load ld, 8, 0x7f6e5d4c3b2a1908

  // Misaligned: done in hardware, also across double words
  load lh, 1, 0xffffffffffffa291
  load lh, 7, 0x08f7
  load lhu, 3, 0xc4b3
  load lw, 1, 0xffffffffc4b3a291
  load lw, 6, 0x1908f7e6
  load lwu, 5, 0x08f7e6d5
  load ld, 1, 0x08f7e6d5c4b3a291
  load ld, 4, 0x3b2a1908f7e6d5c4
  load ld, 7, 0x6e5d4c3b2a1908f7

  store sb, 0, 0x1234567890abcdef, 0xffffffffffffffef, 0xffffffffffffffff
  store sb, 15, 0x1234567890abcdef, 0xffffffffffffffff, 0xefffffffffffffff
  store sh, 2, 0x1234567890abcdef, 0xffffffffcdefffff, 0xffffffffffffffff
  store sh, 7, 0x1234567890abcdef, 0xefffffffffffffff, 0xffffffffffffffcd
  store sw, 4, 0x1234567890abcdef, 0x90abcdefffffffff, 0xffffffffffffffff
  store sw, 5, 0x1234567890abcdef, 0xabcdefffffffffff, 0xffffffffffffff90
  store sd, 8, 0x1234567890abcdef, 0xffffffffffffffff, 0x1234567890abcdef
  store sd, 3, 0x1234567890abcdef, 0x7890abcdefffffff, 0xffffffffff123456

  // A load right behind the store it depends on, whole and in part
  case
  la a1, cell
  li a2, 0x1122334455667788
  sd a2, 0(a1)
  ld a3, 0(a1)
  expect a3, 0x1122334455667788
  sb x0, 3(a1)
  lwu a3, 0(a1)
  expect a3, 0x00667788
  sw a2, 6(a1)
  lhu a3, 7(a1)
  expect a3, 0x6677

  // Store data straight from a load, and address straight from a load
  case
  la a1, pattern
  la a2, cell
  ld a3, 8(a1)
  sd a3, 0(a2)
  ld a4, 0(a2)
  expect a4, 0x7f6e5d4c3b2a1908
  la a4, pointer
  ld a4, 0(a4)
  ld a5, 0(a4)
  expect a5, 0xf7e6d5c4b3a29180
  ld a4, 0(a2)
  ld a4, 0(a2)
  addi a4, a4, 1
  expect a4, 0x7f6e5d4c3b2a1909

  // The widest offsets
  case
  la a1, pattern + 2048
  ld a2, -2048(a1)
  expect a2, 0xf7e6d5c4b3a29180
  la a1, pattern - 2047
  ld a2, 2047(a1)
  expect a2, 0xf7e6d5c4b3a29180

  // Into x0: the access happens, the register does not change
  case
  la a1, pattern
  ld x0, 0(a1)
  add a2, x0, x0
  expect a2, 0

  end

  .data
  .align 4
pattern:
  .byte 0x80, 0x91, 0xa2, 0xb3, 0xc4, 0xd5, 0xe6, 0xf7
  .byte 0x08, 0x19, 0x2a, 0x3b, 0x4c, 0x5d, 0x6e, 0x7f
cell:
  .dword 0, 0
pointer:
  .dword pattern
