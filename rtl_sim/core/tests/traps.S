// Exceptions: mcause, mepc, mtval, mstatus, mret; precise in every neighbourhood.
#include "rtl_sim/core/tests/test.inc"

// The instruction must trap with this cause and mtval (pc: its address), at its own address.
.macro traps cause, tval, insn:vararg
  case
  la t0, 1f
  csrw mtvec, t0
2:
  \insn
  j fail
  .align 2
1:
  csrr a0, mcause
  expect a0, \cause
  csrr a0, mepc
  la a1, 2b
  bne a0, a1, fail
  csrr a0, mtval
.ifc \tval, pc
  bne a0, a1, fail
.else
  expect a0, \tval
.endif
.endm

// A 4-byte or 2-byte encoding that no instruction has.
.macro illegal4 encoding
  traps 2, \encoding, .word \encoding
.endm

.macro illegal2 encoding
  traps 2, \encoding, .half \encoding
.endm

  begin
  li s0, 0x80001000
  li s1, 0x1000

  traps 11, 0, ecall
  traps 3, pc, ebreak
  traps 3, pc, c.ebreak

  // Illegal: all zeros and all ones, then one of each kind of hole
  illegal2 0x0000
  illegal4 0xffffffff
  illegal4 0x0000007f       // a longer instruction's opcode
  illegal4 0x00007003       // load, funct3 7
  illegal4 0x00004023       // store, funct3 4
  illegal4 0x00002063       // branch, funct3 2
  illegal4 0x00001067       // jalr, funct3 1
  illegal4 0x0000200f       // misc-mem, funct3 2
  illegal4 0x40001033       // sub's bit on sll
  illegal4 0x82001013   // slli with high bits
  illegal4 0x0000201b       // addiw's neighbour
  illegal4 0x0200101b       // slliw with a sixth bit of amount
  illegal4 0x0200103b       // mulh as a word
  illegal4 0x60301013       // unary, rs2 = 3
  illegal4 0x0810403b       // zext.h with rs2 = 1
  illegal4 0x1010a02f       // lr.w with rs2 = 1
  illegal4 0x0000002f       // an AMO of bytes
  illegal4 0x2800202f       // AMO 5
  illegal4 0x00004073       // system, funct3 4
  illegal4 0x00000173       // ecall with rd = 2
  illegal4 0x00000007       // flb
  illegal4 0x00000053       // fadd.s
  illegal2 0x2000           // c.fld
  illegal2 0xa000           // c.fsd
  illegal2 0x2002           // c.fldsp
  illegal2 0xa002           // c.fsdsp
  illegal2 0x8000           // reserved in quadrant 0
  illegal2 0x0008           // c.addi4spn without immediate
  illegal2 0x2001           // c.addiw x0
  illegal2 0x6101           // c.addi16sp without immediate
  illegal2 0x6501           // c.lui without immediate
  illegal2 0x9c41           // reserved arithmetic
  illegal2 0x9c61
  illegal2 0x4002           // c.lwsp x0
  illegal2 0x6002           // c.ldsp x0
  illegal2 0x8002           // c.jr x0

  // CSRs: absent, read-only (modes: privilege.S)
  illegal4 0x5c0025f3       // csrr a1, 0x5c0
  illegal4 0xf1401073       // csrw mhartid, x0
  illegal4 0xc0015073       // csrwi cycle, 2
  illegal4 0xc000e5f3       // csrrsi a1, cycle, 1
  illegal4 0x7b002573       // csrr a0, dcsr
  illegal4 0xc8002573       // csrr a0, cycleh
  illegal4 0x32102573       // csrr a0, 0x321
  illegal4 0xb0102573       // csrr a0, 0xb01
  // Set and clear with x0 or 0 only read: no write to a read-only register
  case
  csrrs a0, mhartid, x0
  csrrc a0, mhartid, x0
  csrrsi a0, mhartid, 0
  csrrci a0, cycle, 0

  // Accesses to nowhere
  traps 5, 0x1000, lb a0, 0(s1)
  traps 5, 0x1008, ld a0, 8(s1)
  traps 5, 0x1001, lw a0, 1(s1)
  traps 7, 0x1000, sb a0, 0(s1)
  traps 7, 0x1008, sd a0, 8(s1)
  traps 5, 0x1000, lr.w a0, (s1)
  traps 7, 0x1000, sc.w a0, a0, (s1)
  traps 7, 0x1000, amoadd.d a0, a0, (s1)
  traps 5, -8, ld a0, -8(x0)
  traps 7, 0, sd x0, 0(x0)

  // At memory's ends (64 MiB)
  li s2, 0x84000000
  traps 5, 0x84000000, lbu a0, 0(s2)
  traps 5, 0x84000000, lw a0, -3(s2)    // the part of it that faults
  traps 7, 0x84000000, sd a0, -7(s2)
  li s3, 0x80000000
  traps 5, 0x7fffffff, lbu a0, -1(s3)
  traps 5, 0x7ffffffc, ld a0, -4(s3)
  case
  ld a0, -8(s2)
  lbu a0, -1(s2)
  ld a0, 0(s3)

  // Misaligned atomics
  addi s4, s0, 2
  addi s5, s0, 4
  traps 4, 0x80001002, lr.w a0, (s4)
  traps 4, 0x80001004, lr.d a0, (s5)
  traps 6, 0x80001002, sc.w a0, a0, (s4)
  traps 6, 0x80001004, sc.d a0, a0, (s5)
  traps 6, 0x80001002, amoswap.w a0, a0, (s4)
  traps 6, 0x80001004, amoadd.d a0, a0, (s5)

  // Fetch from nowhere: the jump itself retires
  case
  la t0, 1f
  csrw mtvec, t0
  li a0, 0x2000
  jalr a2, 0(a0)
