// What LD_ABS and LD_IND call on machines that run RV64: functions that know the run's packet.
//
//   options.packet_loads = packet_loads();                    // for jit::compile
//   put(packet_loads().load16, packet_load(kPacketAddress, packet.size(), 2));
//
// They stand at fixed addresses behind the helpers.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/rv64/insn.h"
#include "jit/compile.h"

namespace zext::cli {

// Where they are in every machine's memory.
jit::PacketLoads packet_loads();

// The body of one: a1 is the offset of a big-endian number of `bytes` bytes (1, 2 or 4) in the
// packet, `size` bytes at `address` (both below 2^32); a0 is the number, or -1 if it is not all
// inside.
std::vector<rv64::Instruction<>> packet_load(uint64_t address, uint64_t size, unsigned bytes);

}  // namespace zext::cli
