// Random CSR accesses, and what a privileged program must leave alone to be the same on the core
// and on QEMU 7.2.
//
// Differences that the manual allows, or that are QEMU's alone; the generator avoids them:
//   satp modes Sv48, Sv57     QEMU has them. Only Bare and Sv39 are written.
//   PTE, not a leaf, A D U    reserved; QEMU faults, others may ignore them. Always zero.
//   PMP at table pages        QEMU lets the walker set A and D where PMP forbids S mode to write.
//                             Either all access or none.
//   PMP within a page         QEMU makes aligned accesses of a misaligned one, and asks PMP for all
//                             of their bytes, across pages even for bytes of another one. Where an
//                             entry ends within what is accessed, accesses are aligned.
//   PMP changes               QEMU caches permissions until SFENCE.VMA, as the manual allows.
//   MRET to S or U, no PMP    illegal in QEMU where no entry is set. One always is.
//   tables outside memory     a page fault in QEMU, an access fault by the manual. They are inside.
//   self-modifying code       QEMU sees stores at once. FENCE.I comes before the changed bits.
//   WFI                       is never executed where nothing is pending and enabled.
//   SC without its LR         QEMU compares address and value only: a pair has one address, one
//                             size, and no store between.
//   interrupts of S mode      where one of M mode comes before its handler's first instruction, the
//   and of devices            core shows the latter only, and QEMU cannot be told of the first. An
//                             episode has either those that software raises or those of devices.
//   medeleg, mtvec, stvec,    are set by the program's own code only: a handler that faults by
//   TSR with medeleg[2]       itself would never end.
#pragma once

#include <cstdint>
#include <vector>

#include "rtl_sim/lockstep/random_code.h"

namespace zext::rtl_sim::lockstep {

// Appends an access to some CSR, perhaps one that the mode does not allow or that does not exist;
// rd is `rd`. Overwrites t6.
void append_random_csr(RandomCode& random, std::vector<uint8_t>& bytes, rv64::Reg rd);

}  // namespace zext::rtl_sim::lockstep
