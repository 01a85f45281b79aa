// Which bits of each register stick (WARL), and which views show which bits of what is behind them.
#include "rtl_sim/core/tests/privilege.inc"

// After all ones, and after zero.
.macro warl name, ones, zeros=0
  case
  li a0, -1
  csrw \name, a0
  csrr a1, \name
  expect a1, \ones
  csrw \name, x0
  csrr a1, \name
  expect a1, \zeros
.endm

// A write and what is then read.
.macro holds name, written, then:vararg
  case
  li a0, \written
  csrw \name, a0
  csrr a1, \name
  expect a1, \then
.endm

.macro reads name, value
  case
  csrr a0, \name
  expect a0, \value
.endm

.macro absent address
  to_m M, 2, (\address << 20 | 0x2573) & 0xffffffff, .word (\address << 20 | 0x2573)
.endm

// MANUAL(line): a test that QEMU 7.2 fails, since it keeps bits that the manual has as zero or
// reserved, or the other way round.
#ifdef QEMU
#define MANUAL(...)
#else
#define MANUAL(...) __VA_ARGS__
#endif

  begin_privileged
  csrw mie, x0
  csrw mip, x0
  csrw mideleg, x0

  // ---------------------------------------------------------------------------------------------
  // Machine mode
  // ---------------------------------------------------------------------------------------------

  reads mvendorid, 0
  MANUAL(reads marchid, 0)     // QEMU's is its version
  MANUAL(reads mimpid, 0)
  reads mhartid, 0
  reads 0xf15, 0               // mconfigptr
  warl misa, 0x8000000000141105, 0x8000000000141105
  MANUAL(warl medeleg, 0xb3ff)
  holds medeleg, 0xb3ff, 0xb3ff
  MANUAL(warl mideleg, 0x222)
  holds mideleg, 0x222, 0x222
  holds mideleg, 0, 0
  MANUAL(warl mie, 0xaaa)
  holds mie, 0xaaa, 0xaaa
  holds mie, 0, 0
  MANUAL(warl mcounteren, 0xffffffff)
  holds mcounteren, 0xffffffff, 0xffffffff
  holds mcounteren, 0, 0
  MANUAL(warl 0x30a, 1)        // menvcfg: FIOM
  holds 0x30a, 1, 1
  holds 0x30a, 0, 0
  MANUAL(warl 0x320, 0x7fd)    // mcountinhibit: time has no bit
  warl mscratch, -1
  MANUAL(warl mepc, -2)
  holds mepc, 0x123456789abcdef0, 0x123456789abcdef0
  warl mcause, -1
  warl mtval, -1
  // The lines of the CLINT are not software's: nothing pends, and nothing else can be written
  li t0, 0x2004000
  li t1, -1
  sd t1, (t0)
