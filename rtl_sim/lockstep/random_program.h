// Random programs for comparing two machines: valid, bounded and well-behaved by construction.
//
//   Image image = random_program({.seed = 7});
//
// Instructions come from the rows of isa/rv64, every one that QEMU 7.2 has too. Memory accesses
// stay within a few KiB, jumps go a few instructions forwards, the whole body is run several times
// by a counted loop, and some instructions trap into a handler that skips them.
#pragma once

#include <cstdint>

#include "rtl_sim/image/image.h"

namespace zext::rtl_sim::lockstep {

struct RandomOptions {
  uint64_t seed = 0;
  unsigned instructions = 8'000;  // in the body, about
  unsigned rounds = 8;            // the body is executed so often
};

Image random_program(const RandomOptions& options);

}  // namespace zext::rtl_sim::lockstep
