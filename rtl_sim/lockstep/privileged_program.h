// Random programs that use privilege: modes, page tables, PMP, delegation, traps, interrupts.
//
//   Image image = privileged_program({.seed = 7});
//
// A program is a row of episodes, run several times over. Each begins in M mode with a random
// set-up (some page table entries, satp, PMP, delegation, mstatus, a timer) and goes to a random
// body in some mode, which accesses memory and CSRs, changes mode and traps. The handlers of M and
// S mode go on behind what trapped; a fetch that faults, or the body's end, leads to the next
// episode. So a program always ends, and `privileged_csrs.h` lists what it avoids.
#pragma once

#include <cstdint>

#include "rtl_sim/image/image.h"

namespace zext::rtl_sim::lockstep {

struct PrivilegedOptions {
  uint64_t seed = 0;
  unsigned episodes = 24;
  unsigned rounds = 3;
  bool interrupts = true;  // timer and software ones, of devices; for lockstep only
};

Image privileged_program(const PrivilegedOptions& options);

// The memory that such a program needs.
MemoryRange privileged_memory();

}  // namespace zext::rtl_sim::lockstep
