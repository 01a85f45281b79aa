// After a change of the page table and the right sfence.vma, nothing of the old one is used; and
// address spaces do not mix.
#include "rtl_sim/core/tests/sv39.inc"

// Maps VA 0x5000 to another page, with the fence that follows on the line. What the page held is in
// both TLBs before, and must be in neither afterwards.
.macro remap from, to, flags, fence:vararg
  case
  entry low, 5, page_\from, \flags
  loads S, value_\from
  fetches S
  la t0, low
  la t1, page_\to
  srli t1, t1, 2
  ori t1, t1, \flags
  sd t1, 40(t0)
  \fence
  loads S, value_\to
  fetch_is \to
.endm

// What a function in the page at a1 says: each page has another one.
.macro fetch_is name
  works S, jalr a4, 32(a1)
  expect a5, value_\name
.endm

.macro function name, value
  .equ value_\name, \value
  la t0, page_\name
  li t1, (\value << 20) | 0x793 // li a5, value
  sw t1, 32(t0)
  li t1, 0x70067                // jr a4
  sw t1, 36(t0)
.endm

  begin_sv39
  function a, 0x2a0
  function b, 0x2b0
  la t0, page_a
  li t1, 0x2a0
  sd t1, 8(t0)
  la t0, page_b
  li t1, 0x2b0
  sd t1, 8(t0)
  fence.i

  li a3, 1                      // the ASID in use
  li a6, 0x5ff8                 // another address in the page

  // ---------------------------------------------------------------------------------------------
  // Each kind of fence
  // ---------------------------------------------------------------------------------------------

  remap a, b, Rwx, sfence.vma
  remap b, a, Rwx, sfence.vma x0, x0
  remap a, b, Rwx, sfence.vma a1
  remap b, a, Rwx, sfence.vma a6
  remap a, b, Rwx, sfence.vma a1, a3
  remap b, a, Rwx, sfence.vma x0, a3
  // Of global pages an ASID's fence says nothing, any other does
  remap a, b, Rwx | Pg, sfence.vma
  remap b, a, Rwx | Pg, sfence.vma a1
  // In S mode
.macro fence_in_s rs1, rs2
  works S, sfence.vma \rs1, \rs2
