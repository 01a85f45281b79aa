// QEMU's devices made harmless: those that the core's system has keep answering, the others go.
//
//   remove_devices();              // once, on the vCPU's thread
//   if (is_device(paddr)) { ...; quiet_device(paddr); }   // after each store of the guest to one
//
// What a device holds and when it interrupts is the core's to say: QEMU's own run on wall time.
#pragma once

#include <cstdint>

namespace zext::rtl_sim::qemu {

// Leaves of QEMU's machine `virt` only memory, CLINT, PLIC and UART, so that an access elsewhere
// faults as it does on the core. A QEMU that does not export what this needs keeps all of them.
// Also stops the timer.
void remove_devices(uint64_t memory_base);

// Takes back what a store to a device may have started, before QEMU looks for interrupts.
void quiet_device(uint64_t paddr);

}  // namespace zext::rtl_sim::qemu
