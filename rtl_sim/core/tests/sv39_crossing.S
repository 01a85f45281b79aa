// Accesses that lie in two pages: two translations, one effect, and the address of the page at fault.
#include "rtl_sim/core/tests/sv39.inc"

// VA 0x5000 and 0x6000 are page_a and page_c, which do not lie side by side.
.macro pages first, second
  entry low, 5, page_a, \first
  entry low, 6, page_c, \second
.endm

// Bytes around the end of page_a and the beginning of page_c, written by their physical addresses:
// 01 02 ... 08 | 11 12 ... 18
.macro fill_border
  la t0, page_a
  li t1, 4088
  add t0, t0, t1
  li t1, 0x0807060504030201
  sd t1, 0(t0)
  la t0, page_c
  li t1, 0x1817161514131211
  sd t1, 0(t0)
.endm

.macro border_is first, second
  la t0, page_a
  li t1, 4088
  add t0, t0, t1
  ld a3, 0(t0)
  expect a3, \first
  la t0, page_c
  ld a3, 0(t0)
  expect a3, \second
.endm

.macro border_as_filled
  border_is 0x0807060504030201, 0x1817161514131211
.endm

.macro load_is value, insn:vararg
  works S, \insn
  expect a0, \value
.endm

.macro store_makes first, second, insn:vararg
  fill_border
  li a0, 0xa8a7a6a5a4a3a2a1
  works S, \insn
  border_is \first, \second
.endm

  begin_sv39
  li a1, 0x6000

  // ---------------------------------------------------------------------------------------------
  // Both pages are there
  // ---------------------------------------------------------------------------------------------

  pages Rwx, Rwx
  fill_border
  load_is 0x1108, lhu a0, -1(a1)
  load_is 0x13121108, lw a0, -1(a1)
  load_is 0x12110807, lwu a0, -2(a1)
  load_is 0x11080706, lw a0, -3(a1)
  load_is 0x1716151413121108, ld a0, -1(a1)
  load_is 0x1615141312110807, ld a0, -2(a1)
  load_is 0x1514131211080706, ld a0, -3(a1)
  load_is 0x1413121108070605, ld a0, -4(a1)
  load_is 0x1312110807060504, ld a0, -5(a1)
  load_is 0x1211080706050403, ld a0, -6(a1)
  load_is 0x1108070605040302, ld a0, -7(a1)
  load_is 0x0807060504030201, ld a0, -8(a1)
  // Sign
  case
  la t0, page_c
  li t1, 0x90
  sb t1, 0(t0)
  load_is -0x6ff8, lh a0, -1(a1)
  load_is 0x9008, lhu a0, -1(a1)
  load_is -0x6ff7f8fa, lw a0, -3(a1)
  load_is 0x90080706, lwu a0, -3(a1)

  store_makes 0xa107060504030201, 0x18171615141312a2, sh a0, -1(a1)
  store_makes 0xa107060504030201, 0x1817161514a4a3a2, sw a0, -1(a1)
  store_makes 0xa2a1060504030201, 0x181716151413a4a3, sw a0, -2(a1)
  store_makes 0xa3a2a10504030201, 0x18171615141312a4, sw a0, -3(a1)
  store_makes 0xa107060504030201, 0x18a8a7a6a5a4a3a2, sd a0, -1(a1)
  store_makes 0xa2a1060504030201, 0x1817a8a7a6a5a4a3, sd a0, -2(a1)
  store_makes 0xa3a2a10504030201, 0x181716a8a7a6a5a4, sd a0, -3(a1)
  store_makes 0xa4a3a2a104030201, 0x18171615a8a7a6a5, sd a0, -4(a1)
  store_makes 0xa5a4a3a2a1030201, 0x1817161514a8a7a6, sd a0, -5(a1)
  store_makes 0xa6a5a4a3a2a10201, 0x181716151413a8a7, sd a0, -6(a1)
  store_makes 0xa7a6a5a4a3a2a101, 0x18171615141312a8, sd a0, -7(a1)

  // A store and the load behind it, across the border
  fill_border
  case
  la s0, 1f
  enter S
  li a0, 0x55667788
  sw a0, -2(a1)
  lw a3, -2(a1)
  lhu a4, 0(a1)
  lhu a5, -2(a1)
  ecall
1:
  expect s1, 9
  expect a3, 0x55667788
  expect a4, 0x5566
  expect a5, 0x7788

  // A and D of both
  pages Rwx & ~(Pa | Pd), Rwx & ~(Pa | Pd)
  works S, lw a0, -2(a1)
  entry_is low, 5, Rwx & ~Pd
  entry_is low, 6, Rwx & ~Pd
  works S, sw a0, -2(a1)
  entry_is low, 5, Rwx
  entry_is low, 6, Rwx

  // ---------------------------------------------------------------------------------------------
  // A fault in one of them: nothing is written, and mtval is in the page at fault
  // ---------------------------------------------------------------------------------------------

// The access at a1 - back faults in the second page,
.macro second_faults cause, insn:vararg
  fill_border
  mv a2, a1
  faults S, \cause, \insn
  border_as_filled
.endm

// or in the first
.macro first_faults back, cause, insn:vararg
  fill_border
  addi a2, a1, -\back
  faults S, \cause, \insn
  border_as_filled
.endm

