#include "kernel_shim/maps/map.h"

#include <errno.h>

#include "kernel_shim/btf/btf_object.h"

namespace zext::shim {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

// Only these characters, ended by a NUL; what is behind that does not count.
bool take_name(const char (&from)[BPF_OBJ_NAME_LEN], char (&to)[BPF_OBJ_NAME_LEN]) {
  for (uint32_t i = 0; i < BPF_OBJ_NAME_LEN; ++i) {
    if (from[i] == '\0') return true;
    if (!is_name_character(from[i])) return false;
    to[i] = from[i];
  }
  return false;
}

// What a map of maps remembers of the map that shows how the inner ones are.
int check_inner(const MapAttributes& attributes) {
  if (attributes.inner_error != 0) return attributes.inner_error;
  if (attributes.inner == nullptr) return -EBADF;
  const Map& inner = *attributes.inner;
  if (is_map_of_maps(inner.type)) return -EINVAL;
  if (!map_ops(inner.type)->can_be_inner) return -kNotSupported;
  return inner.spin_lock == kNoOffset ? 0 : -kNotSupported;
}

void take_attributes(const MapAttributes& attributes, Map& map) {
  map.type = attributes.type;
  map.key_size = attributes.key_size;
  map.value_size = attributes.value_size;
  // Some types round it up.
  if (map.max_entries == 0) map.max_entries = attributes.max_entries;
  // These two are the descriptor's.
  map.flags = attributes.flags & ~uint32_t{BPF_F_RDONLY | BPF_F_WRONLY};
  map.extra = attributes.extra;
  if (!is_map_of_maps(map.type)) return;
  const Map& inner = *attributes.inner;
  map.inner_type = inner.type;
  map.inner_key_size = inner.key_size;
  map.inner_value_size = inner.value_size;
  map.inner_max_entries = inner.max_entries;
  map.inner_flags = inner.flags;
  map.inner_id = inner.id;
  map.inner_timer = inner.timer;
}

// Fields that the runtime knows are only in values that programs may write, of some types.
int check_fields(const Map& map) {
  const bool read_only = (map.flags & BPF_F_RDONLY_PROG) != 0;
  if (map.spin_lock != kNoOffset) {
    if (read_only) return -EACCES;
    if (map.type != BPF_MAP_TYPE_HASH && map.type != BPF_MAP_TYPE_ARRAY) return -kNotSupported;
  }
  if (map.timer != kNoOffset) {
    if (read_only) return -EACCES;
    if (map.type != BPF_MAP_TYPE_HASH && map.type != BPF_MAP_TYPE_LRU_HASH &&
        map.type != BPF_MAP_TYPE_ARRAY) {
      return -EOPNOTSUPP;
    }
  }
  return 0;
}

int take_btf(const MapAttributes& attributes, Map& map) {
  if (attributes.btf_key == 0 && attributes.btf_value == 0) return 0;
  if (attributes.btf_error != 0) return attributes.btf_error;
  if (attributes.btf == nullptr) return -EBADF;
  const auto& btf = static_cast<const BtfObject&>(*attributes.btf);
  if (btf.of_kernel) return -EACCES;
  // Sections of global data are the only arrays without a key.
  if (attributes.btf_key == 0 && map.type == BPF_MAP_TYPE_ARRAY && map.max_entries != 1) {
    return -EINVAL;
  }
  ValueFields fields;
  int error = btf_check_map(btf, map.type, attributes.btf_key, attributes.btf_value, map.key_size,
                            map.value_size, &fields);
  if (error != 0) return error;
  map.spin_lock = fields.spin_lock;
  map.timer = fields.timer;
  error = check_fields(map);
  if (error != 0) return error;
  map.btf_key = attributes.btf_key;
  map.btf_value = attributes.btf_value;
  get(*attributes.btf);
  map.btf = attributes.btf;
  return 0;
}

// Everything behind the memory of the map.
int complete(Kernel& kernel, const MapAttributes& attributes, Map& map) {
  take_attributes(attributes, map);
  if (!take_name(attributes.name, map.name)) return -EINVAL;
  const int error = take_btf(attributes, map);
  return error != 0 ? error : kernel.ids(KSHIM_MAP).add(kernel, map);
}

}  // namespace

