// RandomProgram: programs that are nearly safe, for testing what the verifier accepts.
//
//   std::vector<ebpf::Slot> slots = random_program(Entry::kMemory, rng);
//
// A program is a row of gadgets: arithmetic on any registers, bounds on numbers, addresses moved by
// numbers, checked against the packet's end or the buffer's length and used, stack slots written
// and read, branches, loops that count up or down by every kind of test, calls; where the platform
// has helpers, values of maps looked up, tested and used, and buffers on the stack for helpers,
// with the maps and helpers of testing/world.h. Bounds and offsets are right, or wrong by one, or
// made up, so that many programs are accepted and many are just not safe.
#pragma once

#include <random>
#include <vector>

#include "isa/ebpf/insn.h"
#include "verifier/platform/platform.h"

namespace zext::verifier {

using Random = std::mt19937_64;

std::vector<ebpf::Slot> random_program(const Platform& platform, Random& rng);

}  // namespace zext::verifier
