// Counters: exact numbers of instructions and events, whatever their surroundings; inhibit, writes,
// carries, all counters alike. Not for QEMU, which counts host time.
#include "rtl_sim/core/tests/privilege.inc"

  .equ load, 1
  .equ store, 2
  .equ branch, 3
  .equ taken, 4
  .equ mispredict, 5
  .equ jump, 6
  .equ dual, 7
  .equ lost_divide, 14
  .equ lost_flush, 16
  .equ lost_uncached, 22

  begin_privileged
  la a2, cells
  csrw mie, x0
  csrw mcountinhibit, x0
  li a0, 3
  li a1, 5

// The instructions make the event happen so many times, on counter 3.
.macro counts event, n, insns
  case
  csrwi mhpmevent3, \event
  csrwi mhpmcounter3, 0
  \insns
  csrr t0, mhpmcounter3
  expect t0, \n
.endm

// ... at least once
.macro happens event, insns
  case
  csrwi mhpmevent3, \event
  csrwi mhpmcounter3, 0
  \insns
  csrr t0, mhpmcounter3
  beqz t0, fail
  li t6, 1000
  bgeu t0, t6, fail
.endm

  // ---------------------------------------------------------------------------------------------
  // minstret
  // ---------------------------------------------------------------------------------------------

.macro retires n, insns
  case
  csrr s8, minstret
  \insns
  csrr t0, minstret
  sub t0, t0, s8
  expect t0, \n + 1
.endm

  retires 0, ""
  retires 1, nop
  retires 2, "nop; nop"
  retires 5, "add a3, a0, a1; add a4, a3, a0; sub a5, a0, a1; xor a6, a0, a1; or a7, a0, a1"
  retires 4, "ld a3, (a2); addi a3, a3, 1; sd a3, (a2); ld a4, (a2)"
  retires 3, "div a3, a1, a0; mul a4, a3, a1; rem a5, a4, a0"
  retires 2, "beq x0, x0, 1f; nop; nop; 1: nop"
  retires 3, "bne x0, x0, 1f; nop; 1: nop"
  retires 3, "jal ra, 1f; nop; 1: la a3, cells"
  retires 2, "lr.d a3, (a2); sc.d a4, a3, (a2)"
  retires 2, "amoadd.d a3, a0, (a2); fence.i"
  retires 13, "li a3, 6; 1: addi a3, a3, -1; bnez a3, 1b"
  // What traps does not retire, the 8 instructions of its handler do
  case
  la s0, 1f
  csrr s8, minstret
  ecall
1:
  csrr t0, minstret
  sub t0, t0, s8
  expect t0, 1 + 8
  case
  la s0, 1f
  csrr s8, minstret
  .word 0xffffffff
1:
  csrr t0, minstret
  sub t0, t0, s8
  expect t0, 1 + 8
  // In every mode
  case
  la s0, 1f
  csrr s8, minstret
  enter U
  nop
  ecall
1:
  csrr t0, minstret
  sub t0, t0, s8
  li t1, 1 + 1 + 8
  la t6, 2f
  la t5, 3f
  // The instructions of `enter` are counted by its size where none is compressed
  j 4f
  .option push
  .option norvc
2:
  enter U
3:
  .option pop
