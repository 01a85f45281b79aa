// Page tables that PMP protects: the walker reads and writes them as S mode would, and where it may
// not, the access that needs them faults as an access of its own kind.
#include "rtl_sim/core/tests/sv39.inc"

  .equ Rd, 1
  .equ Wr, 2
  .equ Ex, 4

// PMP's entry 0 is this much memory from a symbol on, aligned to its size.
.macro protect symbol, size, rights
  la t0, \symbol
  srli t0, t0, 2
  .if \size > 4
  ori t0, t0, \size / 8 - 1
  .endif
  csrw pmpaddr0, t0
  li t0, 0xff
  csrc pmpcfg0, t0
  .if \size > 4
  li t0, 0x18 | \rights
  .else
  li t0, 0x10 | \rights
  .endif
  csrs pmpcfg0, t0
  sfence.vma
.endm

.macro unprotect
  li t0, 0xff
  csrc pmpcfg0, t0
  sfence.vma
.endm

.macro nothing mode
  addi a2, a1, 8
  faults \mode, 5, ld a0, 8(a1)
  faults \mode, 7, sd a0, 8(a1)
  fetch_faults \mode, 1
.endm

  begin_sv39
  // The entry that opens everything becomes the last one
  li t0, -1
  csrw pmpaddr7, t0
  li t0, 0x1f << 56
  csrw pmpcfg0, t0
  sfence.vma

  // ---------------------------------------------------------------------------------------------
  // Tables that cannot be read
  // ---------------------------------------------------------------------------------------------

  page Rwx
  rights S, 1, 1, 1
.macro closed table, rights
  protect \table, 4096, \rights
  page Rwx
  nothing S
  page Rwxu
  nothing U
  page 0                        // looked at by nobody
  nothing S
.endm
  closed low, 0
  closed low, Ex
  closed mid, 0
  closed mid, Ex
  // 8 bytes of it, 4 of them, and 8 others
  page Rwx
  protect low + 40, 8, 0
  nothing S
  protect low + 40, 4, Rd | Wr
  nothing S
  protect low + 44, 4, Rd | Wr
  nothing S
  protect low + 48, 8, 0
  rights S, 1, 1, 1
  protect low + 32, 8, 0
  rights S, 1, 1, 1
  unprotect
  rights S, 1, 1, 1

  // The root: code cannot be fetched either
.macro lost mode
  distance \mode
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
  protect root, 4096, 0
  lost S
  lost U
  // Data of M mode with MPRV, whose code needs no table
.macro mprv_faults mode, cause, insn:vararg
  case
  la s0, 1f
  li t0, 0x1800
  csrc mstatus, t0
  li t0, \mode << 11 | Mprv
  csrs mstatus, t0
  \insn
1:
  li t0, Mprv
  csrc mstatus, t0
  expect s1, \cause
  expect s3, 0x5000
.endm
  mprv_faults S, 5, ld a0, 0(a1)
  mprv_faults S, 7, sd a0, 0(a1)
  mprv_faults U, 5, lb a0, 0(a1)
  unprotect

  // ---------------------------------------------------------------------------------------------
  // Tables that can be read, but not written
  // ---------------------------------------------------------------------------------------------

  protect low, 4096, Rd
  page Rwx
  rights S, 1, 1, 1
  page Rwxu
  rights U, 1, 1, 1
  // Nothing to update, or nothing that would be: page faults stay page faults
  page Rwx & ~Pd
  works S, ld a0, 8(a1)
  fetches S
  page Rwx & ~(Pa | Pd | Pw)
  addi a2, a1, 8
  faults S, 15, sd a0, 8(a1)
  page Rwxu & ~(Pa | Pd)
  faults S, 13, ld a0, 8(a1)
#ifndef QEMU                    // 7.2 writes tables without asking PMP
  page Rwx & ~Pd
  faults S, 7, sd a0, 8(a1)
  faults S, 7, amoor.d a0, x0, (a2)
  entry_is low, 5, Rwx & ~Pd
  page Rwx & ~(Pa | Pd)
  nothing S
  entry_is low, 5, Rwx & ~(Pa | Pd)
#endif
  // A table that only M mode may touch is not the walker's, though M mode reads and writes it
  protect low, 4096, 0
  page Rwx & ~(Pa | Pd)
  nothing S
  entry_is low, 5, Rwx & ~(Pa | Pd)

  // ---------------------------------------------------------------------------------------------
  // Pages that are translated and then denied
  // ---------------------------------------------------------------------------------------------

  page Rwx
  protect page_a, 4096, Rd
  addi a2, a1, 8
  works S, ld a0, 8(a1)
  faults S, 7, sd a0, 8(a1)
  fetch_faults S, 1
  protect page_a, 4096, Ex
  addi a2, a1, 8
  faults S, 5, ld a0, 8(a1)
  fetches S
  // MXR is about page tables only
  li t0, Mxr
  csrs mstatus, t0
  addi a2, a1, 8
  faults S, 5, ld a0, 8(a1)
  page Rwx & ~Pr & ~Pw
  faults S, 5, ld a0, 8(a1)
  li t0, Mxr
  csrc mstatus, t0
  // and a page fault comes first
  faults S, 13, ld a0, 8(a1)

  end_sv39
