// CO-RE relocations that the caller leaves to the kernel, as light skeletons do.
//
//   const int error = relocate(host_types, request, log);     // the instructions fit the host now
#pragma once

#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/programs/hosted/host_types.h"

namespace zext::shim {

// -EINVAL: one fits neither its type nor its instruction, or the host has no types.
int relocate(HostTypes& host, const LoadRequest& request, Log& log);

}  // namespace zext::shim
