#include "kernel_shim/maps/device/device.h"

#include <errno.h>

namespace zext::shim {
namespace {

struct DeviceMap : Map {};

int check(Kernel& kernel, const MapAttributes& attributes) {
  if (!kernel.host().capable(KSHIM_CAP_NET_ADMIN)) return -EPERM;
  constexpr uint32_t kFlags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;
  const bool value_size = attributes.value_size == offsetof(bpf_devmap_val, bpf_prog) ||
                          attributes.value_size == sizeof(bpf_devmap_val);
  if (attributes.max_entries == 0 || attributes.key_size != 4 || !value_size ||
      (attributes.flags & ~kFlags) != 0) {
    return -EINVAL;
  }
  // The number of buckets is the next power of two.
  constexpr uint32_t kMostBuckets = uint32_t{1} << 31;
  const bool hash = attributes.type == BPF_MAP_TYPE_DEVMAP_HASH;
  return hash && attributes.max_entries > kMostBuckets ? -EINVAL : 0;
}

int create(Kernel& kernel, const MapAttributes& /*attributes*/, Map** map) {
  *map = kernel.make<DeviceMap>(KSHIM_MAP);
  return *map == nullptr ? -ENOMEM : 0;
}

void destroy(Kernel& kernel, Map& map) { kernel.destroy(static_cast<DeviceMap&>(map)); }

uint32_t key_of(const void* key) {
  uint32_t number;
  __builtin_memcpy(&number, key, sizeof number);
  return number;
}

void* lookup(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/) { return nullptr; }

// What is asked for: interface and program.
bpf_devmap_val value_of(const Map& map, const void* value) {
  bpf_devmap_val wanted{};
  wanted.bpf_prog.fd = -1;
  __builtin_memcpy(&wanted, value, map.value_size);
  return wanted;
}

int update(Kernel& /*kernel*/, Map& map, const void* key, const void* value, uint64_t flags) {
  if (flags > BPF_EXIST) return -EINVAL;
  if (key_of(key) >= map.max_entries) return -E2BIG;
  if (flags == BPF_NOEXIST) return -EEXIST;
  const bpf_devmap_val wanted = value_of(map, value);
  // Interface 0 empties the slot, which is empty.
  return wanted.ifindex == 0 && wanted.bpf_prog.fd <= 0 ? 0 : -EINVAL;
}

int remove(Kernel& /*kernel*/, Map& map, const void* key) {
  return key_of(key) >= map.max_entries ? -EINVAL : 0;
}

int next_key(Kernel& /*kernel*/, Map& map, const void* key, void* next) {
  const uint32_t number = key == nullptr ? ~uint32_t{0} : key_of(key);
  if (number < map.max_entries && number == map.max_entries - 1) return -ENOENT;
  const uint32_t following = number < map.max_entries ? number + 1 : 0;
  __builtin_memcpy(next, &following, sizeof following);
  return 0;
}

int hash_update(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/, const void* /*value*/,
                uint64_t /*flags*/) {
  return -EINVAL;
}

int hash_remove(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/) { return -ENOENT; }

int hash_next_key(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/, void* /*next*/) {
  return -ENOENT;
}

}  // namespace

const MapOps kDevMapOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .lookup = lookup,
    .update = update,
    .remove = remove,
    .next_key = next_key,
};

const MapOps kDevHashOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .lookup = lookup,
    .update = hash_update,
    .remove = hash_remove,
    .next_key = hash_next_key,
};

}  // namespace zext::shim
