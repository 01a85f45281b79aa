#include <errno.h>

#include "kernel_shim/maps/hash/operations.h"

namespace zext::shim::hash {
namespace {

void clear_shared(void* to, uint64_t size) {
  auto* words = static_cast<uint64_t*>(to);
  for (uint64_t i = 0; i < size / 8; ++i) {
    std::atomic_ref(words[i]).store(0, std::memory_order_relaxed);
  }
}

}  // namespace
void write_value(Kernel& kernel, HashMap& map, Element& element, const void* value, bool all_cpus,
                 bool is_new) {
  if (!is_per_cpu(map.type)) {
    return copy_value_in(kernel, map, element_value(map, element), value, false);
  }
  const auto* bytes = static_cast<const uint8_t*>(value);
  const uint64_t stride = map.value_stride;
  if (all_cpus) {
    for (uint32_t cpu = 0; cpu < kernel.cpu_count(); ++cpu) {
      copy_shared_in(value_of_cpu(map, element, cpu), bytes + cpu * stride, stride);
    }
    return;
  }
  const uint32_t own = kernel.host().cpu_id();
  if (is_new) {
    for (uint32_t cpu = 0; cpu < kernel.cpu_count(); ++cpu) {
      clear_shared(value_of_cpu(map, element, cpu), stride);
    }
  }
  copy_shared_in(value_of_cpu(map, element, own), bytes, map.value_size);
}

void read_value(Kernel& kernel, HashMap& map, Element& element, void* value, uint64_t flags) {
  if (map.type == BPF_MAP_TYPE_HASH_OF_MAPS) {
    const uint32_t id = inner_map(map, element)->id;
    __builtin_memcpy(value, &id, sizeof id);
    return;
  }
  if (!is_per_cpu(map.type)) {
    const bool locked = (flags & BPF_F_LOCK) != 0;
    return copy_value_out(kernel, map, value, element_value(map, element), locked);
  }
  for (uint32_t cpu = 0; cpu < kernel.cpu_count(); ++cpu) {
    copy_shared_out(static_cast<uint8_t*>(value) + uint64_t{cpu} * map.value_stride,
                    value_of_cpu(map, element, cpu), map.value_stride);
  }
}

int check_presence(bool present, uint64_t flags) {
  const uint64_t wanted = flags & ~uint64_t{BPF_F_LOCK};
  if (present && wanted == BPF_NOEXIST) return -EEXIST;
  if (!present && wanted == BPF_EXIST) return -ENOENT;
  return 0;
}

// Under the lock, unlike Linux: the element cannot become another key's while it is copied. Does
// not count as a use, so that dumping a map does not change what its LRU keeps.
int copy_value(Kernel& kernel, Map& base, const void* key, void* value, uint64_t flags) {
  HashMap& map = hash_map(base);
  const uint32_t hash = hash_of(map, key);
  const BucketGuard guard(kernel, map, hash);
  const Place place = find_locked(map, key, hash);
  if (place.element == nullptr) return -ENOENT;
  read_value(kernel, map, *place.element, value, flags);
  return 0;
}

}  // namespace zext::shim::hash
