#include "kernel_shim/maps/hash/hash.h"

#include "kernel_shim/maps/hash/lru.h"
#include "kernel_shim/maps/hash/operations.h"

namespace zext::shim {
namespace hash {
namespace {

inline Element* element_of_key(Map& base, const void* key) {
  HashMap& map = hash_map(base);
  return find(map, key, hash_of(map, key));
}

void* lookup(Kernel&, Map& map, const void* key) {
  Element* element = element_of_key(map, key);
  return element == nullptr ? nullptr : element_value(hash_map(map), *element);
}

void* lookup_lru(Kernel&, Map& map, const void* key) {
  Element* element = element_of_key(map, key);
  if (element == nullptr) return nullptr;
  lru_reference(*element);
  return element_value(hash_map(map), *element);
}

void* lookup_cpu(Kernel& kernel, Map& map, const void* key, uint32_t cpu) {
  if (cpu >= kernel.cpu_count()) return nullptr;
  Element* element = element_of_key(map, key);
  return element == nullptr ? nullptr : value_of_cpu(hash_map(map), *element, cpu);
}

void* lookup_lru_cpu(Kernel& kernel, Map& map, const void* key, uint32_t cpu) {
  if (cpu >= kernel.cpu_count()) return nullptr;
  Element* element = element_of_key(map, key);
  if (element == nullptr) return nullptr;
  lru_reference(*element);
  return value_of_cpu(hash_map(map), *element, cpu);
}

void* lookup_own(Kernel& kernel, Map& map, const void* key) {
  return lookup_cpu(kernel, map, key, kernel.host().cpu_id());
}

void* lookup_lru_own(Kernel& kernel, Map& map, const void* key) {
  return lookup_lru_cpu(kernel, map, key, kernel.host().cpu_id());
}

int update(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  return update_pooled(kernel, hash_map(map), key, value, flags, false);
}

int update_own_lru(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  return update_lru_per_cpu(kernel, hash_map(map), key, value, flags, false);
}

// As a system call: the CPU stays the same meanwhile.
int update_value(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  const ReadSection section(kernel);
  return update_pooled(kernel, hash_map(map), key, value, flags, is_per_cpu(map.type));
}

int update_value_lru(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  const ReadSection section(kernel);
  if (!is_per_cpu(map.type)) return update_lru(kernel, map, key, value, flags);
  return update_lru_per_cpu(kernel, hash_map(map), key, value, flags, true);
}

// What all five do alike.
constexpr MapOps common_ops() {
  MapOps ops;
  ops.check = check;
  ops.create = create;
  ops.destroy = destroy;
  ops.copy_value = copy_value;
  ops.next_key = next_key;
  ops.take_bucket = take_bucket;
  ops.batches = true;
  ops.batch_deletes = true;
  ops.can_be_inner = true;
  return ops;
}

constexpr MapOps pooled_ops() {
  MapOps ops = common_ops();
  ops.lookup = lookup;
  ops.update = update;
  ops.remove = remove_pooled;
  ops.for_each = for_each;
  ops.update_value = update_value;
  ops.take_value = take_pooled;
  return ops;
}

constexpr MapOps lru_ops() {
  MapOps ops = common_ops();
  ops.lookup = lookup_lru;
  ops.update = update_lru;
  ops.remove = remove_lru;
  ops.for_each = for_each;
  ops.update_value = update_value_lru;
  ops.take_value = take_lru;
  return ops;
}

constexpr MapOps per_cpu_ops() {
  MapOps ops = pooled_ops();
  ops.lookup = lookup_own;
  ops.lookup_cpu = lookup_cpu;
  return ops;
}

constexpr MapOps lru_per_cpu_ops() {
  MapOps ops = lru_ops();
  ops.lookup = lookup_lru_own;
  ops.lookup_cpu = lookup_lru_cpu;
  ops.update = update_own_lru;
  return ops;
}

constexpr MapOps of_maps_ops() {
  MapOps ops = common_ops();
  ops.check = check_of_maps;
  ops.lookup = lookup_inner;
  ops.remove = remove_inner;
  ops.update_value = update_inner;
  ops.can_be_inner = false;
  ops.holds_fds = true;
  return ops;
}

}  // namespace
}  // namespace hash

constinit const MapOps kHashOps = hash::pooled_ops();
constinit const MapOps kPerCpuHashOps = hash::per_cpu_ops();
constinit const MapOps kLruHashOps = hash::lru_ops();
constinit const MapOps kLruPerCpuHashOps = hash::lru_per_cpu_ops();
constinit const MapOps kHashOfMapsOps = hash::of_maps_ops();

}  // namespace zext::shim
