// The pool: elements that are in no bucket.
//
//   Element* element = pool_take(kernel, map);            // null: none is free
//   pool_give(kernel, map, *element);
//
// Preallocated maps have one slab with all elements; with BPF_F_NO_PREALLOC slabs are added until
// they hold max_entries. Slabs are kept until the map ends, so that a program may look at an
// element that has been deleted. Each CPU has free ones of its own and takes from others when it
// has none. Replacing an element needs one more than there are: a spare of each CPU.
#pragma once

#include "kernel_shim/maps/hash/table.h"

namespace zext::shim::hash {

// 0, or -ENOMEM with nothing left behind.
int pool_create(Kernel& kernel, HashMap& map);
void pool_destroy(Kernel& kernel, HashMap& map);

Element* pool_take(Kernel& kernel, HashMap& map);
void pool_give(Kernel& kernel, HashMap& map, Element& element);

// Under no lock, after pool_take found none: 0 (try again), -E2BIG (max_entries are in use),
// -ENOMEM.
int pool_grow(Kernel& kernel, HashMap& map);

// This CPU's spare, or null: make_spare gives it one (under no lock; 0 or -ENOMEM).
inline Element*& spare_of_cpu(Kernel& kernel, HashMap& map) {
  return map.pool.cpus[kernel.host().cpu_id()].spare;
}
int make_spare(Kernel& kernel, HashMap& map);

// All elements of a preallocated map, for the LRU, which keeps its own lists: by number.
Element& pool_element(const HashMap& map, uint64_t number);

}  // namespace zext::shim::hash
