// Stack traces: stacks by the hash of their addresses, for helper 27 (stack_trace_id of map.h).
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

// What sysctl kernel.perf_event_max_stack is by default.
inline constexpr uint32_t kMaxStackDepth = 127;

extern const MapOps kStackTraceOps;

}  // namespace zext::shim
