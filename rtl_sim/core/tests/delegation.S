// Each trap cause in each mode, delegated and not; interrupts with vectors, by priority, and
// between which instructions they come.
#include "rtl_sim/core/tests/privilege.inc"

  .equ clint_msip, 0x2000000
  .equ clint_mtimecmp, 0x2004000

  begin_privileged
  li t0, clint_mtimecmp
  li t1, -1
  sd t1, (t0)
  csrw mie, x0
  csrw mideleg, x0
  la a2, nowhere_address
  ld a2, (a2)
  li a3, 0x80000001

  // ---------------------------------------------------------------------------------------------
  // Exceptions: to M mode without delegation and from M mode, to S mode from S and U with it. Only
  // the cause's own bit of medeleg counts.
  // ---------------------------------------------------------------------------------------------

.macro exception cause, tval, insn:vararg
  li a4, 1 << \cause
  not t0, a4
  csrw medeleg, t0
  to_m S, \cause, \tval, \insn
  to_m U, \cause, \tval, \insn
  csrw medeleg, a4
  to_s S, \cause, \tval, \insn
  to_s U, \cause, \tval, \insn
  to_m M, \cause, \tval, \insn
  csrw medeleg, x0
.endm

  mv s10, a2
  exception 1, a2, jr a2
  li s10, 0
  exception 2, 0xffffffff, .word 0xffffffff
  exception 2, 0, .half 0
  exception 2, 0x30102573 | 1 << 31, csrr a0, 0xb01
  exception 3, pc_or_0, ebreak
  exception 3, pc_or_0, c.ebreak
  exception 4, 0x80000001, lr.w a0, (a3)
  exception 5, a2, ld a0, (a2)
  exception 5, a2, lr.d a0, (a2)
  exception 7, a2, sb a0, (a2)
#ifndef QEMU  // which reports faults of atomics as loads', and checks no address of a failing sc
  exception 6, 0x80000001, sc.w a0, a0, (a3)
  exception 6, 0x80000001, amoadd.w a0, a0, (a3)
  exception 7, a2, amoadd.w a0, a0, (a2)
  exception 7, a2, sc.d a0, a0, (a2)
#endif
  // ecall has a cause for each mode
  li t0, ~(1 << 8)
  csrw medeleg, t0
  to_m U, 8, 0, ecall
  li t0, 1 << 8
  csrw medeleg, t0
  to_s U, 8, 0, ecall
  to_m S, 9, 0, ecall
  li t0, 1 << 9
  csrw medeleg, t0
  to_m U, 8, 0, ecall
  to_s S, 9, 0, ecall
  li t0, -1
  csrw medeleg, t0
  to_m M, 11, 0, ecall
  csrw medeleg, x0

  // Page faults: with a table that has RAM for S mode, and for U mode 1 GiB higher
  la t0, page_table
  srli t0, t0, 12
  li t1, 8 << 60
  or t0, t0, t1
  csrw satp, t0
  sfence.vma

.macro page_fault cause, insn:vararg
  li a4, 1 << \cause
  not t0, a4
  csrw medeleg, t0
  to_m S, \cause, a2, \insn
  li s11, 0x40000000
  to_m U, \cause, a2, \insn
  csrw medeleg, a4
  to_s U, \cause, a2, \insn
  li s11, 0
  to_s S, \cause, a2, \insn
  csrw medeleg, x0
.endm

  page_fault 13, ld a0, (a2)
  page_fault 13, lr.w a0, (a2)
  page_fault 15, sd a0, (a2)
#ifndef QEMU
  page_fault 15, amoswap.d a0, a0, (a2)
#endif
  mv s10, a2
  page_fault 12, jr a2
  li s10, 0
  to_m M, 5, a2, ld a0, (a2)
  csrw satp, x0
  sfence.vma

  // An exception's vector is the base, in S mode as in M mode
  case
  la t0, m_vectors + 1
  csrw mtvec, t0
  la t0, s_vectors + 1
  csrw stvec, t0
  to_m U, 8, 0, ecall
  to_m M, 11, 0, ecall
  li t0, 1 << 2
  csrw medeleg, t0
  to_s U, 2, 0xffffffff, .word 0xffffffff
  csrw medeleg, x0

  // ---------------------------------------------------------------------------------------------
  // Interrupts by priority. All but M mode's external one pend; each handler turns its own off.
  // ---------------------------------------------------------------------------------------------

  li t0, clint_msip
  li t1, 1
  sw t1, (t0)
  li t0, clint_mtimecmp
  sd x0, (t0)
  li a0, 0x222
  csrw mip, a0
