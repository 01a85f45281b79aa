// Hash tables: BPF_MAP_TYPE_HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH and HASH_OF_MAPS.
//
//   const MapOps* map_ops(uint32_t type) { ... case BPF_MAP_TYPE_HASH: return &kHashOps; ... }
//
// What they answer is what Linux 5.19 answers (kernel/bpf/hashtab.c).
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

extern const MapOps kHashOps;
extern const MapOps kPerCpuHashOps;
extern const MapOps kLruHashOps;
extern const MapOps kLruPerCpuHashOps;
extern const MapOps kHashOfMapsOps;

}  // namespace zext::shim
