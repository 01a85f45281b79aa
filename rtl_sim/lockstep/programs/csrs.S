// CSR instructions on registers that both sides must agree on, and on those that they cannot.
  .globl main
main:
  li t0, 0x0123456789abcdef
  csrrw a0, mscratch, t0
  csrrs a1, mscratch, a0
  csrrc a2, mscratch, t0
  csrrwi a3, mscratch, 21
  csrrsi a4, mscratch, 10
  csrrci a5, mscratch, 5
  csrrs a6, mscratch, zero
  csrw mtval, t0
  csrr a0, mtval
  csrr a0, misa
  csrsi mstatus, 8
  csrr a0, mstatus
  csrci mstatus, 8
  csrr a0, mstatus
  csrr a0, mhartid
  csrr a0, mvendorid
  csrr a0, marchid

  li t1, 0x80001235
  csrw mepc, t1           // bit 0 does not exist
  csrr a0, mepc
  csrw misa, zero         // read-only here
  csrr a0, misa
  csrr s0, mtvec
  ori t1, s0, 2
  csrw mtvec, t1          // a reserved mode: the write is dropped
  csrr a0, mtvec
  li t1, -1
  csrw mie, t1
  csrr a0, mie
  csrw mie, zero
  csrr a0, mie
  csrr a0, mimpid
  csrr a0, 0xf15          // mconfigptr
  csrr a0, mhpmcounter3
  csrr a0, mhpmevent3
  csrw mhpmevent3, zero

  rdtime a0
  csrw mcycle, zero
  csrw minstret, t1
  csrwi mcountinhibit, 5
  csrr a0, mcountinhibit
  csrr a0, minstret
  csrwi mcountinhibit, 0
  rdcycle a0              // the core's values go to QEMU, and what is computed from them agrees
  rdinstret a1
  csrr a2, mcycle
  csrr a3, minstret
  sub a2, a2, a0
  la t1, seen
  sd a2, 0(t1)
  csrr a4, mip
  fence
  fence rw, w
  la t1, patched          // code that is written, then executed
  li t2, 0x00500513       // addi a0, zero, 5
  sw t2, 0(t1)
  fence.i
patched:
  .option push
  .option norvc
  addi a0, zero, 1
  .option pop
  li a0, 0
  ret

  .section .bss
  .align 3
seen:
  .skip 8
