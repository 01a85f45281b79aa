// The functions behind the MapOps of hash.h, by file.
#pragma once

#include "kernel_shim/maps/hash/table.h"

namespace zext::shim::hash {

// create.cc
int check(Kernel& kernel, const MapAttributes& attributes);
int check_of_maps(Kernel& kernel, const MapAttributes& attributes);
int create(Kernel& kernel, const MapAttributes& attributes, Map** map);
void destroy(Kernel& kernel, Map& map);

// values.cc
// A new element's value, or one that is replaced where it is: as a program, this CPU's value, and
// of a new element the others' are cleared; as a system call, each CPU's.
void write_value(Kernel& kernel, HashMap& map, Element& element, const void* value, bool all_cpus,
                 bool is_new);
// user_value_size bytes, as system calls see them.
void read_value(Kernel& kernel, HashMap& map, Element& element, void* value, uint64_t flags);
// -EEXIST, -ENOENT or 0: what BPF_NOEXIST and BPF_EXIST want.
int check_presence(bool present, uint64_t flags);
int copy_value(Kernel& kernel, Map& map, const void* key, void* value, uint64_t flags);
inline Map* inner_map(const HashMap& map, Element& element) {
  auto* word = reinterpret_cast<uint64_t*>(element_value(map, element));
  return reinterpret_cast<Map*>(std::atomic_ref(*word).load(std::memory_order_acquire));
}

// pooled.cc: HASH, PERCPU_HASH, HASH_OF_MAPS
// Of HASH_OF_MAPS the value is the inner map's address; `displaced`, if not null, is set to what
// inner map was there before.
int update_pooled(Kernel& kernel, HashMap& map, const void* key, const void* value, uint64_t flags,
                  bool all_cpus, Map** displaced = nullptr);
int remove_pooled(Kernel& kernel, Map& map, const void* key);
int take_pooled(Kernel& kernel, Map& map, const void* key, void* value, uint64_t flags);

// least_recent.cc: LRU_HASH, LRU_PERCPU_HASH
int update_lru(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags);
int update_lru_per_cpu(Kernel& kernel, HashMap& map, const void* key, const void* value,
                       uint64_t flags, bool all_cpus);
int remove_lru(Kernel& kernel, Map& map, const void* key);
int take_lru(Kernel& kernel, Map& map, const void* key, void* value, uint64_t flags);

// of_maps.cc: HASH_OF_MAPS
void* lookup_inner(Kernel& kernel, Map& map, const void* key);
int update_inner(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags);
int remove_inner(Kernel& kernel, Map& map, const void* key);
// Puts what is held by elements that a chain leads to, after all read sections, and gives the
// elements back.
void release_inner(Kernel& kernel, HashMap& map, uint64_t chain);
// Of all elements, when nobody can reach the map.
void destroy_inner(Kernel& kernel, HashMap& map);

// walk.cc
int next_key(Kernel& kernel, Map& map, const void* key, void* next);
int take_bucket(Kernel& kernel, Map& map, uint32_t* bucket, void* keys, void* values,
                uint32_t capacity, uint32_t* count, bool remove, uint64_t flags);
int64_t for_each(Kernel& kernel, Map& map, Run& run, uint64_t function, uint64_t context,
                 uint64_t flags);

}  // namespace zext::shim::hash