int map_create(Kernel& kernel, const MapAttributes& attributes, Map** map) {
  // No field is looked at that belongs to another type.
  if (attributes.btf_key != 0 && attributes.btf_value == 0) return -EINVAL;
  if (attributes.extra != 0 && attributes.type != BPF_MAP_TYPE_BLOOM_FILTER) return -EINVAL;
  constexpr uint32_t kNoAccess = BPF_F_RDONLY | BPF_F_WRONLY;
  if ((attributes.flags & kNoAccess) == kNoAccess) return -EINVAL;
  const MapOps* ops = map_ops(attributes.type);
  if (ops == nullptr) return -EINVAL;
  int error = ops->check(kernel, attributes);
  // No device takes maps, and who may not ask does not hear of it.
  if (error == 0 && attributes.ifindex != 0) {
    error = kernel.host().capable(KSHIM_CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
  }
  if (error == 0 && is_map_of_maps(attributes.type)) error = check_inner(attributes);
  if (error != 0) return error;
  Map* fresh = nullptr;
  error = ops->create(kernel, attributes, &fresh);
  if (error != 0) return error;
  error = complete(kernel, attributes, *fresh);
  if (error != 0) {
    map_destroy(kernel, *fresh);
    return error;
  }
  *map = fresh;
  return 0;
}

void map_destroy(Kernel& kernel, Object& object) {
  auto& map = static_cast<Map&>(object);
  if (map.btf != nullptr) put(kernel, *map.btf);
  map_ops(map.type)->destroy(kernel, map);
}

void map_last_handle(Kernel& kernel, Object& object) {
  auto& map = static_cast<Map&>(object);
  const auto last_handle = map_ops(map.type)->last_handle;
  if (last_handle != nullptr) last_handle(kernel, map);
}

int map_freeze(Kernel& kernel, Map& map) {
  if (map.timer != kNoOffset) return -kNotSupported;
  const Guard guard(kernel.host(), map.freeze_lock);
  uint32_t writers = 0;
  if (!map.writers.compare_exchange_strong(writers, Map::kFrozen)) return -EBUSY;
  map.frozen.store(true);
  return 0;
}

// --- as programs do

int map_update(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  const auto update = map_ops(map.type)->update;
  return update == nullptr ? -EINVAL : update(kernel, map, key, value, flags);
}

int map_remove(Kernel& kernel, Map& map, const void* key) {
  const auto remove = map_ops(map.type)->remove;
  return remove == nullptr ? -EINVAL : remove(kernel, map, key);
}

// --- as system calls do

namespace {

// BPF_F_LOCK is for values that have a lock.
bool lock_flag_agrees(const Map& map, uint64_t flags) {
  return (flags & BPF_F_LOCK) == 0 || map.spin_lock != kNoOffset;
}

class Writing {
 public:
  explicit Writing(Map& map) : map_(map), error_(map_begin_write(map)) {}
  ~Writing() {
    if (error_ == 0) map_end_write(map_);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  int error() const { return error_; }

 private:
  Map& map_;
  int error_;
};

}  // namespace

int map_copy_value(Kernel& kernel, Map& map, const void* key, void* value, uint64_t flags) {
  if ((flags & ~uint64_t{BPF_F_LOCK}) != 0 || !lock_flag_agrees(map, flags)) return -EINVAL;
  const MapOps& ops = *map_ops(map.type);
  if (ops.copy_value != nullptr) return ops.copy_value(kernel, map, key, value, flags);
  const ReadSection section(kernel);
  if (ops.peek != nullptr) return ops.peek(kernel, map, value);
  if (ops.lookup == nullptr) return -kNotSupported;
  const void* found = ops.lookup(kernel, map, key);
  if (found == nullptr) return -ENOENT;
  copy_value_out(kernel, map, value, found, (flags & BPF_F_LOCK) != 0);
  return 0;
}

int map_update_value(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  const Writing writing(map);
  if (writing.error() != 0) return writing.error();
  if (!lock_flag_agrees(map, flags)) return -EINVAL;
  const MapOps& ops = *map_ops(map.type);
  if (ops.update_value != nullptr) return ops.update_value(kernel, map, key, value, flags);
  const ReadSection section(kernel);
  if (ops.push != nullptr) return ops.push(kernel, map, value, flags);
  if (ops.update == nullptr) return -kNotSupported;
  return ops.update(kernel, map, key, value, flags);
}

int map_delete_value(Kernel& kernel, Map& map, const void* key) {
  const Writing writing(map);
  if (writing.error() != 0) return writing.error();
  const MapOps& ops = *map_ops(map.type);
  if (ops.remove == nullptr) return -kNotSupported;
  if (ops.holds_fds) return ops.remove(kernel, map, key);
  const ReadSection section(kernel);
  return ops.remove(kernel, map, key);
}

int map_take_value(Kernel& kernel, Map& map, const void* key, void* value, uint64_t flags) {
  if ((flags & ~uint64_t{BPF_F_LOCK}) != 0) return -EINVAL;
  const Writing writing(map);
  if (writing.error() != 0) return writing.error();
  const bool is_queue = map.type == BPF_MAP_TYPE_QUEUE || map.type == BPF_MAP_TYPE_STACK;
  if ((flags != 0 && is_queue) || !lock_flag_agrees(map, flags)) return -EINVAL;
  const MapOps& ops = *map_ops(map.type);
  if (ops.take_value != nullptr) return ops.take_value(kernel, map, key, value, flags);
  if (!is_queue) return -kNotSupported;
  const ReadSection section(kernel);
  return ops.pop(kernel, map, value);
}

int map_next_key(Kernel& kernel, Map& map, const void* key, void* next) {
  const MapOps& ops = *map_ops(map.type);
  return ops.next_key == nullptr ? -kNotSupported : ops.next_key(kernel, map, key, next);
}

}  // namespace zext::shim
