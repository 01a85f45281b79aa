// The LRU: which element goes when a new one is wanted and none is free.
//
//   Element* element = lru_take(kernel, map, hash);    // under no lock; null: -ENOMEM
//   lru_give(kernel, map, *element);                   // it is in no bucket (any more)
//
// An approximation, the same as Linux's, so that the same elements survive: an active and an
// inactive list; a look-up by a program sets `referenced`; elements are taken from the end of the
// inactive list, where those that were referenced get a second chance. Each CPU has a list of free
// elements, filled 128 at a time, and one of those that it has handed out since (pending), so that
// the common lists are locked rarely. With BPF_F_NO_COMMON_LRU each CPU has active and inactive
// lists of its own, and a share of the elements.
//
// Order of locks: a CPU's own lists, the active and inactive lists, a bucket.
#pragma once

#include "kernel_shim/maps/hash/table.h"

namespace zext::shim::hash {

// 0, or -ENOMEM with nothing left behind. The pool has been created.
int lru_create(Kernel& kernel, HashMap& map);
void lru_destroy(Kernel& kernel, HashMap& map);

// An element that is in no bucket, perhaps taken out of one, marked with the hash that it will
// have.
Element* lru_take(Kernel& kernel, HashMap& map, uint32_t hash);
void lru_give(Kernel& kernel, HashMap& map, Element& element);

inline void lru_reference(Element& element) {
  if (element.referenced.load(std::memory_order_relaxed) == 0) {
    element.referenced.store(1, std::memory_order_relaxed);
  }
}

}  // namespace zext::shim::hash
