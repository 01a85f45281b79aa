// Sv39: what each shape of page table entry permits, and to whom.
#include "rtl_sim/core/tests/sv39.inc"

// Flags of the page, then read, write, execute in S mode and in U mode.
.macro matrix flags, sr, sw, sx, ur, uw, ux
  page \flags
  rights S, \sr, \sw, \sx
  rights U, \ur, \uw, \ux
.endm

// No access at all, with this entry, from either mode.
.macro nothing
  rights S, 0, 0, 0
  rights U, 0, 0, 0
.endm

  begin_sv39

  // ---------------------------------------------------------------------------------------------
  // R, W, X and U
  // ---------------------------------------------------------------------------------------------

  matrix Pv | Pr | Pa | Pd, 1, 0, 0, 0, 0, 0
  matrix Pv | Pr | Pw | Pa | Pd, 1, 1, 0, 0, 0, 0
  matrix Pv | Px | Pa | Pd, 0, 0, 1, 0, 0, 0
  matrix Pv | Pr | Px | Pa | Pd, 1, 0, 1, 0, 0, 0
  matrix Rwx, 1, 1, 1, 0, 0, 0
  matrix Pv | Pu | Pr | Pa | Pd, 0, 0, 0, 1, 0, 0
  matrix Pv | Pu | Pr | Pw | Pa | Pd, 0, 0, 0, 1, 1, 0
  matrix Pv | Pu | Px | Pa | Pd, 0, 0, 0, 0, 0, 1
  matrix Pv | Pu | Pr | Px | Pa | Pd, 0, 0, 0, 1, 0, 1
  matrix Rwxu, 0, 0, 0, 1, 1, 1
  // Software's bits and G change nothing
  matrix Rwx | 0x300 | Pg, 1, 1, 1, 0, 0, 0

  // SUM: S mode reads and writes U pages, and never executes them
  li t0, Sum
  csrs mstatus, t0
  matrix Rwxu, 1, 1, 0, 1, 1, 1
  matrix Pv | Pu | Px | Pa | Pd, 0, 0, 0, 0, 0, 1
  matrix Rwx, 1, 1, 1, 0, 0, 0
  // MXR: what is executable is readable
  li t0, Mxr
  csrs mstatus, t0
  matrix Pv | Pu | Px | Pa | Pd, 1, 0, 0, 1, 0, 1
  li t0, Sum
  csrc mstatus, t0
  matrix Pv | Pu | Px | Pa | Pd, 0, 0, 0, 1, 0, 1
  matrix Pv | Px | Pa | Pd, 1, 0, 1, 0, 0, 0
  // Both change at once, without a fence, also for a page that was used before
  li t0, Mxr
  csrc mstatus, t0
  rights S, 0, 0, 1
  page Rwxu
  rights S, 0, 0, 0
  li t0, Sum
  csrs mstatus, t0
  rights S, 1, 1, 0
  li t0, Sum
  csrc mstatus, t0
  rights S, 0, 0, 0

  // ---------------------------------------------------------------------------------------------
  // Entries that are never a page
  // ---------------------------------------------------------------------------------------------

  page 0
  nothing
  page Rwx & ~Pv
  nothing
  page Rwxu & ~Pv
  nothing
  page Pv | Pw | Pa | Pd
  nothing
  page Pv | Pw | Px | Pa | Pd
  nothing
  // A pointer at the last level
  entry low, 5, low, Pv
  nothing
  // Reserved bits: 63 (Svnapot), 62 and 61 (Svpbmt), 60 to 54
  .irp bit, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54
  raw_entry low, 5, 1 << \bit | 0x80000000 >> 2 | Rwx
  mv a2, a1
  faults S, 13, ld a0, 0(a1)
  .endr
  // In a pointer also D, A and U
  page Rwx
  entry mid, 0, low, Pv | Pd
  nothing
  entry mid, 0, low, Pv | Pa
  nothing
  entry mid, 0, low, Pv | Pu
  nothing
  entry mid, 0, low, Pv | Pw
  nothing
  entry mid, 0, low, 0
  nothing
  raw_entry mid, 0, 0
  nothing
  // but not G and software's bits
  entry mid, 0, low, Pv | Pg | 0x300
  rights S, 1, 1, 1
  entry mid, 0, low, Pv
  entry root, 0, mid, Pv | Pu
  nothing
  entry root, 0, mid, 0
  nothing
  entry root, 0, mid, Pv
  rights S, 1, 1, 1

  // ---------------------------------------------------------------------------------------------
  // Superpages
  // ---------------------------------------------------------------------------------------------

  // 2 MiB, from memory's second 2 MiB on: the low parts of the address stay as they are
  li t0, 0x80200000
  li t1, 0x2200
  sd t1, 8(t0)
  li t0, 0x803ff000
  li t1, 0x2201
  sd t1, 8(t0)
  raw_entry mid, 3, 0x80200000 >> 2 | Rwx
  li a1, 0x600000
  loads S, 0x2200
  li a1, 0x7ff000
  loads S, 0x2201
  rights U, 0, 0, 0
  // Misaligned by a page
  raw_entry mid, 3, 0x80201000 >> 2 | Rwx
  nothing
  raw_entry mid, 3, 0x80300000 >> 2 | Rwxu
  nothing
  raw_entry mid, 3, 0

  // 1 GiB
  raw_entry root, 3, 0x80000000 >> 2 | Rwx
  li a1, 0xc0200000
  loads S, 0x2200
  li a1, 0xc03ff000
  loads S, 0x2201
  rights U, 0, 0, 0
  // Misaligned by a page, by 2 MiB
  raw_entry root, 3, 0x80001000 >> 2 | Rwx
  nothing
  raw_entry root, 3, 0x80200000 >> 2 | Rwx
  nothing
  raw_entry root, 3, 0x90000000 >> 2 | Rwxu
  nothing
  raw_entry root, 3, 0

  // ---------------------------------------------------------------------------------------------
  // Both ends of the address space, and what lies between
  // ---------------------------------------------------------------------------------------------

