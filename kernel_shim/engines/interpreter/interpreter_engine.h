// Interpreter engine: programs run by isa/ebpf's interpreter on the kernel's own addresses.
//
//   kernel.engine = &kInterpreter;
//
// What makes a run cheap is done once, by prepare: instructions decoded, helpers' numbers replaced
// by their addresses, loads that may fault marked. A run allocates nothing.
#pragma once

#include "kernel_shim/programs/engine.h"

namespace zext::shim {

extern const Engine kInterpreter;

}  // namespace zext::shim
