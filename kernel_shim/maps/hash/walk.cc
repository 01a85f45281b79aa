#include <errno.h>

#include "kernel_shim/maps/hash/lru.h"
#include "kernel_shim/maps/hash/operations.h"
#include "kernel_shim/maps/hash/pool.h"

namespace zext::shim::hash {
namespace {

void copy_key(const HashMap& map, Element& element, void* to) {
  __builtin_memcpy(to, element_key(element), map.key_size);
}

// The first key of this bucket, if it has one.
bool first_key(Kernel& kernel, HashMap& map, uint32_t bucket, void* next) {
  // Most buckets of a large map may be empty: no lock for those.
  if (is_end(map.buckets[bucket].head.load(std::memory_order_relaxed))) return false;
  const BucketGuard guard(kernel, map, bucket);
  const uint64_t chain = map.buckets[bucket].head.load(std::memory_order_relaxed);
  if (is_end(chain)) return false;
  copy_key(map, *element_at(chain), next);
  return true;
}

// The key behind this one in its bucket. `*bucket`: where to go on if there is none.
bool key_behind(Kernel& kernel, HashMap& map, const void* key, void* next, uint64_t* bucket) {
  const uint32_t hash = hash_of(map, key);
  const BucketGuard guard(kernel, map, hash);
  const Place place = find_locked(map, key, hash);
  if (place.element == nullptr) return false;
  *bucket = uint64_t{hash & map.bucket_mask} + 1;
  const uint64_t chain = place.element->chain.load(std::memory_order_relaxed);
  if (is_end(chain)) return false;
  copy_key(map, *element_at(chain), next);
  return true;
}

struct Batch {
  uint8_t* keys;
  uint8_t* values;
  uint64_t value_size;
  uint32_t capacity;
  bool remove;
  uint64_t flags;
  uint32_t total = 0;
};

// One bucket, as a whole: false if it does not fit. `*removed` is the chain of what was taken out,
// which still is in the LRU's lists or holds inner maps.
bool copy_bucket(Kernel& kernel, HashMap& map, uint32_t bucket, Batch& batch, uint64_t* removed) {
  const BucketGuard guard(kernel, map, bucket);
  const uint64_t first = map.buckets[bucket].head.load(std::memory_order_relaxed);
  uint32_t count = 0;
  for (uint64_t chain = first; !is_end(chain);) {
    chain = element_at(chain)->chain.load(std::memory_order_relaxed);
    ++count;
  }
  if (count > batch.capacity - batch.total) return false;
  for (uint64_t chain = first; !is_end(chain);) {
    Element& element = *element_at(chain);
    copy_key(map, element, batch.keys + uint64_t{batch.total} * map.key_size);
    read_value(kernel, map, element, batch.values + batch.total * batch.value_size, batch.flags);
    ++batch.total;
    chain = element.chain.load(std::memory_order_relaxed);
  }
  if (batch.remove) {
    map.buckets[bucket].head.store(end_mark(bucket), std::memory_order_release);
    *removed = first;
  }
  return true;
}

void release(Kernel& kernel, HashMap& map, uint64_t chain) {
  if (map.type == BPF_MAP_TYPE_HASH_OF_MAPS) return release_inner(kernel, map, chain);
  while (!is_end(chain)) {
    Element& element = *element_at(chain);
    chain = element.chain.load(std::memory_order_relaxed);
    if (is_lru(map.type)) {
      lru_give(kernel, map, element);
    } else {
      pool_give(kernel, map, element);
    }
  }
}

}  // namespace

int next_key(Kernel& kernel, Map& base, const void* key, void* next) {
  HashMap& map = hash_map(base);
  uint64_t bucket = 0;
  if (key != nullptr && key_behind(kernel, map, key, next, &bucket)) return 0;
  for (; bucket <= map.bucket_mask; ++bucket) {
    if (first_key(kernel, map, static_cast<uint32_t>(bucket), next)) return 0;
  }
  return -ENOENT;
}

int take_bucket(Kernel& kernel, Map& base, uint32_t* bucket, void* keys, void* values,
                uint32_t capacity, uint32_t* count, bool remove, uint64_t flags) {
  HashMap& map = hash_map(base);
  Batch batch{.keys = static_cast<uint8_t*>(keys),
              .values = static_cast<uint8_t*>(values),
              .value_size = user_value_size(kernel, map),
              .capacity = capacity,
              .remove = remove,
              .flags = flags};
  int error = -ENOENT;
  for (; *bucket <= map.bucket_mask; ++*bucket) {
    if (is_end(map.buckets[*bucket].head.load(std::memory_order_relaxed))) continue;
    uint64_t removed = end_mark(*bucket);
    if (!copy_bucket(kernel, map, *bucket, batch, &removed)) {
      error = batch.total == 0 ? -ENOSPC : 0;
      break;
    }
    release(kernel, map, removed);
  }
  *count = batch.total;
  return error;
}

int64_t for_each(Kernel& kernel, Map& base, Run& run, uint64_t function, uint64_t context,
                 uint64_t flags) {
  if (flags != 0) return -EINVAL;
  HashMap& map = hash_map(base);
  const uint32_t cpu = kernel.host().cpu_id();
  int64_t seen = 0;
  for (uint64_t bucket = 0; bucket <= map.bucket_mask; ++bucket) {
    uint64_t chain = map.buckets[bucket].head.load(std::memory_order_acquire);
    while (!is_end(chain)) {
      Element& element = *element_at(chain);
      // Read before the callback, which may delete the element.
      chain = element.chain.load(std::memory_order_acquire);
      const void* value =
          is_per_cpu(map.type) ? value_of_cpu(map, element, cpu) : element_value(map, element);
      const Arguments arguments = {reinterpret_cast<uint64_t>(&base),
                                   reinterpret_cast<uint64_t>(element_key(element)),
                                   reinterpret_cast<uint64_t>(value), context, 0};
      ++seen;
      if (run.call(run, function, arguments) != 0) return seen;
    }
  }
  return seen;
}

}  // namespace zext::shim::hash
