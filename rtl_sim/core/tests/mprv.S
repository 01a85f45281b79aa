// MPRV: M mode's loads and stores count as those of the mode in MPP; its fetches never do.
#include "rtl_sim/core/tests/sv39.inc"

// In M mode with MPRV set, as `mode`; more bits of mstatus may be given.
.macro as mode, bits
  li t0, 0x1800 | Mprv | Sum | Mxr
  csrc mstatus, t0
  li t0, \mode << 11 | Mprv | \bits
  csrs mstatus, t0
.endm

.macro as_itself
  li t0, Mprv | Sum | Mxr
  csrc mstatus, t0
.endm

.macro mprv_works mode, bits, insn:vararg
  case
  as \mode, \bits
  \insn
  as_itself
.endm

.macro mprv_faults mode, bits, cause, insn:vararg
  case
  la s0, .Lm\@
  as \mode, \bits
.Linsn\@:
  \insn
  as_itself
  j fail
.Lm\@:
  as_itself
  expect s1, \cause
  expect_epc s2, .Linsn\@
  bne s3, a2, fail
  // A trap into M mode keeps MPRV, and MPP says M
  li t1, 0x1800 | Mprv
  and s4, s4, t1
  bne s4, t1, fail
.endm

  begin_sv39
  mv a2, a1

  page Rwx
  mprv_works S, 0, sd a1, 8(a1)
  mprv_works S, 0, ld a0, 8(a1)
  expect a0, 0x5000
  la a3, page_a
  ld a0, 8(a3)
  expect a0, 0x5000
  mprv_works S, 0, amoadd.d a0, a1, (a1)
  mprv_faults U, 0, 13, ld a0, 0(a1)
  mprv_faults U, 0, 15, sd a0, 0(a1)
  mprv_faults U, Sum | Mxr, 13, ld a0, 0(a1)
  // M is M
  li a1, 0x1000000000
  mv a2, a1
  mprv_faults M, 0, 5, ld a0, 0(a1)
  li a1, 0x5000
  mv a2, a1
  mprv_works M, 0, ld a0, 8(a3)
  // SUM and MXR
  page Rwxu
  mprv_works U, 0, ld a0, 8(a1)
  mprv_works U, 0, sd a0, 8(a1)
  mprv_faults S, 0, 13, ld a0, 0(a1)
  mprv_faults S, Mxr, 15, sd a0, 0(a1)
  mprv_works S, Sum, ld a0, 8(a1)
  mprv_works S, Sum, sd a0, 8(a1)
  page Pv | Px | Pa | Pd
  mprv_faults S, Sum, 13, ld a0, 0(a1)
  mprv_works S, Mxr, ld a0, 8(a1)
  mprv_faults S, Mxr, 15, sd a0, 0(a1)
  page Pv | Pu | Px | Pa | Pd
  mprv_faults S, Mxr, 13, ld a0, 0(a1)
  mprv_works S, Mxr | Sum, ld a0, 8(a1)
  mprv_works U, Mxr, ld a0, 8(a1)
  // A and D are set
  page Rwx & ~(Pa | Pd)
  mprv_works S, 0, ld a0, 8(a1)
  entry_is low, 5, Rwx & ~Pd
  mprv_works S, 0, sd a0, 8(a1)
  entry_is low, 5, Rwx
  // Not canonical
  li a1, 0x4000000000
  mv a2, a1
  mprv_faults S, 0, 13, ld a0, 0(a1)
  // Across pages
  li a1, 0x5fff
  li a2, 0x6000
  raw_entry low, 6, 0
  mprv_faults S, 0, 13, lh a0, 0(a1)
  // Bare: as S or U mode without translation
  csrw satp, x0
  mprv_works S, 0, ld a0, 8(a3)
  mprv_works U, 0, sd a0, 8(a3)
  satp root, 1

  // The very next access counts as the other mode, and the one after the end no more
  case
  li a1, 0x5000
  page Rwx
  li a4, 0x1234
  sd a4, 8(a3)
  as S, 0
  ld a0, 8(a1)
  as_itself
  ld a5, 8(a3)
  expect a0, 0x1234
  expect a5, 0x1234

  // mret to M mode keeps it
  case
  as M, 0
  la t0, 1f
  csrw mepc, t0
  mret
1:
  csrr a0, mstatus
  li t0, Mprv
  and a0, a0, t0
  bne a0, t0, fail
  // and so does a trap: back in M mode, loads are M mode's since MPP is
  case
  la s0, 1f
  as S, 0
  ecall
1:
  ld a0, 8(a3)
  csrr a0, mstatus
  as_itself
  li t0, Mprv | 0x1800
  and a0, a0, t0
  bne a0, t0, fail
  // mret and sret to a lower mode end it
#ifndef QEMU                    // 7.2 keeps it
  case
  as S, 0
  la t0, 1f
  csrw mepc, t0
  la s0, 2f
  mret
1:
  ecall
2:
  expect s1, 9
  li t0, Mprv
  and s4, s4, t0
  expect s4, 0
  case
  as S, 0
  li t0, 0x100
  csrs mstatus, t0
  la t0, 1f
  csrw sepc, t0
  la s0, 2f
  sret
1:
  ecall
2:
  expect s1, 9
  li t0, Mprv
  and s4, s4, t0
  expect s4, 0
#endif

  end_sv39
