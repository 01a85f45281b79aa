// Physical memory protection: what each kind of entry matches, what it permits, which one decides.
#include "rtl_sim/core/tests/pmp.inc"

  begin_pmp

  // ---------------------------------------------------------------------------------------------
  // Rights
  // ---------------------------------------------------------------------------------------------

  at Page
  rights S, 0, 0, 0
  rights U, 0, 0, 0
  rights M, 1, 1, 1             // not locked
.macro each_right rights, r, w, x
  region 0, Napot, Page | 0x1f, \rights
  at Page
  rights S, \r, \w, \x
  rights U, \r, \w, \x
  rights M, 1, 1, 1
.endm
  each_right 0, 0, 0, 0
  each_right Rd, 1, 0, 0
  each_right Ex, 0, 0, 1
  each_right Rd | Ex, 1, 0, 1
  each_right Rd | Wr, 1, 1, 0
  each_right Rd | Wr | Ex, 1, 1, 1

  // A failed store has written nothing
  case
  region 0, Napot, Page | 0x1f, Rd
  at Page
  li a0, 0
  faults U, 7, sd x0, 0(a1)
  ld a0, 0(a1)
  expect a0, 0x8702870287028702

  // ---------------------------------------------------------------------------------------------
  // Kinds of regions
  // ---------------------------------------------------------------------------------------------

  region 0, Na4, Page + 0x40, Rd | Wr | Ex
  edges Page + 0x40, Page + 0x44
  // NAPOT from 8 bytes to 1 KiB
  region 0, Napot, Page + 0x40, Rd | Wr | Ex
  edges Page + 0x40, Page + 0x48
  region 0, Napot, Page + 0x40 | 4, Rd | Wr | Ex
  edges Page + 0x40, Page + 0x50
  region 0, Napot, Page + 0x40 | 0xc, Rd | Wr | Ex
  edges Page + 0x40, Page + 0x60
  region 0, Napot, Page + 0x40 | 0x1c, Rd | Wr | Ex
  edges Page + 0x40, Page + 0x80
  region 0, Napot, Page + 0x400 | 0x1fc, Rd | Wr | Ex
  edges Page + 0x400, Page + 0x800
  // the page that is closed, and a larger region that opens it
  no_regions
  at Page - 4
  rights S, 1, 1, 1
  at Page + 0x1000
  rights S, 1, 1, 1
  at Page + 0xffc
  rights S, 0, 0, 0
  region 0, Napot, Page | 0xffc, Rd
  at Page + 0xffc
  rights S, 1, 0, 0
  at Page + 0x1000
  rights S, 1, 0, 0
  region 0, Napot, 0x7ffffffffffffc, Rd | Wr | Ex
  at Page
  rights S, 1, 1, 1

  // TOR, from the entry below; its mode does not matter
  no_regions
  region 1, 0, Page + 0x104, 0
  region 2, Tor, Page + 0x118, Rd | Wr | Ex
  edges Page + 0x104, Page + 0x118
  region 1, Na4, Page + 0x104, Rd | Wr | Ex
  edges Page + 0x104, Page + 0x118
  // Two side by side. An access to both is partly in the first.
  no_regions
  region 0, 0, Page + 0x100, 0
  region 1, Tor, Page + 0x110, Rd
  region 2, Tor, Page + 0x120, Rd | Wr
  at Page + 0x10c
  rights S, 1, 0, 0
  at Page + 0x110
  rights S, 1, 1, 0
  at Page + 0x11c
  rights S, 1, 1, 0
  at Page + 0x120
  rights S, 0, 0, 0
  at Page + 0x10c
  faults S, 5, ld a0, 0(a1)
  // Empty: equal bounds, and reversed ones
  no_regions
  region 0, 0, Page + 0x100, 0
  region 1, Tor, Page + 0x100, Rd | Wr | Ex
  region 2, Tor, Page + 0x80, Rd | Wr | Ex
  at Page + 0xfc
  rights S, 0, 0, 0
  at Page + 0x100
  rights S, 0, 0, 0
  at Page + 0x80
  rights S, 0, 0, 0
  at Page + 0x7c
  rights S, 0, 0, 0
  // nor does an access over such a bound match it in part
  region 0, 0, Page + 0x104, 0
  region 1, Tor, Page + 0x104, Rd | Wr | Ex
  at Page + 0x100
  works M, ld a0, 0(a1)
  works M, sd a5, 0(a1)
  // Entry 0 begins at 0
  no_regions
  region 0, Tor, Page + 0x200, Rd | Wr | Ex
  at Page + 0x1fc
  rights S, 1, 1, 1
  at Page + 0x200
  rights S, 0, 0, 0
  at Page
  rights S, 1, 1, 1
