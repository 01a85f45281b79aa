// Entry in machine mode, which hands all to supervisor mode and is not heard of again; traps of
// supervisor and user mode; the copy that may fault.

#define FRAME 272

  .section .text.start, "ax"
  .globl _start
_start:
  la t0, __bss_start
  la t1, __bss_end
1:
  bgeu t0, t1, 2f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 1b
2:
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li t0, 7
  csrw mcounteren, t0
  li t0, 0xf1ff                   // page faults, calls of the user, and so on
  csrw medeleg, t0
  la t0, machine_trap
  csrw mtvec, t0
  la t0, supervisor_start
  csrw mepc, t0
  li t0, 0x1800
  csrc mstatus, t0
  li t0, 0x0800
  csrs mstatus, t0
  mret

  .balign 4
machine_trap:
  csrr a0, mcause
  addi a0, a0, 1000
  slli a0, a0, 1
  ori a0, a0, 1
  la t0, tohost
  sd a0, 0(t0)
1:
  j 1b

  .balign 4
supervisor_start:
  la sp, __stack_top
  csrw sscratch, zero
  la t0, trap_entry
  csrw stvec, t0
  call kernel_main
1:
  j 1b

// sscratch is the kernel's stack while the user runs, 0 while the kernel does.
  .balign 4
trap_entry:
  csrrw sp, sscratch, sp
  bnez sp, 1f
  csrr sp, sscratch
1:
  addi sp, sp, -FRAME
  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  sd x\n, 8 * \n(sp)
  .endr
  csrrw t0, sscratch, zero
  sd t0, 16(sp)
  csrr t0, sepc
  sd t0, 256(sp)
  csrr t0, sstatus
  sd t0, 264(sp)
  sd zero, 0(sp)
  mv a0, sp
  call handle_trap
  ld t0, 256(sp)
  csrw sepc, t0
  ld t0, 264(sp)
  csrw sstatus, t0
  andi t0, t0, 0x100              // SPP: where the trap came from
  bnez t0, 2f
  addi t0, sp, FRAME
  csrw sscratch, t0
2:
  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  ld x\n, 8 * \n(sp)
  .endr
  ld sp, 16(sp)
  sret

  .globl enter_user
enter_user:
  csrw sepc, a0
  li t0, 0x100
  csrc sstatus, t0
  csrw sscratch, sp
  mv sp, a1
  sret

// int copy_or_fault(void *to, const void *from, uint64_t size): 0; handle_trap makes it 1 by going
// on at copy_fault after a fault at copy_load or copy_store.
  .globl copy_or_fault
  .globl copy_load
  .globl copy_store
  .globl copy_fault
copy_or_fault:
  li t1, 1 << 18                  // SUM: the user's pages may be touched
  csrs sstatus, t1
  beqz a2, 2f
  add a2, a2, a1
1:
copy_load:
  lbu t0, 0(a1)
copy_store:
  sb t0, 0(a0)
  addi a0, a0, 1
  addi a1, a1, 1
  bne a1, a2, 1b
2:
  csrc sstatus, t1
  li a0, 0
  ret
copy_fault:
  csrc sstatus, t1
  li a0, 1
  ret

  .section .tohost, "aw"
  .balign 64
  .globl tohost
tohost:
  .dword 0
  .balign 64
  .globl fromhost
fromhost:
  .dword 0
