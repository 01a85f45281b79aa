// HTIF as software sees it: characters by the console device, a line by a system call, a character
// asked for. Some of it with the words in dirty or missing lines of the data cache.
#include "rtl_sim/core/tests/test.inc"

  begin
  la s0, tohost
  la s1, fromhost

// Two characters; the host takes each request back
  case
  li a1, 0x0101000000000000 + 'H'
  sd a1, (s0)
1:
  ld a0, (s0)
  bnez a0, 1b
  li a1, 0x0101000000000000 + 'i'
  sd a1, (s0)
2:
  ld a0, (s0)
  bnez a0, 2b

// write(1, text, 6), with arguments fresh in the cache
  case
  la s2, arguments
  li a1, 64
  sd a1, 0(s2)
  li a1, 1
  sd a1, 8(s2)
  la a1, text
  sd a1, 16(s2)
  li a2, '\n'
  sb a2, 5(a1)
  li a1, 6
  sd a1, 24(s2)
  sd s2, (s0)
3:
  ld a0, (s1)
  beqz a0, 3b
  sd zero, (s1)
  expect a0, 1
  ld a0, (s2)
  expect a0, 6
  ld a0, (s0)
  bnez a0, fail

// To a file there is none, and from nowhere there is nothing
  case
  li a1, 64
  sd a1, 0(s2)
  li a1, 3
  sd a1, 8(s2)
  sd s2, (s0)
4:
  ld a0, (s1)
  beqz a0, 4b
  sd zero, (s1)
  ld a0, (s2)
  expect a0, -9
  case
  li a1, 64
  sd a1, 0(s2)
  li a1, 1
  sd a1, 8(s2)
  sd zero, 16(s2)
  sd s2, (s0)
5:
  ld a0, (s1)
  beqz a0, 5b
  sd zero, (s1)
  ld a0, (s2)
  expect a0, -14

// getchar(), until there is one
  case
6:
  li a1, 0x0100000000000000
  sd a1, (s0)
7:
  ld a0, (s0)
  bnez a0, 7b
  ld a0, (s1)
  beqz a0, 6b
  sd zero, (s1)
  expect a0, 0x0100000000000100 + 'x'

  end

  .section .data
  .align 6
  .globl fromhost
fromhost:
  .dword 0
  .align 6
arguments:
  .zero 64
text:
  .string " you, "
