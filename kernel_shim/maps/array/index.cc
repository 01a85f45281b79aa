#include "kernel_shim/maps/array/index.h"

#include <errno.h>

namespace zext::shim {

int check_array(Kernel& /*kernel*/, const MapAttributes& attributes) {
  constexpr uint32_t kFlags =
      BPF_F_NUMA_NODE | BPF_F_MMAPABLE | kAccessFlags | BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP;
  const uint32_t flags = attributes.flags;
  if (attributes.max_entries == 0 || attributes.key_size != 4 || attributes.value_size == 0 ||
      (flags & ~kFlags) != 0 || !access_flags_agree(flags)) {
    return -EINVAL;
  }
  if (attributes.type == BPF_MAP_TYPE_PERCPU_ARRAY && names_node(attributes)) return -EINVAL;
  if (attributes.type != BPF_MAP_TYPE_ARRAY && (flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP)) != 0) {
    return -EINVAL;
  }
  if (attributes.type != BPF_MAP_TYPE_PERF_EVENT_ARRAY && (flags & BPF_F_PRESERVE_ELEMS) != 0) {
    return -EINVAL;
  }
  return attributes.value_size > kMaxValueSize ? -E2BIG : 0;
}

int next_index(Kernel& /*kernel*/, Map& map, const void* key, void* next) {
  const uint32_t index = key == nullptr ? ~uint32_t{0} : index_of(key);
  if (index < map.max_entries && index == map.max_entries - 1) return -ENOENT;
  const uint32_t following = index < map.max_entries ? index + 1 : 0;
  __builtin_memcpy(next, &following, sizeof following);
  return 0;
}

}  // namespace zext::shim