#ifndef QEMU                    // 7.2 takes 0 - 1 for the last address
  region 0, Tor, 0, Rd | Wr | Ex
  at Page
  rights S, 0, 0, 0
#endif
  // Off matches nothing, whatever rights it has
  region 0, 0, Page | 0x1f, Rd | Wr | Ex
  at Page
  rights S, 0, 0, 0

  // ---------------------------------------------------------------------------------------------
  // The lowest entry decides
  // ---------------------------------------------------------------------------------------------

  no_regions
  region 3, Napot, Page | 0x1f, Rd | Wr | Ex
  region 2, Na4, Page + 8, Ex
  region 4, Na4, Page + 16, Ex
  region 5, Napot, Page | 0xff, Rd
  at Page + 4
  rights S, 1, 1, 1
  at Page + 8
  rights S, 0, 0, 1
  at Page + 12
  rights S, 1, 1, 1
  at Page + 16
  rights S, 1, 1, 1
  at Page + 0x40
  rights S, 1, 0, 0
  // An access that it matches in part fails, even if what the others match would do; in M mode, too
  at Page + 4
  faults S, 5, ld a0, 0(a1)
  faults M, 5, ld a0, 0(a1)
  faults M, 7, sd a0, 0(a1)
  at Page + 8
  faults U, 5, ld a0, 0(a1)
  faults M, 5, ld a0, 0(a1)
  faults M, 7, sd a0, 0(a1)
  rights M, 1, 1, 1
  // Misaligned, inside one and over its end
  at Page + 0x41
  works S, ld a0, 0(a1)
  works S, lw a0, 0(a1)
  faults S, 7, sd a0, 0(a1)
#ifndef QEMU                    // 7.2 looks at the first and the last byte, or at aligned parts
  at Page + 0x06
  faults S, 5, lw a0, 0(a1)
  at Page + 0x0a
  faults S, 5, lw a0, 0(a1)
  at Page + 0x07
  faults S, 5, ld a0, 0(a1)
  faults M, 5, ld a0, 0(a1)
#endif

  // ---------------------------------------------------------------------------------------------
  // Instructions over a region's end
  // ---------------------------------------------------------------------------------------------

  // The last two bytes of the region begin `addi a0, a0, 0x123`
  no_regions
  region 0, Napot, Page + 0x40 | 0xc, Rd | Ex
  li t0, Page + 0x5e
  li t1, 0x0513
  sh t1, 0(t0)
  li t1, 0x1235
  sh t1, 2(t0)
  fence.i
  at Page + 0x5e
#ifndef QEMU                    // 7.2 asks PMP for the first bytes of a block of code only
  mv s10, a1
  addi a2, a1, 2
  faults S, 1, jalr a4, 0(a1)
  li s10, 0
#endif
  // With both halves open
  region 1, Napot, Page + 0x60 | 0xc, Rd | Ex
  li a0, 1
  fetches S
  expect a0, 0x124
  // The first closed
  region 0, Napot, Page + 0x40 | 0xc, Rd
  mv a2, a1
  fetch_faults S
  // One that ends where the region does
#ifndef QEMU
  no_regions
  region 0, Napot, Page + 0x40 | 0xc, Rd | Ex
  li t0, Page + 0x5c
  li t1, 0x12350513
  sw t1, 0(t0)
  fence.i
  case
  at Page + 0x5c
  li s10, Page + 0x60
  mv a2, s10
  li a0, 1
  faults S, 1, jalr a4, 0(a1)
  li s10, 0
  expect a0, 0x124
