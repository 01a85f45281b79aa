// The batch commands: many elements in one call.
//
// Hash tables hand out whole buckets, so that what is done twice or lost when others change the
// table meanwhile is bounded; the other types are walked key by key.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/user_memory.h"
#include "kernel_shim/bpf/writing.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

// Elements that are copied together, until a bucket has more.
constexpr uint32_t kPiece = 128;
// A key that was deleted between finding it and reading it is skipped this often.
constexpr int kRetries = 3;

int check_flags(const bpf_attr& attr, const Map& map) {
  if ((attr.batch.elem_flags & ~uint64_t{BPF_F_LOCK}) != 0) return -EINVAL;
  const bool locks = (attr.batch.elem_flags & BPF_F_LOCK) != 0;
  return locks && map.spin_lock == kNoOffset ? -EINVAL : 0;
}

int put_count(Call& call, uint32_t count) {
  const kshim_uptr to = call.user + offsetof(bpf_attr, batch.count);
  return call.kernel.host().copy_to_user(to, &count, sizeof count) == 0 ? 0 : -EFAULT;
}

// Elements of the caller's, one after another.
struct Walk {
  Call& call;
  Map& map;
  uint64_t value_size;
  Buffer key;
  Buffer value;
  uint32_t done = 0;

  Walk(Call& call, Map& map)
      : call(call),
        map(map),
        value_size(user_value_size(call.kernel, map)),
        key(call.kernel.host()),
        value(call.kernel.host()) {}

  const bpf_attr& attr() const { return call.attr; }
  kshim_uptr user_key() const { return attr().batch.keys + uint64_t{done} * map.key_size; }
  kshim_uptr user_value() const { return attr().batch.values + done * value_size; }
  int key_in() { return copy_in(key, user_key(), map.key_size); }
  int value_in() { return copy_in(value, user_value(), value_size); }

 private:
  int copy_in(Buffer& to, kshim_uptr from, uint64_t size) {
    return call.kernel.host().copy_from_user(to.data(), from, size) == 0 ? 0 : -EFAULT;
  }
};

long update_each(Walk& walk) {
  const bpf_attr& attr = walk.attr();
  int error = walk.key.reserve(walk.map.key_size);
  if (error == 0) error = walk.value.reserve(walk.value_size);
  if (error != 0) return error;
  for (; walk.done < attr.batch.count; ++walk.done) {
    error = walk.key_in();
    if (error == 0) error = walk.value_in();
    if (error == 0) {
      error = map_update_value(walk.call.kernel, walk.map, walk.key.data(), walk.value.data(),
                               attr.batch.elem_flags);
    }
    if (error != 0) break;
  }
  const int written = put_count(walk.call, walk.done);
  return written != 0 ? written : error;
}

long delete_each(Walk& walk) {
  int error = walk.key.reserve(walk.map.key_size);
  if (error != 0) return error;
  for (; walk.done < walk.attr().batch.count; ++walk.done) {
    error = walk.key_in();
    if (error == 0) error = map_delete_value(walk.call.kernel, walk.map, walk.key.data());
    if (error != 0) break;
  }
  const int written = put_count(walk.call, walk.done);
  return written != 0 ? written : error;
}

// One element behind `*previous`, which it becomes.
int lookup_one(Walk& walk, Buffer& before, const uint8_t** previous) {
  Kernel& kernel = walk.call.kernel;
  const Host& host = kernel.host();
  int error = 0;
  for (int retry = kRetries;; --retry) {
    error = map_next_key(kernel, walk.map, *previous, walk.key.data());
    if (error != 0) return error;
    error = map_copy_value(kernel, walk.map, walk.key.data(), walk.value.data(),
                           walk.attr().batch.elem_flags);
    if (error != -ENOENT) break;
    if (retry == 0) return -EINTR;
  }
  if (error != 0) return error;
  if (host.copy_to_user(walk.user_key(), walk.key.data(), walk.map.key_size) != 0 ||
      host.copy_to_user(walk.user_value(), walk.value.data(), walk.value_size) != 0) {
    return -EFAULT;
  }
  __builtin_memcpy(before.data(), walk.key.data(), walk.map.key_size);
  *previous = before.data();
  return 0;
}

long lookup_each(Walk& walk) {
  const bpf_attr& attr = walk.attr();
  const Host& host = walk.call.kernel.host();
  if (put_count(walk.call, 0) != 0) return -EFAULT;
  Buffer before(host);
  int error = before.reserve(walk.map.key_size);
  if (error == 0) error = walk.key.reserve(walk.map.key_size);
  if (error == 0) error = walk.value.reserve(walk.value_size);
  if (error != 0) return error;
  const uint8_t* previous = nullptr;
  if (attr.batch.in_batch != 0) {
    previous = before.data();
    if (host.copy_from_user(before.data(), attr.batch.in_batch, walk.map.key_size) != 0) {
      return -EFAULT;
    }
  }
  while (walk.done < attr.batch.count) {
    error = lookup_one(walk, before, &previous);
    if (error == -ENOENT || error == -EINTR) break;
    if (error != 0) return error;
    ++walk.done;
  }
  if (put_count(walk.call, walk.done) != 0) return -EFAULT;
  const bool ends =
      walk.done != 0 && host.copy_to_user(attr.batch.out_batch, previous, walk.map.key_size) != 0;
  return ends ? -EFAULT : error;
}

