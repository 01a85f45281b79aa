#include <errno.h>

#include "kernel_shim/maps/hash/operations.h"
#include "kernel_shim/maps/hash/pool.h"

namespace zext::shim::hash {
namespace {

// What update needs before it can be tried again; errors are negative.
enum Outcome { kDone = 0, kNoneFree = 1, kNoSpare = 2 };

struct Update {
  const void* key;
  const void* value;
  uint64_t flags;
  uint32_t hash;
  bool all_cpus;
  uint64_t inner;  // HASH_OF_MAPS: the address that the value is to be
};

void fill(Kernel& kernel, HashMap& map, Element& element, const Update& update) {
  store_key(element_key(element), update.key, map.key_size);
  element.hash.store(update.hash, std::memory_order_relaxed);
  if (map.type == BPF_MAP_TYPE_HASH_OF_MAPS) {
    auto* word = reinterpret_cast<uint64_t*>(element_value(map, element));
    std::atomic_ref(*word).store(update.inner, std::memory_order_release);
  } else {
    write_value(kernel, map, element, update.value, update.all_cpus, true);
  }
}

// A fresh element takes the old one's place, so that nobody sees half a value.
int exchange(Kernel& kernel, HashMap& map, Place place, const Update& update, Map** displaced) {
  Element*& spare = spare_of_cpu(kernel, map);
  if (spare == nullptr) return kNoSpare;
  fill(kernel, map, *spare, update);
  replace(map, place, *spare);
  spare = place.element;
  if (displaced != nullptr) *displaced = inner_map(map, *place.element);
  return kDone;
}

int try_update(Kernel& kernel, HashMap& map, const Update& update, Map** displaced) {
  const BucketGuard guard(kernel, map, update.hash);
  const Place place = find_locked(map, update.key, update.hash);
  const int error = check_presence(place.element != nullptr, update.flags);
  if (error != 0) return error;

  if (place.element == nullptr) {
    Element* element = pool_take(kernel, map);
    if (element == nullptr) return kNoneFree;
    fill(kernel, map, *element, update);
    insert(map, *element);
    return kDone;
  }
  if (is_per_cpu(map.type)) {
    write_value(kernel, map, *place.element, update.value, update.all_cpus, false);
    return kDone;
  }
  if ((update.flags & BPF_F_LOCK) != 0) {
    copy_value_in(kernel, map, element_value(map, *place.element), update.value, true);
    return kDone;
  }
  return exchange(kernel, map, place, update, displaced);
}

int update_with(Kernel& kernel, HashMap& map, const Update& update, Map** displaced) {
  for (;;) {
    const int outcome = try_update(kernel, map, update, displaced);
    if (outcome <= kDone) return outcome;
    const int error = outcome == kNoneFree ? pool_grow(kernel, map) : make_spare(kernel, map);
    if (error != 0) return error;
  }
}

}  // namespace

int update_pooled(Kernel& kernel, HashMap& map, const void* key, const void* value, uint64_t flags,
                  bool all_cpus, Map** displaced) {
  const uint64_t lock_flag = is_per_cpu(map.type) ? 0 : uint64_t{BPF_F_LOCK};
  if ((flags & ~lock_flag) > BPF_EXIST) return -EINVAL;
  if ((flags & BPF_F_LOCK) != 0 && map.spin_lock == kNoOffset) return -EINVAL;
  Update update{.key = key,
                .value = value,
                .flags = flags,
                .hash = hash_of(map, key),
                .all_cpus = all_cpus,
                .inner = 0};
  if (map.type == BPF_MAP_TYPE_HASH_OF_MAPS) {
    __builtin_memcpy(&update.inner, value, sizeof update.inner);
  }
  return update_with(kernel, map, update, displaced);
}

int remove_pooled(Kernel& kernel, Map& base, const void* key) {
  HashMap& map = hash_map(base);
  const uint32_t hash = hash_of(map, key);
  const BucketGuard guard(kernel, map, hash);
  const Place place = find_locked(map, key, hash);
  if (place.element == nullptr) return -ENOENT;
  unlink(place);
  pool_give(kernel, map, *place.element);
  return 0;
}

int take_pooled(Kernel& kernel, Map& base, const void* key, void* value, uint64_t flags) {
  HashMap& map = hash_map(base);
  const uint32_t hash = hash_of(map, key);
  const BucketGuard guard(kernel, map, hash);
  const Place place = find_locked(map, key, hash);
  if (place.element == nullptr) return -ENOENT;
  read_value(kernel, map, *place.element, value, flags);
  unlink(place);
  pool_give(kernel, map, *place.element);
  return 0;
}

}  // namespace zext::shim::hash