#endif
  li t0, Page
  sd a5, 0x58(t0)
  sd a5, 0x60(t0)
  fence.i

  // ---------------------------------------------------------------------------------------------
  // No entry at all: M mode may everything, the others nothing. MPRV counts as the mode in MPP.
  // ---------------------------------------------------------------------------------------------

.macro mprv_faults mode, cause, insn:vararg
  case
  li t0, 0x1800
  csrc mstatus, t0
  la s0, 1f
  li t0, \mode << 11 | 1 << 17
  csrs mstatus, t0
  \insn
1:
  li t0, 1 << 17
  csrc mstatus, t0
  expect s1, \cause
  bne s3, a2, fail
  li s1, 0
.endm

  at Page
  no_regions
  mprv_faults U, 5, ld a0, 0(a1)
  mprv_faults S, 7, sd a0, 0(a1)
  region 0, Napot, Page | 0x1f, Rd
  case
  li t0, 0x1800
  csrc mstatus, t0
  li t0, S << 11 | 1 << 17
  csrs mstatus, t0
  ld a0, 0(a1)
  li t0, 1 << 17
  csrc mstatus, t0
  expect a0, 0x8702870287028702
  mprv_faults S, 7, sd a0, 0(a1)
  no_regions
  csrw pmpcfg0, x0
  sfence.vma
  rights M, 1, 1, 1
  mprv_faults U, 5, ld a0, 0(a1)
  mprv_faults S, 7, sd a0, 0(a1)
.macro nothing_fetched mode
  case
  la s0, .Lm\@
  enter \mode
.Linsn\@:
  j fail
.Lm\@:
  expect s1, 1
  expect_epc s2, .Linsn\@
  bne s2, s3, fail
.endm
#ifndef QEMU                    // 7.2 takes the mret for illegal
  nothing_fetched S
  nothing_fetched U
#endif

  // ---------------------------------------------------------------------------------------------
  // Locked entries bind M mode, for good
  // ---------------------------------------------------------------------------------------------

  li t0, 0x1f18 << 48
  csrw pmpcfg0, t0
.macro locked index, mode, address, rights, r, w, x
  region \index, \mode, \address, Locked | \rights
  rights M, \r, \w, \x
  rights S, \r, \w, \x
  // Another value does not stick
  csrw pmpaddr\index, x0
  li t0, 0xff << (8 * \index)
  csrc pmpcfg0, t0
  sfence.vma
  rights M, \r, \w, \x
.endm
  at Page + 0x848
  locked 0, Na4, Page + 0x848, Rd, 1, 0, 0
  at Page + 0x880
  locked 1, Napot, Page + 0x880 | 0x1c, Ex, 0, 0, 1
  at Page + 0x900
  locked 2, Napot, Page + 0x900 | 0x1c, Rd | Wr, 1, 1, 0
  at Page + 0xa00
  csrw pmpaddr3, x0
  li t0, (Page + 0xa00) >> 2
  csrw pmpaddr3, t0
  locked 4, Tor, Page + 0xa08, 0, 0, 0, 0
  // which also locks where it begins, but not that entry's mode
  li t0, (Page + 0xa08) >> 2
  csrw pmpaddr3, t0
  rights M, 0, 0, 0
  region 3, Na4, 0, Rd | Wr
  rights M, 1, 1, 1             // it is now entry 3 that decides: four bytes, not locked
  at Page + 0xa04
  rights M, 0, 0, 0
  at Page + 0xa08
  rights M, 1, 1, 1
  at Page + 0x9fc
  rights M, 1, 1, 1
  // In part, M mode fails as well
  at Page + 0xa04
  faults M, 5, ld a0, 0(a1)
  at Page + 0x844
  faults M, 5, ld a0, 0(a1)
  // With MPRV it is the other mode that counts, to whom the same applies
  at Page + 0x848
  mprv_faults U, 7, sw a0, 0(a1)

  end_pmp
