// Queues and stacks: values without keys, pushed at one end, popped at the other or the same.
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

extern const MapOps kQueueOps;
extern const MapOps kStackOps;

}  // namespace zext::shim
