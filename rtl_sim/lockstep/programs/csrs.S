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