2:
  j fail
  .align 2
1:
  csrr a0, mcause
  expect a0, 1
  csrr a0, mepc
  expect a0, 0x2000
  csrr a0, mtval
  expect a0, 0x2000
  la a1, 2b
  bne a2, a1, fail

  // Fetch over memory's end: the second half is missing
  case
  la t0, 1f
  csrw mtvec, t0
  li a0, 0x83fffffe
  li a1, 0x0013
  sh a1, 0(a0)
  fence.i
  jr a0
  .align 2
1:
  csrr a0, mcause
  expect a0, 1
  csrr a0, mepc
  expect a0, 0x83fffffe
  csrr a0, mtval
  expect a0, 0x84000000
  // while a short instruction just before the end runs; the next is beyond
  case
  la t0, 1f
  csrw mtvec, t0
  li a0, 0x83fffffe
  li a1, 0x0505             // c.addi a0, 1
  sh a1, 0(a0)
  fence.i
  jr a0
  .align 2
1:
  expect a0, 0x83ffffff
  csrr a0, mepc
  expect a0, 0x84000000
  csrr a0, mtval
  expect a0, 0x84000000

  // Nothing younger than a trap has happened: registers, memory, CSRs
  case
  la t0, 1f
  csrw mtvec, t0
  la a1, cell
  sd x0, 0(a1)
  csrw mscratch, x0
  li a2, 1
  li a3, 0
  ecall
  li a3, 1
  sd a2, 0(a1)
  csrw mscratch, a2
  .align 2
1:
  expect a3, 0
  ld a4, 0(a1)
  expect a4, 0
  csrr a4, mscratch
  expect a4, 0
  // the same behind a faulting load, whose fault comes a stage later, and a store right behind it
  case
  la t0, 1f
  csrw mtvec, t0
  ld a3, 0(s1)
  sd a2, 0(a1)
  li a3, 1
  .align 2
1:
  expect a3, 0
  ld a4, 0(a1)
  expect a4, 0
  // and everything older has
  case
  la t0, 1f
  csrw mtvec, t0
  li a3, 5
  mul a3, a3, a3
  sd a3, 0(a1)
  amoadd.d a4, a3, (a1)
  .word 0xffffffff
  .align 2
1:
  expect a3, 25
  expect a4, 25
  ld a4, 0(a1)
  expect a4, 50

  // A trapping instruction in a taken branch's shadow does not trap; neither does a fetch fault there
  case
  la t0, unexpected_trap
  csrw mtvec, t0
  beqz x0, 1f
  .word 0xffffffff
1:
  beqz x0, 1f
  ecall
1:
  beqz x0, 1f
  ld a0, 0(s1)
1:
  bnez x0, fail

  // A faulting load leaves its destination alone
  case
  la t0, 1f
  csrw mtvec, t0
  li a0, 42
  lw a0, 0(s1)
  .align 2
1:
  expect a0, 42
  // and so does a faulting CSR read
  case
  la t0, 1f
  csrw mtvec, t0
  csrr a0, 0x5c0
  .align 2
1:
  expect a0, 42

  // mstatus on the way in and out: MIE -> MPIE -> MIE, MPIE set; MPP -> M -> U
  case
  la t0, 1f
  csrw mtvec, t0
  csrwi mstatus, 8
  ecall
  .align 2
1:
  csrr a0, mstatus
  expect a0, 0xa00001880
  la a1, 2f
  csrw mepc, a1
  mret
  j fail
2:
  csrr a0, mstatus
  expect a0, 0xa00000088
  csrci mstatus, 8
  csrr a0, mstatus
  expect a0, 0xa00000080

  // mret to an address that is 2 mod 4, from a handler that skips the instruction
  case
  la t0, handler
  csrw mtvec, t0
  li a0, 0
  .align 2
  c.nop
  ecall
  addi a0, a0, 1
  ecall
  addi a0, a0, 1
  expect a0, 2

  // A trap in the handler's first instruction
  case
  la t0, 1f
  csrw mtvec, t0
  li a2, 3
  ecall
  .align 2
1:
  addi a2, a2, -1
  bnez a2, 2f
  j 3f
2:
  ecall
3:
  csrr a0, mepc
  la a1, 2b
  bne a0, a1, fail

  // Vectored mode: exceptions still go to the base
  case
  la t0, 1f
  ori t0, t0, 1
  csrw mtvec, t0
  ecall
  .align 6
1:
  j 2f
  .rept 15
  j fail
  .endr
2:

  // Fences are transparent
  case
  la t0, unexpected_trap
  csrw mtvec, t0
  fence
  fence.i
  fence rw, rw
  .word 0xd897100f          // fence.i with fields that implementations ignore
  .word 0x43048e8f          // fence likewise
  j 4f

  .align 2
handler:
  csrr t1, mepc
  addi t1, t1, 4
  csrw mepc, t1
  mret

4:
  end

  .data
  .align 4
cell:
  .dword 0
