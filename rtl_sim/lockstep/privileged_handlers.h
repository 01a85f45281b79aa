// The trap handlers of a random privileged program. None of them accesses memory.
#pragma once

#include <cstdint>
#include <vector>

namespace zext::rtl_sim::lockstep {

// For M mode: begins with the table for vectored interrupts. Goes on behind what trapped, or to
// kNextEpisode after a fetch fault or with kDone set. An interrupt's enable bit is cleared.
std::vector<uint8_t> machine_handler();

// For S mode, likewise; it leaves the end of the episode to M mode, by an ecall.
std::vector<uint8_t> supervisor_handler();

}  // namespace zext::rtl_sim::lockstep