1:
  csrr a0, mip
  li a1, 0x2aa
  bne a0, a1, 1b          // until both lines have arrived

// In the mode, with these mideleg, mie, and MIE and SIE in mstatus: the causes in the order in
// which they must come, and which of them come to S mode.
.macro interrupts mode, mideleg, mie, status, order, to_s
  case
  li t0, \mideleg
  csrw mideleg, t0
  li t0, \mie
  csrw mie, t0
  li t0, 0x18aa
  csrc mstatus, t0
  li t0, (\status & 8) << 4 | (\status & 2)
  csrs mstatus, t0
  li s6, 0
  li s7, 0
  la s0, .Lm\@
  enter \mode
  nop
  ecall
  j fail
.Lm\@:
  expect s1, 8 + \mode
#ifndef QEMU  // which takes the lowest number first
  expect s6, \order
#endif
  expect s7, \to_s
  csrr a0, mie
  li a1, \mie
  // What was taken is off, all else is not
  li a2, 0
  .irp place, 0, 4, 8, 12, 16
  .if (\order) >> \place != 0
  li t0, 1 << ((\order) >> \place & 15)
  or a2, a2, t0
  .endif
  .endr
  andn a1, a1, a2
  bne a0, a1, fail
.endm

  // M mode: those that are not delegated, if MIE
  interrupts M, 0, 0xaaa, 8, 0x37915, 0
  interrupts M, 0, 0xaaa, 0, 0, 0
  interrupts M, 0, 0xaaa, 2, 0, 0
  interrupts M, 0, 0x222, 8, 0x915, 0
  interrupts M, 0, 0x0a2, 8, 0x715, 0
  interrupts M, 0, 0, 8, 0, 0
  interrupts M, 0x222, 0xaaa, 8, 0x37, 0
  interrupts M, 0x222, 0xaaa, 10, 0x37, 0
  interrupts M, 0x222, 0x222, 10, 0, 0
  interrupts M, 0x020, 0xaaa, 8, 0x3791, 0
  // S mode: those for M mode always, those delegated if SIE
  interrupts S, 0, 0xaaa, 0, 0x37915, 0
  interrupts S, 0x222, 0xaaa, 0, 0x37, 0
  interrupts S, 0x222, 0xaaa, 8, 0x37, 0
  interrupts S, 0x222, 0xaaa, 2, 0x37915, 0x222
  interrupts S, 0x222, 0x222, 2, 0x915, 0x222
  interrupts S, 0x222, 0x022, 2, 0x15, 0x22
  interrupts S, 0x222, 0x020, 2, 0x5, 0x20
  // U mode: all
  interrupts U, 0, 0xaaa, 0, 0x37915, 0
  interrupts U, 0x222, 0xaaa, 0, 0x37915, 0x222
  interrupts U, 0x222, 0x088, 0, 0x37, 0
  // Those for M mode go first, whatever their own priority
  interrupts U, 0x200, 0xaaa, 0, 0x37159, 0x200
  interrupts S, 0x202, 0xaaa, 2, 0x37591, 0x202
  interrupts S, 0x202, 0xaaa, 0, 0x375, 0

  // ---------------------------------------------------------------------------------------------
  // An interrupt comes right behind the write that enables it, and never a moment later
  // ---------------------------------------------------------------------------------------------

  li t0, clint_msip
  sw x0, (t0)
  li t0, clint_mtimecmp
  li t1, -1
  sd t1, (t0)
1:
  csrr a0, mip
  li a1, 0x222
  bne a0, a1, 1b
  la t0, m_handler
  csrw mtvec, t0
  la t0, s_handler
  csrw stvec, t0
  csrw mip, x0
  csrw mideleg, x0

// The write must be followed by interrupt 1 into M mode, before anything else.
.macro immediate before, write:vararg
  case
  csrw mie, x0
  csrw mip, x0
  csrw mideleg, x0
  csrci mstatus, 8
  \before
  la s0, .Lm\@
  \write
.Lnext\@:
  li gp, 0x301
  j fail
