#include <errno.h>

#include <new>

#include "kernel_shim/maps/hash/lru.h"
#include "kernel_shim/maps/hash/operations.h"
#include "kernel_shim/maps/hash/pool.h"

namespace zext::shim::hash {
namespace {

constexpr uint32_t kFlags =
    BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | kAccessFlags;

// Linux's limits: an element has 48 bytes more, a bucket has 16, and the size of all buckets fits
// into 32 bits.
constexpr uint64_t kMostBytes = kMaxValueSize - 48;
constexpr uint64_t kMostBuckets = 0xffff'ffffu / 16;

constexpr uint32_t kLocksPerCpu = 64;

bool may_use_bpf(const Kernel& kernel) {
  return kernel.host().capable(KSHIM_CAP_BPF) || kernel.host().capable(KSHIM_CAP_SYS_ADMIN);
}

uint64_t power_of_two_from(uint64_t number) {
  uint64_t power = 1;
  while (power < number) power *= 2;
  return power;
}

// Each CPU's LRU has equally many.
uint32_t capacity_of(const Kernel& kernel, const MapAttributes& attributes) {
  const uint32_t wanted = attributes.max_entries;
  if ((attributes.flags & BPF_F_NO_COMMON_LRU) == 0) return wanted;
  const uint64_t cpus = kernel.cpu_count();
  const uint64_t more = (wanted + cpus - 1) / cpus * cpus;
  return static_cast<uint32_t>(more <= 0xffff'ffffu ? more : wanted / cpus * cpus);
}

int check_sizes(const Kernel& kernel, const MapAttributes& attributes) {
  if (attributes.max_entries == 0 || attributes.key_size == 0 || attributes.value_size == 0) {
    return -EINVAL;
  }
  if (uint64_t{attributes.key_size} + attributes.value_size >= kMostBytes) return -E2BIG;
  if (is_per_cpu(attributes.type) && round_up_8(attributes.value_size) > kMaxPerCpuValueSize) {
    return -E2BIG;
  }
  return power_of_two_from(capacity_of(kernel, attributes)) > kMostBuckets ? -E2BIG : 0;
}

void set_layout(const Kernel& kernel, const MapAttributes& attributes, HashMap& map) {
  map.type = attributes.type;
  map.key_size = attributes.key_size;
  map.value_size = attributes.value_size;
  map.flags = attributes.flags;
  map.capacity = map.max_entries = capacity_of(kernel, attributes);
  map.value_offset = sizeof(Element) + round_up_8(map.key_size);
  map.value_stride = static_cast<uint32_t>(round_up_8(map.value_size));
  map.element_size =
      map.value_offset + (is_per_cpu(map.type) ? sizeof(PerCpuValue) : uint64_t{map.value_stride});
}

int make_buckets(Kernel& kernel, HashMap& map) {
  const uint64_t buckets = power_of_two_from(map.capacity);
  uint64_t locks = power_of_two_from(uint64_t{kLocksPerCpu} * kernel.cpu_count());
  if (locks > buckets) locks = buckets;
  map.bucket_mask = static_cast<uint32_t>(buckets - 1);
  map.lock_mask = static_cast<uint32_t>(locks - 1);

  map.buckets = static_cast<Bucket*>(kernel.alloc(map, buckets * sizeof(Bucket)));
  map.locks = static_cast<PaddedLock*>(kernel.alloc_zeroed(map, locks * sizeof(PaddedLock)));
  if (map.buckets == nullptr || map.locks == nullptr) return -ENOMEM;
  for (uint64_t i = 0; i < buckets; ++i) {
    new (map.buckets + i) Bucket{.head = end_mark(i), .replacements = 0, .padding = 0};
  }
  return 0;
}

int make_parts(Kernel& kernel, HashMap& map) {
  const int error = make_buckets(kernel, map);
  if (error != 0) return error;
  const int pool_error = pool_create(kernel, map);
  if (pool_error != 0) return pool_error;
  return is_lru(map.type) ? lru_create(kernel, map) : 0;
}

}  // namespace

int check(Kernel& kernel, const MapAttributes& attributes) {
  const bool lru = is_lru(attributes.type);
  const bool own_lists = (attributes.flags & BPF_F_NO_COMMON_LRU) != 0;
  if (lru && !may_use_bpf(kernel)) return -EPERM;
  if ((attributes.flags & BPF_F_ZERO_SEED) != 0 && !kernel.host().capable(KSHIM_CAP_SYS_ADMIN)) {
    return -EPERM;
  }
  if ((attributes.flags & ~kFlags) != 0 || !access_flags_agree(attributes.flags)) return -EINVAL;
  if (!lru && own_lists) return -EINVAL;
  if (lru && (attributes.flags & BPF_F_NO_PREALLOC) != 0) return -kNotSupported;
  const bool on_node = names_node(attributes);
  if (on_node && (is_per_cpu(attributes.type) || own_lists)) return -EINVAL;
  return check_sizes(kernel, attributes);
}

int check_of_maps(Kernel& kernel, const MapAttributes& attributes) {
  if (attributes.value_size != sizeof(uint32_t)) return -EINVAL;
  return check(kernel, attributes);
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** made) {
  auto* map = kernel.make<HashMap>(KSHIM_MAP);
  if (map == nullptr) return -ENOMEM;
  set_layout(kernel, attributes, *map);
  map->seed = (map->flags & BPF_F_ZERO_SEED) != 0 ? 0 : kernel.random();
  const int error = make_parts(kernel, *map);
  if (error != 0) {
    destroy(kernel, *map);
    return error;
  }
  *made = map;
  return 0;
}

void destroy(Kernel& kernel, Map& base) {
  HashMap& map = hash_map(base);
  if (map.type == BPF_MAP_TYPE_HASH_OF_MAPS && map.buckets != nullptr) destroy_inner(kernel, map);
  lru_destroy(kernel, map);
  pool_destroy(kernel, map);
  kernel.free(map, map.locks, (uint64_t{map.lock_mask} + 1) * sizeof(PaddedLock));
  kernel.free(map, map.buckets, (uint64_t{map.bucket_mask} + 1) * sizeof(Bucket));
  kernel.destroy(map);
}

}  // namespace zext::shim::hash
