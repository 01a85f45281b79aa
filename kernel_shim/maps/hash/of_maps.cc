#include <errno.h>

#include "kernel_shim/maps/hash/operations.h"
#include "kernel_shim/maps/hash/pool.h"

namespace zext::shim::hash {

void* lookup_inner(Kernel&, Map& base, const void* key) {
  HashMap& map = hash_map(base);
  Element* element = find(map, key, hash_of(map, key));
  return element == nullptr ? nullptr : inner_map(map, *element);
}

// The value is a descriptor. What was there is put when no program can be looking at it any more.
int update_inner(Kernel& kernel, Map& base, const void* key, const void* value, uint64_t flags) {
  HashMap& map = hash_map(base);
  int fd;
  __builtin_memcpy(&fd, value, sizeof fd);
  Ref<Map> inner;
  const int fd_error = object_of_fd(kernel, fd, KSHIM_MAP, &inner);
  if (fd_error != 0) return fd_error;
  if (!matches_inner(map, *inner)) return -EINVAL;

  const auto address = reinterpret_cast<uint64_t>(inner.get());
  Map* displaced = nullptr;
  {
    const ReadSection section(kernel);
    const int error = update_pooled(kernel, map, key, &address, flags, false, &displaced);
    if (error != 0) return error;
  }
  inner.release();
  if (displaced != nullptr) {
    kernel.synchronise();
    put(kernel, *displaced);
  }
  return 0;
}

int remove_inner(Kernel& kernel, Map& base, const void* key) {
  HashMap& map = hash_map(base);
  Place place;
  {
    const uint32_t hash = hash_of(map, key);
    const BucketGuard guard(kernel, map, hash);
    place = find_locked(map, key, hash);
    if (place.element == nullptr) return -ENOENT;
    unlink(place);
  }
  kernel.synchronise();
  put(kernel, *inner_map(map, *place.element));
  pool_give(kernel, map, *place.element);
  return 0;
}

void release_inner(Kernel& kernel, HashMap& map, uint64_t chain) {
  if (is_end(chain)) return;
  kernel.synchronise();
  while (!is_end(chain)) {
    Element& element = *element_at(chain);
    chain = element.chain.load(std::memory_order_relaxed);
    put(kernel, *inner_map(map, element));
    pool_give(kernel, map, element);
  }
}

void destroy_inner(Kernel& kernel, HashMap& map) {
  for (uint64_t i = 0; i <= map.bucket_mask; ++i) {
    uint64_t chain = map.buckets[i].head.load(std::memory_order_relaxed);
    while (!is_end(chain)) {
      Element& element = *element_at(chain);
      chain = element.chain.load(std::memory_order_relaxed);
      put(kernel, *inner_map(map, element));
    }
  }
}

}  // namespace zext::shim::hash