4:
  sub t5, t5, t6
  srli t5, t5, 2
  add t1, t1, t5
  bne t0, t1, fail

  // A write wins over its own instruction; inhibit is for what follows
  case
  li a3, 1000
  csrw minstret, a3
  csrr a4, minstret
  expect a4, 1000
  csrw minstret, a3
  nop
  csrsi mcountinhibit, 4
  nop
  nop
  csrr a4, minstret
  expect a4, 1002
  csrci mcountinhibit, 4
  nop
  csrr a4, minstret
  expect a4, 1003
  // A carry through all bits
  case
  li a3, -2
  csrw minstret, a3
  nop
  nop
  nop
  csrr a4, minstret
  expect a4, 1
  csrr a4, instret
  bgeu x0, a4, fail

  // mcycle likewise
  case
  csrsi mcountinhibit, 1
  csrwi mcycle, 9
  nop
  csrr a4, mcycle
  expect a4, 9
  csrr a4, cycle
  expect a4, 9
  li a3, -1
  csrw mcycle, a3
  csrci mcountinhibit, 1
  nop
  csrr a4, mcycle
  li t6, 1000
  bgeu a4, t6, fail

  // ---------------------------------------------------------------------------------------------
  // Events
  // ---------------------------------------------------------------------------------------------

  counts 0, 0, "ld a3, (a2); sd a3, (a2); beq x0, x0, 1f; 1:"
  counts load, 0, "nop; sd a0, (a2)"
  counts load, 1, "ld a3, (a2)"
  counts load, 4, "ld a3, (a2); lw a4, 4(a2); sd a3, 8(a2); lbu a5, 3(a2); nop; lh a6, 9(a2)"
  counts store, 1, "sd a0, (a2)"
  counts store, 3, "ld a3, (a2); sd a3, (a2); sb a3, 5(a2); add a3, a3, a3; sh a3, 7(a2)"
  counts store, 1, "amoadd.w a3, a0, (a2)"
  counts store, 1, "lr.w a3, (a2); sc.w a4, a3, (a2)"
  counts load, 1, "lr.w a3, (a2); sc.w a4, a3, (a2)"
  counts branch, 0, "jal ra, 1f; 1: nop"
  counts branch, 1, "beq x0, x0, 1f; 1: nop"
  counts branch, 3, "bne x0, x0, 1f; beq a0, a1, 1f; bne a0, a1, 1f; 1: nop"
  counts taken, 1, "bne x0, x0, 1f; beq a0, a1, 1f; bne a0, a1, 1f; 1: nop"
  counts branch, 20, "li a3, 20; 1: addi a3, a3, -1; bnez a3, 1b"
  counts taken, 19, "li a3, 20; 1: addi a3, a3, -1; bnez a3, 1b"
  counts jump, 0, "beq x0, x0, 1f; 1: nop"
  counts jump, 1, "j 1f; 1: nop"
  counts jump, 3, "jal ra, 1f; 1: la a3, 2f; jr a3; 2: j 3f; 3: nop"
  happens lost_divide, "li a3, -1; div a4, a3, a0"
  happens lost_flush, "fence.i"
  happens lost_uncached, "li a3, 0x200bff8; ld a4, (a3)"
  // A branch that no predictor knows: taken as the low bits of a product say
  .macro random_branches
  li a3, 0x9e3779b1
  li a4, 1
  li a5, 40
1:
  mulw a4, a4, a3
  addi a4, a4, 7
  andi a6, a4, 64
  beqz a6, 2f
  nop
2:
  addi a5, a5, -1
  bnez a5, 1b
  .endm
  happens mispredict, random_branches
  // No more than each two of them together
  case
  csrwi mhpmevent3, dual
  csrwi mhpmcounter3, 0
  li a4, 1
  li a5, 2
  li a6, 3
  li a7, 4
  csrr t0, mhpmcounter3
  li t6, 3
  bgeu t0, t6, fail
  // A load that faults does not retire
  case
  csrwi mhpmevent3, load
  csrwi mhpmcounter3, 0
  la s0, 1f
  lw a3, (x0)
1:
  csrr t0, mhpmcounter3
  expect t0, 0
  // In U mode
  case
  la s0, 1f
  csrwi mhpmcounter3, 0
  enter U
  ld a3, (a2)
  ecall
1:
  csrr t0, mhpmcounter3
  expect t0, 1

  // ---------------------------------------------------------------------------------------------
  // All counters are alike, and none disturbs another
  // ---------------------------------------------------------------------------------------------

  case
  .irp n, 3, 4, 5, 6, 7, 8, 9, 10
  csrwi mhpmevent\n, load
  csrwi mhpmcounter\n, \n
  .endr
  ld a3, (a2)
  ld a3, 8(a2)
  .irp n, 3, 4, 5, 6, 7, 8, 9, 10
  csrr t0, mhpmcounter\n
  expect t0, \n + 2
  csrr t0, hpmcounter\n
  expect t0, \n + 2
  .endr
  // Inhibited one by one
  .irp n, 3, 4, 5, 6, 7, 8, 9, 10
  case
  li a4, 1 << \n
  csrw mcountinhibit, a4
  ld a3, (a2)
  csrr t0, mhpmcounter\n
  expect t0, \n + 2 + \n - 3
  csrw mcountinhibit, x0
  .endr
  case
  csrr t0, mhpmcounter3
  expect t0, 3 + 2 + 7
  csrr t0, mhpmcounter10
  expect t0, 10 + 2 + 7
  // Writes, carries
  .irp n, 3, 4, 5, 6, 7, 8, 9, 10
  case
  csrw mhpmevent\n, load
  li a4, 0xffffffff
  csrw mhpmcounter\n, a4
  csrr t0, mhpmcounter\n
  bne t0, a4, fail
  ld a3, (a2)
  csrr t0, mhpmcounter\n
  expect t0, 0x100000000
  li a4, -1
  csrw mhpmcounter\n, a4
  ld a3, (a2)
  csrr t0, mhpmcounter\n
  expect t0, 0
  csrw mhpmevent\n, x0
  ld a3, (a2)
  csrr t0, mhpmcounter\n
  expect t0, 0
  .endr

  end_privileged

  .data
  .align 4
cells:
  .dword 1, 2, 3, 4
