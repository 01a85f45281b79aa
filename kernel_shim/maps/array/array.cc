#include "kernel_shim/maps/array/array.h"

#include <errno.h>

#include "kernel_shim/maps/array/index.h"
#include "kernel_shim/runtime/run.h"

namespace zext::shim {
namespace {

// The values, `stride` bytes each, of one CPU behind those of another.
struct ArrayMap : Map {
  uint8_t* values = nullptr;
  uint64_t bytes = 0;
  uint64_t stride = 0;
  uint64_t cpu_stride = 0;  // from a value to that of the next CPU
  bool in_pages = false;    // of pages_alloc
};

ArrayMap& array_of(Map& map) { return static_cast<ArrayMap&>(map); }
const ArrayMap& array_of(const Map& map) { return static_cast<const ArrayMap&>(map); }

constexpr uint64_t round_up(uint64_t size, uint64_t to) { return (size + to - 1) & ~(to - 1); }

uint8_t* value_at(Map& map, uint32_t index, uint32_t cpu) {
  const ArrayMap& array = array_of(map);
  return array.values + cpu * array.cpu_stride + index * array.stride;
}

uint32_t this_cpu(Kernel& kernel, const Map& map) {
  return map.type == BPF_MAP_TYPE_PERCPU_ARRAY ? kernel.host().cpu_id() : 0;
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** map) {
  const bool per_cpu = attributes.type == BPF_MAP_TYPE_PERCPU_ARRAY;
  const uint64_t stride = round_up(attributes.value_size, 8);
  if (per_cpu && stride > kMaxPerCpuValueSize) return -ENOMEM;
  auto* array = kernel.make<ArrayMap>(KSHIM_MAP);
  if (array == nullptr) return -ENOMEM;
  array->stride = stride;
  array->bytes = stride * attributes.max_entries;
  if (per_cpu) {
    constexpr uint64_t kCacheLine = 64;
    array->cpu_stride = round_up(array->bytes, kCacheLine);
    array->bytes = array->cpu_stride * kernel.cpu_count();
  }
  array->in_pages = (attributes.flags & BPF_F_MMAPABLE) != 0 && kernel.host().has_pages();
  if (array->in_pages) {
    array->bytes = round_up(array->bytes, kPageSize);
    array->values = static_cast<uint8_t*>(kernel.pages_alloc(*array, array->bytes));
  } else {
    array->values = static_cast<uint8_t*>(kernel.alloc_zeroed(*array, array->bytes));
  }
  if (array->values == nullptr) {
    kernel.destroy(*array);
    return -ENOMEM;
  }
  *map = array;
  return 0;
}

void destroy(Kernel& kernel, Map& map) {
  ArrayMap& array = array_of(map);
  if (array.in_pages) {
    kernel.pages_free(array, array.values, array.bytes);
  } else {
    kernel.free(array, array.values, array.bytes);
  }
  kernel.destroy(array);
}

void* lookup(Kernel& /*kernel*/, Map& map, const void* key) {
  const uint32_t index = index_of(key);
  return index < map.max_entries ? value_at(map, index, 0) : nullptr;
}

void* per_cpu_lookup(Kernel& kernel, Map& map, const void* key) {
  const uint32_t index = index_of(key);
  return index < map.max_entries ? value_at(map, index, kernel.host().cpu_id()) : nullptr;
}

void* lookup_cpu(Kernel& kernel, Map& map, const void* key, uint32_t cpu) {
  const uint32_t index = index_of(key);
  if (cpu >= kernel.cpu_count() || index >= map.max_entries) return nullptr;
  return value_at(map, index, cpu);
}

int check_update(const Map& map, uint32_t index, uint64_t flags, uint64_t allowed) {
  if ((flags & ~allowed) > BPF_EXIST) return -EINVAL;
  if (index >= map.max_entries) return -E2BIG;
  if ((flags & BPF_NOEXIST) != 0) return -EEXIST;
  return (flags & BPF_F_LOCK) != 0 && map.spin_lock == kNoOffset ? -EINVAL : 0;
}

int update(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  const uint32_t index = index_of(key);
  const int error = check_update(map, index, flags, BPF_F_LOCK);
  if (error != 0) return error;
  copy_value_in(kernel, map, value_at(map, index, this_cpu(kernel, map)), value,
                (flags & BPF_F_LOCK) != 0);
  return 0;
}

int remove(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/) { return -EINVAL; }

int64_t for_each(Kernel& kernel, Map& map, Run& run, uint64_t function, uint64_t context,
                 uint64_t flags) {
  if (flags != 0) return -EINVAL;
  const uint32_t cpu = this_cpu(kernel, map);
  uint32_t index = 0;
  while (index < map.max_entries) {
    uint32_t key = index;
    const Arguments arguments = {reinterpret_cast<uint64_t>(&map), reinterpret_cast<uint64_t>(&key),
                                 reinterpret_cast<uint64_t>(value_at(map, index, cpu)), context, 0};
    ++index;
    if (run.call(run, function, arguments) != 0) break;
  }
  return index;
}

// The bytes between value_size and the stride go both ways too, as in Linux: they are 0 at first.
int per_cpu_copy(Kernel& kernel, Map& map, const void* key, void* value, uint64_t /*flags*/) {
  const uint32_t index = index_of(key);
  if (index >= map.max_entries) return -ENOENT;
  const uint64_t stride = array_of(map).stride;
  for (uint32_t cpu = 0; cpu < kernel.cpu_count(); ++cpu) {
    copy_shared_out(static_cast<uint8_t*>(value) + cpu * stride, value_at(map, index, cpu), stride);
  }
  return 0;
}

int per_cpu_update(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  const uint32_t index = index_of(key);
  const int error = check_update(map, index, flags, 0);
  if (error != 0) return error;
  const uint64_t stride = array_of(map).stride;
  for (uint32_t cpu = 0; cpu < kernel.cpu_count(); ++cpu) {
    copy_shared_in(value_at(map, index, cpu), static_cast<const uint8_t*>(value) + cpu * stride,
                   stride);
  }
  return 0;
}

int direct_value(const Map& map, uint32_t offset, uint64_t* address) {
  if (map.max_entries != 1) return -kNotSupported;
  if (offset >= map.value_size) return -EINVAL;
  *address = reinterpret_cast<uint64_t>(array_of(map).values) + offset;
  return 0;
}

int mmap(Kernel& /*kernel*/, Map& map, uint64_t offset, uint64_t length, bool /*write*/,
         kshim_mapping* mapping) {
  const ArrayMap& array = array_of(map);
  if ((map.flags & BPF_F_MMAPABLE) == 0) return -EINVAL;
  if (!array.in_pages) return -kNotSupported;
  if (offset > array.bytes || length > array.bytes - offset) return -EINVAL;
  *mapping = {.address = array.values + offset,
              .length = length,
              .mirror = KSHIM_NO_MIRROR,
              .mirror_source = 0,
              .may_write = true};
  return 0;
}

}  // namespace

const MapOps kArrayOps = {
    .check = check_array,
    .create = create,
    .destroy = destroy,
    .lookup = lookup,
    .update = update,
    .remove = remove,
    .for_each = for_each,
    .next_key = next_index,
    .direct_value = direct_value,
    .mmap = mmap,
    .batches = true,
    .can_be_inner = true,
};

const MapOps kPerCpuArrayOps = {
    .check = check_array,
    .create = create,
    .destroy = destroy,
    .lookup = per_cpu_lookup,
    .lookup_cpu = lookup_cpu,
    .update = update,
    .remove = remove,
    .for_each = for_each,
    .copy_value = per_cpu_copy,
    .update_value = per_cpu_update,
    .next_key = next_index,
    .batches = true,
    .can_be_inner = true,
};

}  // namespace zext::shim