.macro at address
  li a1, \address
  loads S, 0x2200
.endm

.macro not_canonical address
  li a1, \address
  nothing
.endm

  raw_entry root, 255, 0x80000000 >> 2 | Rwx
  raw_entry root, 256, 0x80000000 >> 2 | Rwx
  raw_entry root, 511, 0x80000000 >> 2 | Rwx
  at 0x0000003fc0200000
  at 0xffffffc000200000
  at 0xffffffffc0200000
  not_canonical 0x0000004000200000
  not_canonical 0x0000007fc0200000
  not_canonical 0x000000ffc0200000
  not_canonical 0x8000003fc0200000
  not_canonical 0xffffff8000200000
  not_canonical 0xffffffbfc0200000
  not_canonical 0xfeffffffc0200000
  not_canonical 0x7fffffffc0200000
  raw_entry root, 255, 0
  raw_entry root, 256, 0
  raw_entry root, 511, 0

  // ---------------------------------------------------------------------------------------------
  // Tables and pages outside memory: access faults, of the kind of the access
  // ---------------------------------------------------------------------------------------------

.macro nowhere cause_load, cause_store, cause_fetch
  addi a2, a1, 8
  faults S, \cause_load, ld a0, 8(a1)
  faults S, \cause_store, sd a0, 8(a1)
  fetch_faults S, \cause_fetch
.endm

  li a1, 0x5000
  raw_entry low, 5, 0x1000000000 >> 2 | Rwx
  nowhere 5, 7, 1
#ifndef QEMU                    // 7.2 takes a table that it cannot read for an invalid entry
  raw_entry mid, 4, 0x1000000000 >> 2 | Pv
  li a1, 0x800000
  nowhere 5, 7, 1
  raw_entry root, 4, 0x1000000000 >> 2 | Pv
  li a1, 0x100000000
  nowhere 5, 7, 1
  raw_entry root, 4, 0xfffffffffff << 10 | Pv
  nowhere 5, 7, 1
#endif
  raw_entry root, 4, 0
  li a1, 0x100000000
  // Page faults come first
  nowhere 13, 15, 12

  // ---------------------------------------------------------------------------------------------
  // satp
  // ---------------------------------------------------------------------------------------------

  // Bare: S and U mode use physical addresses
  csrw satp, x0
  la a1, page_a
  mv a2, a1
  allowed S, ld a0, 8(a1)
  li s11, 0
  allowed U, ld a0, 8(a1)
  li a1, 0x1000000000
  mv a2, a1
  faults S, 5, ld a0, 0(a1)
  // Above the physical addresses
  li a1, 0x0100000080000000
  mv a2, a1
#ifndef QEMU                    // looks at the low 56 bits only
  faults S, 5, ld a0, 0(a1)
  faults M, 5, ld a0, 0(a1)
#endif
  // M mode is never translated
  satp root, 1
  page Rwx
  la a1, page_a
  works M, ld a0, 8(a1)
  li a1, 0x1000000000
  mv a2, a1
  faults M, 5, ld a0, 0(a1)

  end_sv39