.Lm\@:
  la a0, .Lnext\@
  bne s2, a0, fail
  li a0, 1 << 63 | 1
  bne s1, a0, fail
  bnez s3, fail
  expect_bits s4, 0x1888, 0x1880
.endm

.macro enable mie, mip, mstatus, mideleg=0
  csrwi mideleg, \mideleg
  csrwi mie, \mie
  csrwi mip, \mip
  csrsi mstatus, \mstatus
.endm

  immediate "enable 0, 2, 8", csrwi mie, 2
  immediate "enable 0, 2, 8", csrsi mie, 2
  immediate "enable 2, 0, 8", csrwi mip, 2
  immediate "enable 2, 2, 0", csrsi mstatus, 8
  immediate "enable 2, 2, 8, 2", csrwi mideleg, 0

  // Behind mret: at its target
  case
  csrci mstatus, 8
  enable 2, 2, 0
  li t0, 0x80
  csrs mstatus, t0
  la s0, 1f
  enter M
2:
  li gp, 0x302
  j fail
1:
  la a0, 2b
  bne s2, a0, fail

  // Into S mode behind its own writes, and behind sret
.macro immediate_s write
  case
  csrci mstatus, 2
  enable 0, 0, 0, 2
  la s0, .Lm\@
  la s9, .Ls\@
  enter S
  \write
.Lnext\@:
  li gp, 0x303
  j fail
.Ls\@:
  ecall
  j fail
.Lm\@:
  expect s1, 9
  li a0, 1 << 63 | 1
  bne s5, a0, fail
  la a0, .Lnext\@
  bne s6, a0, fail
  bnez s7, fail
  expect_bits s8, 0x122, 0x120
.endm

  immediate_s "csrsi sie, 2; csrsi sstatus, 2; csrsi sip, 2"
  immediate_s "csrsi sip, 2; csrsi sstatus, 2; csrsi sie, 2"
  immediate_s "csrsi sie, 2; csrsi sip, 2; csrsi sstatus, 2"
  .macro enabling_sret
  csrsi sie, 2
  csrsi sip, 2
  li t0, 0x120
  csrs sstatus, t0
  la t0, 1f
  csrw sepc, t0
  sret
1:
  .endm
  immediate_s enabling_sret

  // sret to U mode is followed by it without SIE
  case
  csrci mstatus, 2
  enable 2, 2, 0, 2
  la s0, 3f
  la s9, 2f
  enter S
  nop
  csrci sstatus, 0x10
  li t0, 0x120
  csrc sstatus, t0
  la t0, 1f
  csrw sepc, t0
  sret
1:
  li gp, 0x304
  j fail
2:
  ecall
  j fail
3:
  expect s1, 9
  la a0, 1b
  bne s6, a0, fail
  expect_bits s8, 0x122, 0
  csrw mie, x0
  csrw mip, x0
  csrw mideleg, x0

  end_privileged

// ----------------------------------------------------------------------------------------------
// Vectors: slot 0 for exceptions; an interrupt notes its cause in s6, a delegated one also in s7
// ----------------------------------------------------------------------------------------------

.macro slot name, n
\name\()_slot_\n:
  li t2, \n
  j \name\()_interrupt
.endm

.macro vectors name
  .option push
  .option norvc
  .align 6
\name\()_vectors:
  j \name\()_handler
  .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  j \name\()_slot_\n
  .endr
  .option pop
  .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  slot \name, \n
  .endr
.endm

  vectors m
  vectors s

.macro handler name, prefix
\name\()_interrupt:
  csrr t0, \prefix\()cause
  li t1, 1 << 63
  or t1, t1, t2
  bne t0, t1, wrong_vector
  csrr t0, \prefix\()tval
  bnez t0, wrong_vector
  slli s6, s6, 4
  or s6, s6, t2
  li t0, 1
  sll t0, t0, t2
.endm

  handler m, m
  csrc mie, t0
  mret

  handler s, s
  or s7, s7, t0
  csrc sie, t0
  sret

wrong_vector:
  li gp, 0x300
  j fail

  .data
  .align 3
nowhere_address:
  .dword 0x40000           // neither RAM nor a device, here and on QEMU's virt

  // 0: nothing. 2: 1 GiB of RAM for S mode. 3: the same for U mode.
  .align 12
page_table:
  .dword 0, 0, 0x200000cf, 0x200000df
