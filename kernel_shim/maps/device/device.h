// Maps of network interfaces: DEVMAP and DEVMAP_HASH, on a host that has no interfaces.
//
// They can be made, walked and asked; putting an interface in finds none of that index and is
// -EINVAL, as on Linux. So clients that make one beside others find what they expect.
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

extern const MapOps kDevMapOps;
extern const MapOps kDevHashOps;

}  // namespace zext::shim