1:
  csrr t0, mip
  bnez t0, 1b
  MANUAL(warl mip, 0x222)
  holds mip, 0x222, 0x222
  holds mip, 0x888, 0

  // mtvec: any base that is a multiple of 4, mode 0 and 1; a write of another mode is dropped
  case
  csrr s11, mtvec
  holds mtvec, 0, 0
  holds mtvec, 0x123456789abcdef5, 0x123456789abcdef5
  holds mtvec, 0x123456789abcdef8, 0x123456789abcdef8
  holds mtvec, 0xfffffffffffffff6, 0x123456789abcdef8
  csrw mtvec, s11
  csrr s11, stvec
  holds stvec, 0, 0
  holds stvec, 0x123456789abcdef5, 0x123456789abcdef5
  holds stvec, 0xfffffffffffffff7, 0x123456789abcdef5
  csrw stvec, s11
  li s11, 0

  // mstatus: UXL and SXL are 2, FS, VS, XS and SD 0; MPP never 2
  MANUAL(warl mstatus, 0xa007e19aa, 0xa00000000)
  holds mstatus, 0xa007e19aa, 0xa007e19aa
  holds mstatus, 0xa00000000, 0xa00000000
  .irp bit, 1, 3, 5, 7, 8, 17, 18, 19, 20, 21, 22
  holds mstatus, 0xa00000000 | 1 << \bit, 0xa00000000 | 1 << \bit
  .endr
  .irp bit, 0, 2, 4, 6, 13, 14, 15, 16, 23, 24, 36, 37
  holds mstatus, 0xa00000000 | 1 << \bit, 0xa00000000
  .endr
  .irp mpp, 0, 1, 3
  holds mstatus, 0xa00000000 | \mpp << 11, 0xa00000000 | \mpp << 11
  MANUAL(holds mstatus, 0xa00000020 | 2 << 11, 0xa00000020 | \mpp << 11)
  .endr
  holds mstatus, 0xa00000000, 0xa00000000

  // ---------------------------------------------------------------------------------------------
  // Supervisor mode
  // ---------------------------------------------------------------------------------------------

  MANUAL(warl scounteren, 0xffffffff)
  holds scounteren, 0xffffffff, 0xffffffff
  holds scounteren, 0, 0
  MANUAL(warl 0x10a, 1)        // senvcfg: FIOM
  holds 0x10a, 1, 1
  holds 0x10a, 0, 0
  warl sscratch, -1
  MANUAL(warl sepc, -2)
  holds sepc, 0x123456789abcdef0, 0x123456789abcdef0
  warl scause, -1
  warl stval, -1

  // satp: Bare and Sv39, 16 bits of ASID, 44 of PPN. PMP keeps M mode's fetches as they are.
  holds satp, 0x8fffffffffffffff, 0x8fffffffffffffff
  .irp mode, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15
  holds satp, \mode << 60, 0x8fffffffffffffff
  .endr
  MANUAL(holds satp, 0x9000000000000000, 0x8fffffffffffffff)
  MANUAL(holds satp, 0xa000000000000000, 0x8fffffffffffffff)
  holds satp, 0x0000000000000000, 0x0000000000000000
  holds satp, 0x8000100000000000, 0x8000100000000000
  holds satp, 0, 0

  // sstatus shows SIE, SPIE, SPP, SUM, MXR and UXL of mstatus
  case
  li a0, 0xa007e19aa
  csrw mstatus, a0
  csrr a1, sstatus
  expect a1, 0x2000c0122
  li a0, 0x200000000
  csrw sstatus, a0
  csrr a1, mstatus
  expect a1, 0xa00721888
  case
  li a0, 0xa00000000
  csrw mstatus, a0
  li a0, 0x2ff0c0122
  MANUAL(li a0, -1)
  csrw sstatus, a0
  csrr a1, mstatus
  expect a1, 0xa000c0122
  csrr a1, sstatus
  expect a1, 0x2000c0122
  holds mstatus, 0xa00000000, 0xa00000000

  // sie shows the delegated bits of mie, and writes no others
  case
  li a0, 0xaaa
  csrw mie, a0
  csrw sie, x0
  csrr a1, sie
  expect a1, 0
  csrr a1, mie
  expect a1, 0xaaa
  li a0, 0x202
  csrw mideleg, a0
  csrr a1, sie
  expect a1, 0x202
  csrw sie, x0
  csrr a1, mie
  expect a1, 0x8a8
  li a0, -1
  csrw sie, a0
  csrr a1, sie
  expect a1, 0x202
  csrw mie, x0

  // sip shows the delegated bits of mip, and writes SSIP alone
  case
  li a0, 0x222
  csrw mip, a0
  csrr a1, sip
  expect a1, 0x202
  csrw sip, x0
  csrr a1, mip
  expect a1, 0x220
  csrr a1, sip
  expect a1, 0x200
  csrw mip, x0
  li a0, -1
  csrw sip, a0
  csrr a1, mip
  expect a1, 2
  li a0, 0x220
  csrw mideleg, a0
  csrw sip, x0
  csrr a1, mip
  expect a1, 2
  csrw mip, x0
  csrw mideleg, x0

  // ---------------------------------------------------------------------------------------------
  // Counters
  // ---------------------------------------------------------------------------------------------

  // 8 counters, with the events 0 to 23; those behind are zero
  .irp n, 3, 4, 5, 6, 7, 8, 9, 10
  holds mhpmcounter\n, 0x123456789abcdef0, 0x123456789abcdef0
  warl mhpmcounter\n, -1
  holds mhpmevent\n, 23, 23
  MANUAL(warl mhpmevent\n, 0)
  MANUAL(holds mhpmevent\n, 24, 0)
  holds mhpmevent\n, 0, 0
  .endr