// Buckets of a hash table, from `*bucket` on, in pieces that grow to the largest bucket. Once the
// caller's room is full, empty buckets are still passed: at the last one it is -ENOENT.
int take_buckets(Walk& walk, uint32_t* bucket, bool remove) {
  Kernel& kernel = walk.call.kernel;
  const MapOps* ops = map_ops(walk.map.type);
  for (uint32_t room = kPiece;;) {
    const uint32_t left = walk.attr().batch.count - walk.done;
    const uint32_t capacity = room < left ? room : left;
    int error = walk.key.reserve(uint64_t{capacity} * walk.map.key_size);
    if (error == 0) error = walk.value.reserve(capacity * walk.value_size);
    if (error != 0) return error;
    uint32_t count = 0;
    const int result =
        ops->take_bucket(kernel, walk.map, bucket, walk.key.data(), walk.value.data(), capacity,
                         &count, remove, walk.attr().batch.elem_flags);
    if (kernel.host().copy_to_user(walk.user_key(), walk.key.data(),
                                   uint64_t{count} * walk.map.key_size) != 0 ||
        kernel.host().copy_to_user(walk.user_value(), walk.value.data(), count * walk.value_size) !=
            0) {
      return -EFAULT;
    }
    walk.done += count;
    if (result == -ENOSPC && capacity < left) {
      room = room > left / 2 ? left : room * 2;
    } else if (result == -ENOSPC && walk.done != 0) {
      return 0;
    } else if (result != 0 || count == 0) {
      return result;
    }
  }
}

long lookup_buckets(Walk& walk, bool remove) {
  const bpf_attr& attr = walk.attr();
  const Host& host = walk.call.kernel.host();
  if (attr.batch.flags != 0) return -EINVAL;
  if (attr.batch.count == 0) return 0;
  if (put_count(walk.call, 0) != 0) return -EFAULT;
  uint32_t bucket = 0;
  if (attr.batch.in_batch != 0 &&
      host.copy_from_user(&bucket, attr.batch.in_batch, sizeof bucket) != 0) {
    return -EFAULT;
  }
  const uint32_t first = bucket;
  const int error = take_buckets(walk, &bucket, remove);
  // Behind the last bucket there is nothing to say.
  if (error == -EFAULT || (error == -ENOENT && bucket == first)) return error;
  if (host.copy_to_user(attr.batch.out_batch, &bucket, sizeof bucket) != 0) return -EFAULT;
  const int written = put_count(walk.call, walk.done);
  return written != 0 ? written : error;
}

// What a batch command needs of its map.
struct Batch {
  bool reads;
  bool writes;
  bool (*exists)(const Map& map);
  long (*run)(Walk& walk);
};

bool has_buckets(const Map& map) { return map_ops(map.type)->take_bucket != nullptr; }
bool can_look(const Map& map) { return has_buckets(map) || map_ops(map.type)->batches; }
bool can_delete(const Map& map) { return has_buckets(map) || map_ops(map.type)->batch_deletes; }

long run(Call& call, const Batch& batch) {
  OpenMap open;
  int error = open_map(call.kernel, call.attr.batch.map_fd, &open);
  if (error != 0) return error;
  Map& map = *open.map;
  if (batch.reads && !open.may_read()) return -EPERM;
  if (batch.writes && !open.may_write()) return -EPERM;
  if (!batch.exists(map)) {
    return batch.writes && map.frozen.load() ? -EPERM : -kNotSupported;
  }
  error = check_flags(call.attr, map);
  Walk walk(call, map);
  if (!batch.writes) {
    return error != 0 ? error : batch.run(walk);
  }
  const Writing writing(map);
  if (!writing.allowed()) return -EPERM;
  return error != 0 ? error : batch.run(walk);
}

}  // namespace

long command_map_lookup_batch(Call& call) {
  return run(call, {true, false, can_look, [](Walk& walk) {
                      if (has_buckets(walk.map)) return lookup_buckets(walk, false);
                      return walk.attr().batch.count == 0 ? 0 : lookup_each(walk);
                    }});
}

long command_map_take_batch(Call& call) {
  return run(call,
             {true, true, has_buckets, [](Walk& walk) { return lookup_buckets(walk, true); }});
}

long command_map_update_batch(Call& call) {
  return run(call, {false, true, can_look, [](Walk& walk) {
                      return walk.attr().batch.count == 0 ? 0 : update_each(walk);
                    }});
}

long command_map_delete_batch(Call& call) {
  return run(call, {false, true, can_delete, [](Walk& walk) {
                      return walk.attr().batch.count == 0 ? 0 : delete_each(walk);
                    }});
}

}  // namespace zext::shim
