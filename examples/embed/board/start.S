// The board: one hart of RV64 in machine mode; a kernel in C or C++ on top.
//
//   kernel_main()                              entry, once
//   handle_trap(struct trap_frame *frame)      each trap, of the kernel or of the user
//   enter_user(entry, stack)                   starts the user program; never returns

#define FRAME 272

  .section .text.start, "ax"
  .globl _start
_start:
  la sp, __stack_top
  la t0, __bss_start
  la t1, __bss_end
1:
  bgeu t0, t1, 2f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 1b
2:
  // Physical memory protection: user mode may do everything, which this board leaves to checks.
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  csrw mscratch, zero
  la t0, trap_entry
  csrw mtvec, t0
  call kernel_main
1:
  j 1b

// mscratch is the kernel's stack while the user runs, 0 while the kernel does.
  .balign 4
trap_entry:
  csrrw sp, mscratch, sp
  bnez sp, 1f
  csrr sp, mscratch
1:
  addi sp, sp, -FRAME
  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  sd x\n, 8 * \n(sp)
  .endr
  csrrw t0, mscratch, zero
  sd t0, 16(sp)
  csrr t0, mepc
  sd t0, 256(sp)
  csrr t0, mstatus
  sd t0, 264(sp)
  sd zero, 0(sp)
  mv a0, sp
  call handle_trap
  ld t0, 256(sp)
  csrw mepc, t0
  ld t0, 264(sp)
  csrw mstatus, t0
  // Back to the user: the kernel's stack is what it was when the user was left.
  srli t0, t0, 11
  andi t0, t0, 3
  bnez t0, 2f
  addi t0, sp, FRAME
  csrw mscratch, t0
2:
  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  ld x\n, 8 * \n(sp)
  .endr
  ld sp, 16(sp)
  mret

  .globl enter_user
enter_user:
  csrw mepc, a0
  li t0, 3 << 11
  csrc mstatus, t0
  csrw mscratch, sp
  mv sp, a1
  mret

// int copy_or_fault(void *to, const void *from, uint64_t size): 0; handle_trap makes it 1 by going
// on at copy_fault after a fault at copy_load.
  .globl copy_or_fault
  .globl copy_load
  .globl copy_fault
copy_or_fault:
  beqz a2, 2f
  add a2, a2, a1
1:
copy_load:
  lbu t0, 0(a1)
  sb t0, 0(a0)
  addi a0, a0, 1
  addi a1, a1, 1
  bne a1, a2, 1b
2:
  li a0, 0
  ret
copy_fault:
  li a0, 1
  ret

// Both halves of HTIF, by which simulators are told that the program has ended.
  .section .tohost, "aw"
  .balign 64
  .globl tohost
tohost:
  .dword 0
  .balign 64
  .globl fromhost
fromhost:
  .dword 0