#ifndef QEMU  // which has 29 counters
  .irp n, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  warl mhpmcounter\n, 0
  warl mhpmevent\n, 0
  reads hpmcounter\n, 0
  .endr
#endif

  // ---------------------------------------------------------------------------------------------
  // Absent
  // ---------------------------------------------------------------------------------------------

  .irp address, 0x000, 0x001, 0x002, 0x003, 0x008, 0x015, 0x180 + 1, 0x200, 0x280, 0x310, 0x321
  absent \address
  .endr
  .irp address, 0x322, 0x34a, 0x34b, 0x3a1, 0x3a3, 0x600, 0x680, 0x747, 0x7b0, 0x7b1, 0x7b2, 0x7b3
  absent \address
  .endr
  .irp address, 0xb01, 0xb80, 0xc80, 0xc81, 0xc82, 0xf10, 0xf16, 0xfff
  absent \address
  .endr
  .irp address, 0x3a4, 0x3ae, 0x3c0, 0x3ef, 0x3f0, 0x307, 0x30b, 0x31a, 0x14d, 0x5a8, 0x7a8
  absent \address
  .endr

  // Triggers: there is one of type 0, which is none
#ifndef QEMU  // which has some
  warl 0x7a0, 0
  warl 0x7a1, 0
  warl 0x7a2, 0
  warl 0x7a3, 0
  warl 0x7a4, 1, 1
#endif

  // ---------------------------------------------------------------------------------------------
  // PMP, entry 0 of which opens memory to S and U mode; it is not needed here
  // ---------------------------------------------------------------------------------------------

  .irp n, 0, 1, 2, 3, 4, 5, 6, 7
  MANUAL(warl pmpaddr\n, 0x3fffffffffffff)
  holds pmpaddr\n, 0x3fffffffffffff, 0x3fffffffffffff
  holds pmpaddr\n, 0, 0
  .endr
  // Bits 5 and 6 are zero; W without R loses W; A has its four values
  MANUAL(holds pmpcfg0, 0x7f7f7f7f7f7f7f7f, 0x1f1f1f1f1f1f1f1f)
  MANUAL(holds pmpcfg0, 0x0e02161e060a1216, 0x0c00141c04081014)
  holds pmpcfg0, 0x0004050703010b13, 0x0004050703010b13
  holds pmpcfg0, 0x0f17070d0c0b0908, 0x0f17070d0c0b0908
  holds pmpcfg0, 0x1f1d1c1b19181715, 0x1f1d1c1b19181715
  // Each byte by itself
  case
  csrw pmpcfg0, x0
  li a0, 0x1f << 24
  csrs pmpcfg0, a0
  li a0, 0x0f << 16
  csrs pmpcfg0, a0
  csrr a1, pmpcfg0
  expect a1, 0x1f0f0000
  csrw pmpcfg0, x0

  // A locked entry stays as it is, and so does the lower bound of a locked range, until reset.
  // 7: locked TOR; 6: its lower bound; 5: free; 4: locked NAPOT; 3: not a bound, free. They match
  // memory that is not used.
  csrwi pmpaddr6, 8
  csrwi pmpaddr7, 8
  csrwi pmpaddr4, 8
  holds pmpcfg0, 0x8f00009f00000000, 0x8f00009f00000000
  holds pmpaddr7, 9, 8
  holds pmpaddr6, 9, 8
  holds pmpaddr5, 9, 9
  holds pmpaddr4, 9, 8
  holds pmpaddr3, 9, 9
  holds pmpcfg0, 0x0018001800000000, 0x8f18009f00000000
  MANUAL(holds pmpaddr6, 9, 8)
  holds pmpcfg0, 0, 0x8f00009f00000000
  case
  li a0, -1
  csrc pmpcfg0, a0
  csrr a1, pmpcfg0
  expect a1, 0x8f00009f00000000

  end_privileged
