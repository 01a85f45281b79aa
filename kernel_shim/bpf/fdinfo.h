// fdinfo: what Linux prints in /proc/PID/fdinfo/N of a BPF descriptor.
//
//   uint64_t length = fdinfo(kernel, object, text, sizeof text);
//   // "map_type:\t1\nkey_size:\t4\n..."
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

// The length written, less than `size`; ended by a NUL. What does not fit is left away.
uint64_t fdinfo(Kernel& kernel, Object& object, char* text, uint64_t size);

}  // namespace zext::shim
