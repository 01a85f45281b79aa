// Which maps a program may use, by its type: Linux 5.19's check_map_prog_compatibility().
#pragma once

#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

// 0 or -EINVAL.
int check_map_rules(const Program& program, const Map& map, Log& log);

}  // namespace zext::shim
