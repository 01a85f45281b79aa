// Attach target: the kernel's function, tracepoint or hook that a program names by its BTF id.
//
//   int error = check_attach_target(kernel, program, log);    // program.attach_name is set
//
// Linux 5.19's check_attach_btf_id().
#pragma once

#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

// -EINVAL, -ENOENT (the host does not know the function), -ENOTSUPP: 0 also where programs of the
// type name nothing.
int check_attach_target(Kernel& kernel, Program& program, Log& log);

}  // namespace zext::shim
