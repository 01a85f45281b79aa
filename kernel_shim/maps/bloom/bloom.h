// Bloom filters: sets of values that may say yes by mistake, never no.
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

extern const MapOps kBloomFilterOps;

}  // namespace zext::shim
