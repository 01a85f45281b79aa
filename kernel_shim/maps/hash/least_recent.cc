#include <errno.h>

#include "kernel_shim/maps/hash/lru.h"
#include "kernel_shim/maps/hash/operations.h"

namespace zext::shim::hash {
namespace {

// An element for the key, which is taken before the bucket's lock: taking may need that one.
Element* take_for(Kernel& kernel, HashMap& map, const void* key, uint32_t hash) {
  Element* element = lru_take(kernel, map, hash);
  if (element != nullptr) store_key(element_key(*element), key, map.key_size);
  return element;
}

// Unlinks the key's element; `before` sees it under the lock. The caller gives it back.
template <typename Before>
Element* unlink_key(Kernel& kernel, HashMap& map, const void* key, Before before) {
  const uint32_t hash = hash_of(map, key);
  const BucketGuard guard(kernel, map, hash);
  const Place place = find_locked(map, key, hash);
  if (place.element == nullptr) return nullptr;
  before(*place.element);
  unlink(place);
  return place.element;
}

}  // namespace

int update_lru(Kernel& kernel, Map& base, const void* key, const void* value, uint64_t flags) {
  HashMap& map = hash_map(base);
  if (flags > BPF_EXIST) return -EINVAL;
  const uint32_t hash = hash_of(map, key);
  Element* fresh = take_for(kernel, map, key, hash);
  if (fresh == nullptr) return -ENOMEM;
  write_value(kernel, map, *fresh, value, false, true);

  int error = 0;
  Place place;
  {
    const BucketGuard guard(kernel, map, hash);
    place = find_locked(map, key, hash);
    error = check_presence(place.element != nullptr, flags);
    if (error == 0 && place.element != nullptr) {
      lru_reference(*fresh);
      replace(map, place, *fresh);
    } else if (error == 0) {
      insert(map, *fresh);
    }
  }
  if (error != 0) {
    lru_give(kernel, map, *fresh);
  } else if (place.element != nullptr) {
    lru_give(kernel, map, *place.element);
  }
  return error;
}

int update_lru_per_cpu(Kernel& kernel, HashMap& map, const void* key, const void* value,
                       uint64_t flags, bool all_cpus) {
  if (flags > BPF_EXIST) return -EINVAL;
  const uint32_t hash = hash_of(map, key);
  Element* fresh = nullptr;
  if (flags != BPF_EXIST) {
    fresh = take_for(kernel, map, key, hash);
    if (fresh == nullptr) return -ENOMEM;
  }
  int error = 0;
  {
    const BucketGuard guard(kernel, map, hash);
    const Place place = find_locked(map, key, hash);
    error = check_presence(place.element != nullptr, flags);
    if (error == 0 && place.element != nullptr) {
      lru_reference(*place.element);
      write_value(kernel, map, *place.element, value, all_cpus, false);
    } else if (error == 0) {
      write_value(kernel, map, *fresh, value, all_cpus, true);
      insert(map, *fresh);
      fresh = nullptr;
    }
  }
  if (fresh != nullptr) lru_give(kernel, map, *fresh);
  return error;
}

int remove_lru(Kernel& kernel, Map& base, const void* key) {
  HashMap& map = hash_map(base);
  Element* element = unlink_key(kernel, map, key, [](Element&) {});
  if (element == nullptr) return -ENOENT;
  lru_give(kernel, map, *element);
  return 0;
}

int take_lru(Kernel& kernel, Map& base, const void* key, void* value, uint64_t flags) {
  HashMap& map = hash_map(base);
  Element* element = unlink_key(
      kernel, map, key, [&](Element& found) { read_value(kernel, map, found, value, flags); });
  if (element == nullptr) return -ENOENT;
  lru_give(kernel, map, *element);
  return 0;
}

}  // namespace zext::shim::hash
