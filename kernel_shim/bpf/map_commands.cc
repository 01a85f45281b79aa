// The commands on a map's elements, one at a time.
#include <errno.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/user_memory.h"
#include "kernel_shim/bpf/writing.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

bool has_spin_lock(const Map& map) { return map.spin_lock != kNoOffset; }

// A key of the caller's; maps without keys want NULL.
int copy_key(Buffer& key, const Map& map, kshim_uptr from) {
  if (map.key_size == 0) return from == 0 ? 0 : -EINVAL;
  return key.copy_in(from, map.key_size);
}

bool is_queue(const Map& map) {
  return map.type == BPF_MAP_TYPE_QUEUE || map.type == BPF_MAP_TYPE_STACK;
}

}  // namespace

int open_map(Kernel& kernel, uint32_t fd, OpenMap* open) {
  return object_of_fd(kernel, static_cast<int>(fd), KSHIM_MAP, &open->map, &open->access);
}

long command_map_lookup(Call& call) {
  const bpf_attr& attr = call.attr;
  if ((attr.flags & ~uint64_t{BPF_F_LOCK}) != 0) return -EINVAL;
  OpenMap open;
  int error = open_map(call.kernel, attr.map_fd, &open);
  if (error != 0) return error;
  Map& map = *open.map;
  if (!open.may_read()) return -EPERM;
  if ((attr.flags & BPF_F_LOCK) != 0 && !has_spin_lock(map)) return -EINVAL;
  const Host& host = call.kernel.host();
  Buffer key(host);
  Buffer value(host);
  error = copy_key(key, map, attr.key);
  if (error != 0) return error;
  const uint64_t size = user_value_size(call.kernel, map);
  // A bloom filter is asked whether it has this value.
  const bool asks = map.type == BPF_MAP_TYPE_BLOOM_FILTER;
  error = asks ? value.copy_in(attr.value, size) : value.reserve(size);
  if (error != 0) return error;
  error = map_copy_value(call.kernel, map, key.data(), value.data(), attr.flags);
  if (error != 0 || asks) return error;
  return host.copy_to_user(attr.value, value.data(), size) == 0 ? 0 : -EFAULT;
}

long command_map_update(Call& call) {
  const bpf_attr& attr = call.attr;
  OpenMap open;
  int error = open_map(call.kernel, attr.map_fd, &open);
  if (error != 0) return error;
  Map& map = *open.map;
  const Writing writing(map);
  if (!open.may_write() || !writing.allowed()) return -EPERM;
  if ((attr.flags & BPF_F_LOCK) != 0 && !has_spin_lock(map)) return -EINVAL;
  Buffer key(call.kernel.host());
  Buffer value(call.kernel.host());
  error = copy_key(key, map, attr.key);
  if (error == 0) error = value.copy_in(attr.value, user_value_size(call.kernel, map));
  if (error != 0) return error;
  return map_update_value(call.kernel, map, key.data(), value.data(), attr.flags);
}

long command_map_delete(Call& call) {
  OpenMap open;
  int error = open_map(call.kernel, call.attr.map_fd, &open);
  if (error != 0) return error;
  const Writing writing(*open.map);
  if (!open.may_write() || !writing.allowed()) return -EPERM;
  Buffer key(call.kernel.host());
  error = copy_key(key, *open.map, call.attr.key);
  if (error != 0) return error;
  return map_delete_value(call.kernel, *open.map, key.data());
}

long command_map_next_key(Call& call) {
  const bpf_attr& attr = call.attr;
  OpenMap open;
  int error = open_map(call.kernel, attr.map_fd, &open);
  if (error != 0) return error;
  Map& map = *open.map;
  if (!open.may_read()) return -EPERM;
  const Host& host = call.kernel.host();
  Buffer key(host);
  Buffer next(host);
  if (attr.key != 0) error = copy_key(key, map, attr.key);
  if (error == 0) error = next.reserve(map.key_size);
  if (error != 0) return error;
  error = map_next_key(call.kernel, map, attr.key == 0 ? nullptr : key.data(), next.data());
  if (error != 0) return error;
  return host.copy_to_user(attr.next_key, next.data(), map.key_size) == 0 ? 0 : -EFAULT;
}

long command_map_take(Call& call) {
  const bpf_attr& attr = call.attr;
  if ((attr.flags & ~uint64_t{BPF_F_LOCK}) != 0) return -EINVAL;
  OpenMap open;
  int error = open_map(call.kernel, attr.map_fd, &open);
  if (error != 0) return error;
  Map& map = *open.map;
  const Writing writing(map);
  if (!open.may_read() || !open.may_write() || !writing.allowed()) return -EPERM;
  if (attr.flags != 0 && (is_queue(map) || !has_spin_lock(map))) return -EINVAL;
  const Host& host = call.kernel.host();
  Buffer key(host);
  Buffer value(host);
  error = copy_key(key, map, attr.key);
  const uint64_t size = user_value_size(call.kernel, map);
  if (error == 0) error = value.reserve(size);
  if (error != 0) return error;
  error = map_take_value(call.kernel, map, key.data(), value.data(), attr.flags);
  if (error != 0) return error;
  return host.copy_to_user(attr.value, value.data(), size) == 0 ? 0 : -EFAULT;
}

long command_map_freeze(Call& call) {
  OpenMap open;
  const int error = open_map(call.kernel, call.attr.map_fd, &open);
  if (error != 0) return error;
  Map& map = *open.map;
  if (!has_capability(call.kernel, KSHIM_CAP_BPF) && map.timer == kNoOffset) {
    // Linux asks for the right last: a map in use is busy for everybody.
    return map.writers.load() != 0 ? -EBUSY : -EPERM;
  }
  return map_freeze(call.kernel, map);
}

}  // namespace zext::shim
