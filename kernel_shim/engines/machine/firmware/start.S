// The firmware's first and last instructions: machine mode, without translation. It starts
// supervisor mode for each request, hands requests and answers over (the core: stores to `tohost`;
// QEMU: bytes by its UART), and tells of traps that nobody expected.

#define PHYSICAL_LESS_VIRTUAL 0x70000000
#define MAILBOX 0x80200000
#define TOHOST 0
#define ASKED 64
#define ANSWERED 128
#define PLATFORM 192
#define END 256
#define END_TRAPPED 2
#define TRAP 264
#define TABLES 0x80300000
#define UART 0x10000000
#define PLIC 0x0c000000
#define UART_SOURCE 10

  .section .text.start, "ax"
  .globl _start
_start:
  la t0, machine_trap
  csrw mtvec, t0
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li t0, 7
  csrw mcounteren, t0
  // Loads that may fault are supervisor mode's to deal with.
  li t0, 1 << 5 | 1 << 13
  csrw medeleg, t0
  csrw mideleg, zero
  csrw mie, zero
  li t0, 8 << 60 | TABLES >> 12
  csrw satp, t0
  li s0, MAILBOX
  ld t0, PLATFORM(s0)
  beqz t0, begin
  li t0, UART
  li t1, 1
  sb t1, 1(t0)                    // an interrupt for each byte received
  li t0, PLIC
  sw t1, 4 * UART_SOURCE(t0)
  li t0, PLIC + 0x2000
  li t1, 1 << UART_SOURCE
  sw t1, 0(t0)
  li t0, PLIC + 0x200000
  sw zero, 0(t0)
  j begin                         // the first request is there already

await_request:
  call await_byte
begin:
  fence.i
  sfence.vma
  li t0, 0x1800
  csrc mstatus, t0
  li t0, 0x0800
  csrs mstatus, t0                // MPP = S
  la t0, supervisor_start
  li t1, PHYSICAL_LESS_VIRTUAL
  sub t0, t0, t1
  csrw mepc, t0
  mret

// ecall: a0 is 0, the request is done; 1, the host is to serve. Temporaries, s0 and ra are the
// monitor's.
// Anything else is a trap that ends the run.
  .balign 4
machine_trap:
  li s0, MAILBOX
  csrr t0, mcause
  li t1, 9
  beq t0, t1, asked
  sd t0, TRAP(s0)
  csrr t0, mepc
  sd t0, TRAP + 8(s0)
  csrr t0, mtval
  sd t0, TRAP + 16(s0)
  li t0, END_TRAPPED
  sd t0, END(s0)
  li a0, 0
asked:
  csrr t0, mepc
  addi t0, t0, 4
  csrw mepc, t0
  ld t0, PLATFORM(s0)
  bnez t0, ask_by_uart
  bnez a0, serve_by_tohost
  li t0, 1
  sd t0, TOHOST(s0)
1:
  j 1b
serve_by_tohost:
  li t0, 2
  sd t0, TOHOST(s0)
1:
  ld t0, ASKED(s0)
  ld t1, ANSWERED(s0)
  bne t0, t1, 1b
  mret

ask_by_uart:
  fence
  li t1, 'F'
  beqz a0, 1f
  li t1, 'S'
1:
  mv t4, a0
  call put_byte
  li t1, '\n'
  call put_byte
  beqz t4, await_request
  call await_byte
  mret

put_byte:
  li t0, UART
1:
  lbu t2, 5(t0)
  andi t2, t2, 0x20
  beqz t2, 1b
  sb t1, 0(t0)
  ret

// Until the host has sent a byte, asleep.
await_byte:
  li t0, UART
  li t1, 1 << 11
  csrs mie, t1
1:
  lbu t2, 5(t0)
  andi t2, t2, 1
  bnez t2, 2f
  wfi
  j 1b
2:
  lbu t2, 0(t0)
  csrc mie, t1
  li t0, PLIC + 0x200000
  lw t2, 4(t0)
  sw t2, 4(t0)
  fence
  ret

  .text
  .balign 4
supervisor_start:
  la t0, supervisor_trap
  csrw stvec, t0
  la sp, __stack_top
  call supervisor_main
  li a0, 0
  ecall
1:
  j 1b

  .globl ask_host
ask_host:
  addi sp, sp, -16
  sd s0, 0(sp)
  sd ra, 8(sp)
  li a0, 1
  ecall
  ld s0, 0(sp)
  ld ra, 8(sp)
  addi sp, sp, 16
  ret

// A load that may fault did: every register stays, but what handle_fault changes.
  .balign 4
supervisor_trap:
  csrw sscratch, sp
  la sp, fault_registers
  sd x1, 8(sp)
  sd x3, 24(sp)
  sd x4, 32(sp)
  .irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  sd x\n, 8 * \n(sp)
  .endr
  csrr t0, sscratch
  sd t0, 16(sp)
  mv a0, sp
  csrr a1, sepc
  la sp, __fault_stack_top
  call handle_fault
  beqz a0, unexpected
  csrw sepc, a0
  la sp, fault_registers
  ld x1, 8(sp)
  ld x3, 24(sp)
  ld x4, 32(sp)
  .irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  ld x\n, 8 * \n(sp)
  .endr
  ld x2, 16(sp)
  sret
unexpected:
  csrr a0, scause
  csrr a1, sepc
  csrr a2, stval
  call record_trap
  li a0, 0
  ecall
1:
  j 1b

// int guarded_copy(void *to, const void *from, size_t size): 0, or 1 where a byte cannot be read.
  .globl guarded_copy
  .globl guarded_load
  .globl guarded_fault
guarded_copy:
  beqz a2, 2f
  add a2, a2, a1
1:
guarded_load:
  lbu t0, 0(a1)
  sb t0, 0(a0)
  addi a0, a0, 1
  addi a1, a1, 1
  bne a1, a2, 1b
2:
  li a0, 0
  ret
guarded_fault:
  li a0, 1
  ret

  .bss
  .balign 16
fault_registers:
  .space 256