.macro each_second_faults cause_load, cause_store
  second_faults \cause_load, lhu a0, -1(a1)
  second_faults \cause_load, lw a0, -3(a1)
  second_faults \cause_load, ld a0, -1(a1)
  second_faults \cause_load, ld a0, -7(a1)
  second_faults \cause_store, sh a0, -1(a1)
  second_faults \cause_store, sw a0, -3(a1)
  second_faults \cause_store, sd a0, -1(a1)
  second_faults \cause_store, sd a0, -7(a1)
.endm

.macro each_first_faults cause_load, cause_store
  first_faults 1, \cause_load, lhu a0, -1(a1)
  first_faults 3, \cause_load, lw a0, -3(a1)
  first_faults 1, \cause_load, ld a0, -1(a1)
  first_faults 7, \cause_load, ld a0, -7(a1)
  first_faults 1, \cause_store, sh a0, -1(a1)
  first_faults 3, \cause_store, sw a0, -3(a1)
  first_faults 1, \cause_store, sd a0, -1(a1)
  first_faults 7, \cause_store, sd a0, -7(a1)
.endm

  pages Rwx, 0
  each_second_faults 13, 15
  pages Rwx, Rwxu
  each_second_faults 13, 15
  pages 0, Rwx
  each_first_faults 13, 15
  pages Rwxu, Rwx
  each_first_faults 13, 15
  pages 0, 0
  each_first_faults 13, 15
  // Loads only
  pages Rwx, Rwx & ~Pw
  second_faults 15, sd a0, -3(a1)
  works S, ld a0, -3(a1)
  pages Rwx & ~Pw, Rwx
  first_faults 3, 15, sd a0, -3(a1)
  works S, ld a0, -3(a1)
  // The second is not in memory
  entry low, 5, page_a, Rwx
  raw_entry low, 6, 0x1000000000 >> 2 | Rwx
  second_faults 5, lw a0, -1(a1)
#ifndef QEMU                    // 7.2 writes the first page's bytes, and fails at the next one
  second_faults 7, sw a0, -1(a1)
#endif

  // Into what is not an address
  entry root, 255, mid, Pv
  entry mid, 511, low, Pv
  entry low, 511, page_a, Rwx
  li a1, 0x4000000000
  works S, lhu a0, -2(a1)
  second_faults 13, lw a0, -2(a1)
  second_faults 15, sw a0, -2(a1)

  // Atomics never cross: misaligned
  li a1, 0x5ffe
  mv a2, a1
  pages Rwx, Rwx
  faults S, 4, lr.w a0, (a1)
#ifndef QEMU                    // 7.2 reports a load's fault
  faults S, 6, amoswap.w a0, a0, (a1)
  faults S, 6, sc.w a0, a0, (a1)
#endif

  // ---------------------------------------------------------------------------------------------
  // Instructions
  // ---------------------------------------------------------------------------------------------

  // `addi a0, a0, 0x123` with its halves in two pages, behind it `jr a4`; in its place also two
  // short ones
.macro write_code first, second
  la t0, page_a
  li t1, 4094
  add t0, t0, t1
  li t1, \first
  sh t1, 0(t0)
  la t0, page_c
  li t1, \second
  sh t1, 0(t0)
  li t1, 0x8702                 // c.jr a4
  sh t1, 2(t0)
  fence.i
.endm

  li a1, 0x5ffe
  pages Rwx, Rwx
  write_code 0x0513, 0x1235
  li a0, 1
  fetches S
  expect a0, 0x124
  write_code 0x0505, 0x0509     // c.addi a0, 1; c.addi a0, 2
  li a0, 1
  fetches S
  expect a0, 4

  // A of both
  pages Rwx & ~(Pa | Pd), Rwx & ~(Pa | Pd)
  fetches S
  entry_is low, 5, Rwx & ~Pd
  entry_is low, 6, Rwx & ~Pd

// The instruction at a1 faults in its second half.
.macro second_half cause
  mv s10, a1
  li a2, 0x6000
  faults S, \cause, jalr a4, 0(a1)
  li s10, 0
.endm

  write_code 0x0513, 0x1235
  pages Rwx, 0
  second_half 12
  pages Rwx, Rwxu
  second_half 12
  pages Rwx, Rwx & ~Px
  second_half 12
#ifndef QEMU                    // 7.2 ends with a failed assertion
  entry low, 5, page_a, Rwx
  raw_entry low, 6, 0x1000000000 >> 2 | Rwx
  second_half 1
#endif
  // in its first
  pages 0, Rwx
  fetch_faults S
  pages 0, 0
  fetch_faults S
  pages Rwx & ~Px, Rwx
  fetch_faults S

  // A short instruction before the border runs; the one behind it faults
  case
  write_code 0x0505, 0x0505
  pages Rwx, 0
  li a0, 1
  li s10, 0x6000
  li a2, 0x6000
  faults S, 12, jalr a4, 0(a1)
  li s10, 0
  expect a0, 2
  // or is not reached: a jump leaves in time
  case
  write_code 0x8702, 0x0505
  fetches S

  // Code in two superpages that swap places
  raw_entry mid, 3, 0x80400000 >> 2 | Rwx
  raw_entry mid, 4, 0x80200000 >> 2 | Rwx
  li t0, 0x805ffffe
  li t1, 0x0513
  sh t1, 0(t0)
  li t0, 0x80200000
  li t1, 0x1235
  sh t1, 0(t0)
  li t1, 0x8702
  sh t1, 2(t0)
  fence.i
  li a1, 0x7ffffe
  li a0, 2
  fetches S
  expect a0, 0x125

  end_sv39
