// Packets as events: what a host hands to kshim_fire for programs on packets.
//
//   uint64_t verdict = run_on_packet(kernel, program, run, packet);
#pragma once

#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

bool is_packet_program(uint32_t program_type);

// Makes the context of the program's type about the packet and runs it; the packet's pointers are
// where the program has moved them. No packet: 0, which every such type reads as a drop or abort.
uint64_t run_on_packet(Kernel& kernel, Program& program, Run& run, kshim_packet* packet);

}  // namespace zext::shim
