#include "kernel_shim/maps/queue/queue.h"

#include <errno.h>

namespace zext::shim {
namespace {

// A ring of max_entries places, `count` of which are used from `oldest` on.
struct QueueMap : Map {
  Lock lock{};
  uint8_t* values = nullptr;
  uint64_t bytes = 0;
  uint32_t oldest = 0;
  uint32_t count = 0;

  uint8_t* at(uint64_t nth) {
    const uint64_t place = uint64_t{oldest} + nth;
    return values + (place < max_entries ? place : place - max_entries) * value_size;
  }
  void drop_oldest() {
    oldest = oldest + 1 == max_entries ? 0 : oldest + 1;
    --count;
  }
};

QueueMap& queue_of(Map& map) { return static_cast<QueueMap&>(map); }

int check(Kernel& /*kernel*/, const MapAttributes& attributes) {
  if (attributes.max_entries == 0 || attributes.key_size != 0 || attributes.value_size == 0 ||
      (attributes.flags & ~(uint32_t{BPF_F_NUMA_NODE} | kAccessFlags)) != 0 ||
      !access_flags_agree(attributes.flags)) {
    return -EINVAL;
  }
  return attributes.value_size > kMaxValueSize ? -E2BIG : 0;
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** map) {
  auto* queue = kernel.make<QueueMap>(KSHIM_MAP);
  if (queue == nullptr) return -ENOMEM;
  queue->bytes = uint64_t{attributes.max_entries} * attributes.value_size;
  queue->values = static_cast<uint8_t*>(kernel.alloc(*queue, queue->bytes));
  if (queue->values == nullptr) {
    kernel.destroy(*queue);
    return -ENOMEM;
  }
  *map = queue;
  return 0;
}

void destroy(Kernel& kernel, Map& map) {
  QueueMap& queue = queue_of(map);
  kernel.free(queue, queue.values, queue.bytes);
  kernel.destroy(queue);
}

// BPF_EXIST makes room in a full map by dropping the oldest value.
int push(Kernel& kernel, Map& map, const void* value, uint64_t flags) {
  if ((flags & BPF_NOEXIST) != 0 || flags > BPF_EXIST) return -EINVAL;
  QueueMap& queue = queue_of(map);
  const Guard guard(kernel.host(), queue.lock);
  if (queue.count == queue.max_entries) {
    if (flags != BPF_EXIST) return -E2BIG;
    queue.drop_oldest();
  }
  __builtin_memcpy(queue.at(queue.count), value, queue.value_size);
  ++queue.count;
  return 0;
}

int read(Kernel& kernel, Map& map, void* value, bool newest, bool remove) {
  QueueMap& queue = queue_of(map);
  const Guard guard(kernel.host(), queue.lock);
  if (queue.count == 0) {
    __builtin_memset(value, 0, queue.value_size);
    return -ENOENT;
  }
  __builtin_memcpy(value, queue.at(newest ? queue.count - 1 : 0), queue.value_size);
  if (remove) {
    if (newest) {
      --queue.count;
    } else {
      queue.drop_oldest();
    }
  }
  return 0;
}

int pop_oldest(Kernel& kernel, Map& map, void* value) {
  return read(kernel, map, value, false, true);
}
int peek_oldest(Kernel& kernel, Map& map, void* value) {
  return read(kernel, map, value, false, false);
}
int pop_newest(Kernel& kernel, Map& map, void* value) {
  return read(kernel, map, value, true, true);
}
int peek_newest(Kernel& kernel, Map& map, void* value) {
  return read(kernel, map, value, true, false);
}

int remove(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/) { return -EINVAL; }
int next_key(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/, void* /*next*/) {
  return -EINVAL;
}

}  // namespace

const MapOps kQueueOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .remove = remove,
    .push = push,
    .pop = pop_oldest,
    .peek = peek_oldest,
    .next_key = next_key,
    .can_be_inner = true,
};

const MapOps kStackOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .remove = remove,
    .push = push,
    .pop = pop_newest,
    .peek = peek_newest,
    .next_key = next_key,
    .can_be_inner = true,
};

}  // namespace zext::shim
