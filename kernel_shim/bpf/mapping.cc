// mmap and poll of what descriptors name.
#include <errno.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

constexpr uint32_t kPollError = 8;

bool has_special_fields(const Map& map) {
  return map.spin_lock != kNoOffset || map.timer != kNoOffset;
}

int mmap_map(Kernel& kernel, Map& map, uint64_t offset, uint64_t length, bool write,
             kshim_mapping* mapping) {
  const MapOps* ops = map_ops(map.type);
  if (ops->mmap == nullptr || has_special_fields(map)) return -kNotSupported;
  if (write) {
    int error = map_begin_write(map);
    if (error != 0) return error;
    if ((map.flags & BPF_F_RDONLY_PROG) != 0) {
      map_end_write(map);
      return -EACCES;
    }
  }
  const int error = ops->mmap(kernel, map, offset, length, write, mapping);
  // What is not mapped for writing does not become so: writers are counted when they map.
  mapping->may_write = write;
  if (error != 0 && write) map_end_write(map);
  return error;
}

}  // namespace

extern "C" {

uint32_t kshim_poll(struct kshim* shim, struct kshim_object* object) {
  Kernel& kernel = kernel_of(shim);
  Object& of = object_of(object);
  if (of.kind == KSHIM_PERF_EVENT) return perf_poll(kernel, static_cast<PerfEvent&>(of));
  if (of.kind != KSHIM_MAP) return 0;
  auto& map = static_cast<Map&>(of);
  const MapOps* ops = map_ops(map.type);
  return ops->poll == nullptr ? kPollError : ops->poll(kernel, map);
}

int kshim_mmap(struct kshim* shim, struct kshim_object* object, uint64_t offset, uint64_t length,
               bool write, struct kshim_mapping* mapping) {
  Kernel& kernel = kernel_of(shim);
  Object& of = object_of(object);
  *mapping = {};
  mapping->length = length;
  mapping->mirror = KSHIM_NO_MIRROR;
  if (length == 0 || offset % kPageSize != 0 || offset + length < offset) return -EINVAL;
  if (of.kind == KSHIM_PERF_EVENT) {
    return perf_mmap(kernel, static_cast<PerfEvent&>(of), offset, length, write, mapping);
  }
  if (of.kind != KSHIM_MAP) return -ENODEV;
  // As the file's mode says, before the map is asked.
  const uint32_t access = access_of(object);
  if ((access & BPF_F_WRONLY) != 0 || (write && (access & BPF_F_RDONLY) != 0)) return -EACCES;
  return mmap_map(kernel, static_cast<Map&>(of), offset, length, write, mapping);
}

void kshim_munmap(struct kshim* shim, struct kshim_object* object, bool write) {
  Object& of = object_of(object);
  if (of.kind == KSHIM_PERF_EVENT) perf_munmap(kernel_of(shim), static_cast<PerfEvent&>(of));
  if (of.kind == KSHIM_MAP && write) map_end_write(static_cast<Map&>(of));
}

}  // extern "C"

}  // namespace zext::shim