.endm
  remap a, b, Rwx, fence_in_s x0, x0
  remap b, a, Rwx, fence_in_s a1, x0
  remap a, b, Rwx, fence_in_s a6, a3
  remap b, a, Rwx, fence_in_s x0, a3
  // The register's number counts, not what it holds: address 0, ASID 0
  case
  li a7, 0
  entry low, 0, page_a, Rwx
  li a1, 0
  loads S, value_a
  entry low, 0, page_b, Rwx
  sfence.vma a7, x0
  loads S, value_b
  entry low, 0, page_a, Rwx
  satp root, 0
  loads S, value_a
  la t0, low
  la t1, page_b
  srli t1, t1, 2
  ori t1, t1, Rwx
  sd t1, 0(t0)
  sfence.vma x0, a7
  loads S, value_b
  raw_entry low, 0, 0
  satp root, 1
  li a1, 0x5000

  // A page that is gone, rights that are gone
  case
  entry low, 5, page_a, Rwx
  rights S, 1, 1, 1
  raw_entry low, 5, 0, 0
  sfence.vma a1
  rights S, 0, 0, 0
  entry low, 5, page_a, Rwx
  rights S, 1, 1, 1
  la t0, low
  ld t1, 40(t0)
  andi t1, t1, ~Pw
  sd t1, 40(t0)
  sfence.vma a1, a3
  rights S, 1, 0, 1

  // ---------------------------------------------------------------------------------------------
  // Superpages: any address in them will do; and a change of size
  // ---------------------------------------------------------------------------------------------

  case
  li t0, 0x80200000
  li t1, 0x200
  sd t1, 8(t0)
  li t0, 0x80400000
  li t1, 0x400
  sd t1, 8(t0)
  li a6, 0x7ff123
  raw_entry mid, 3, 0x80200000 >> 2 | Rwx
  li a1, 0x600000
  loads S, 0x200
  raw_entry mid, 3, 0x80400000 >> 2 | Rwx, 0
  sfence.vma a6
  loads S, 0x400
  raw_entry mid, 3, 0x80200000 >> 2 | Rwx, 0
  sfence.vma a6, a3
  loads S, 0x200
  // 1 GiB becomes smaller pages, and back
  raw_entry root, 3, 0x80000000 >> 2 | Rwx
  li a1, 0xc0400000
  loads S, 0x400
  la t0, root
  la t1, mid
  srli t1, t1, 2
  ori t1, t1, Pv
  sd t1, 24(t0)
  raw_entry mid, 2, 0x80200000 >> 2 | Rwx, 0
  sfence.vma
  loads S, 0x200
  raw_entry root, 3, 0x80000000 >> 2 | Rwx, 0
  sfence.vma a1
  loads S, 0x400
  raw_entry root, 3, 0

  // ---------------------------------------------------------------------------------------------
  // Address spaces
  // ---------------------------------------------------------------------------------------------

  // Two roots with an ASID each, which differ in what 0x5000 is; no fence in between
  case
  la t0, page_a
  li t1, value_a
  sd t1, 8(t0)
  li a1, 0x5000
  entry low, 5, page_a, Rwx
  entry low_b, 5, page_b, Rwx
  entry mid_b, 0, low_b, Pv
  entry root_b, 0, mid_b, Pv
  raw_entry root_b, 1, 0x80000000 >> 2 | Rwxu
  raw_entry root_b, 2, 0x80000000 >> 2 | Rwx
  .rept 3
  satp root, 1
  loads S, value_a
  fetch_is a
  satp root_b, 0x8002
  loads S, value_b
  fetch_is b
  .endr
  // A switch in S mode, where the very next instructions use the other space
  case
  satp root, 1
  la t0, root_b
  srli t0, t0, 12
  li t1, 8 << 60 | 0x8002 << 44
  or a3, t0, t1
  la s0, 1f
  enter S
  ld a4, 8(a1)
  csrrw a5, satp, a3
  ld a6, 8(a1)
  csrw satp, a5
  ld a7, 8(a1)
  ecall
1:
  expect s1, 9
  expect a4, value_a
  expect a6, value_b
  expect a7, value_a
  // One space's fence does not need to hurt the other's, and must not break it
  li a3, 1
  sfence.vma x0, a3
  satp root_b, 0x8002
  loads S, value_b
  fetch_is b
  satp root, 1
  loads S, value_a
  fetch_is a

  // A page that is global is the same in both, in a superpage and below a global pointer
  entry mid, 6, low, Pv | Pg
  entry mid_b, 6, low, Pv | Pg
  li a1, 0xc05000
  loads S, value_a
  satp root_b, 0x8002
  loads S, value_a
  fetch_is a

  // More pages than a TLB has entries, thrice
  case
  satp root, 1
  la t0, low
  la t1, page_a
  la t2, page_b
  srli t1, t1, 2
  srli t2, t2, 2
  ori t1, t1, Rwx
  ori t2, t2, Rwx
  li a3, 24
1:
  sd t1, 512(t0)
  sd t2, 520(t0)
  addi t0, t0, 16
  addi a3, a3, -1
  bnez a3, 1b
  sfence.vma
  la s0, 4f
  li a6, 0
  li a7, 3
  enter S
2:
  li a3, 24
  li a1, 0x40000
  li t2, 0x1000
3:
  ld a0, 8(a1)
  add a6, a6, a0
  jalr a4, 32(a1)
  sub a6, a6, a5
  add a1, a1, t2
  ld a0, 8(a1)
  jalr a4, 32(a1)
  slli a0, a0, 1
  sub a6, a6, a0
  add a6, a6, a5
  add a6, a6, a5
  addi a6, a6, 1
  add a1, a1, t2
  addi a3, a3, -1
  bnez a3, 3b
  addi a7, a7, -1
  bnez a7, 2b
  ecall
4:
  expect s1, 9
  expect a6, 72

  end_sv39

  .align 12
root_b:
  .zero 4096
mid_b:
  .zero 4096
low_b:
  .zero 4096
