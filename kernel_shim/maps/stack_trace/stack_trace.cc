#include "kernel_shim/maps/stack_trace/stack_trace.h"

#include <errno.h>

#include <bit>

namespace zext::shim {
namespace {

// A stack: `count` records of data, which are addresses or struct bpf_stack_build_id.
struct Stack {
  Stack* next_free = nullptr;
  uint32_t hash = 0;
  uint32_t count = 0;

  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
};

// The id of a stack is its bucket. A bucket and the stack in it belong to whoever holds the
// bucket's lock, one of kLocks; whether a bucket is empty may be asked without.
struct StackMap : Map {
  static constexpr uint32_t kLocks = 16;
  Lock locks[kLocks] = {};
  Lock free_lock{};
  Stack* free = nullptr;
  std::atomic<Stack*>* buckets = nullptr;
  uint32_t bucket_count = 0;  // a power of two
  uint8_t* stacks = nullptr;  // max_entries of them, value_size bytes of data each
  uint64_t stacks_bytes = 0;

  Lock& lock_of(uint32_t id) { return locks[id % kLocks]; }
  bool has_build_ids() const { return (flags & BPF_F_STACK_BUILD_ID) != 0; }
  uint32_t record_size() const {
    return has_build_ids() ? sizeof(bpf_stack_build_id) : sizeof(uint64_t);
  }
};

StackMap& stacks_of(Map& map) { return static_cast<StackMap&>(map); }

int check(Kernel& /*kernel*/, const MapAttributes& attributes) {
  constexpr uint32_t kFlags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID;
  const uint32_t size = attributes.value_size;
  if ((attributes.flags & ~kFlags) != 0 || attributes.max_entries == 0 ||
      attributes.key_size != 4 || size < 8 || size % 8 != 0) {
    return -EINVAL;
  }
  const uint32_t record =
      (attributes.flags & BPF_F_STACK_BUILD_ID) != 0 ? sizeof(bpf_stack_build_id) : 8;
  if (size % record != 0 || size / record > kMaxStackDepth) return -EINVAL;
  return attributes.max_entries > uint32_t{1} << 31 ? -E2BIG : 0;
}

void free_memory(Kernel& kernel, StackMap& map) {
  kernel.free(map, map.buckets, uint64_t{map.bucket_count} * sizeof *map.buckets);
  kernel.free(map, map.stacks, map.stacks_bytes);
  kernel.destroy(map);
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** map) {
  auto* fresh = kernel.make<StackMap>(KSHIM_MAP);
  if (fresh == nullptr) return -ENOMEM;
  fresh->bucket_count = std::bit_ceil(attributes.max_entries);
  const uint64_t stride = sizeof(Stack) + attributes.value_size;
  fresh->stacks_bytes = stride * attributes.max_entries;
  const uint64_t bucket_bytes = uint64_t{fresh->bucket_count} * sizeof *fresh->buckets;
  fresh->buckets = static_cast<std::atomic<Stack*>*>(kernel.alloc_zeroed(*fresh, bucket_bytes));
  fresh->stacks = static_cast<uint8_t*>(kernel.alloc(*fresh, fresh->stacks_bytes));
  if (fresh->buckets == nullptr || fresh->stacks == nullptr) {
    free_memory(kernel, *fresh);
    return -ENOMEM;
  }
  for (uint32_t i = attributes.max_entries; i != 0; --i) {
    auto* stack = new (fresh->stacks + (i - 1) * stride) Stack();
    stack->next_free = fresh->free;
    fresh->free = stack;
  }
  *map = fresh;
  return 0;
}

void destroy(Kernel& kernel, Map& map) { free_memory(kernel, stacks_of(map)); }

Stack* take_free(Kernel& kernel, StackMap& map) {
  const Guard guard(kernel.host(), map.free_lock);
  Stack* stack = map.free;
  if (stack != nullptr) map.free = stack->next_free;
  return stack;
}

void give_free(Kernel& kernel, StackMap& map, Stack* stack) {
  if (stack == nullptr) return;
  const Guard guard(kernel.host(), map.free_lock);
  stack->next_free = map.free;
  map.free = stack;
}

uint32_t hash_of(const uint64_t* addresses, uint32_t count) {
  uint64_t hash = count;
  for (uint32_t i = 0; i < count; ++i) {
    hash = (hash ^ addresses[i]) * 0x9e37'79b9'7f4a'7c15;
    hash ^= hash >> 32;
  }
  return static_cast<uint32_t>(hash);
}

// No host tells which file an address is of, and so the address itself stands in each record.
void make_record(const StackMap& map, uint64_t address, uint8_t* record) {
  if (!map.has_build_ids()) {
    __builtin_memcpy(record, &address, sizeof address);
    return;
  }
  bpf_stack_build_id build_id{};
  build_id.status = BPF_STACK_BUILD_ID_IP;
  build_id.ip = address;
  __builtin_memcpy(record, &build_id, sizeof build_id);
}

bool is_stack(const StackMap& map, Stack& stack, const uint64_t* addresses, uint32_t count) {
  if (stack.count != count) return false;
  for (uint32_t i = 0; i < count; ++i) {
    bpf_stack_build_id record;
    make_record(map, addresses[i], reinterpret_cast<uint8_t*>(&record));
    const uint32_t size = map.record_size();
    if (__builtin_memcmp(stack.data() + i * size, &record, size) != 0) return false;
  }
  return true;
}

int64_t remember(Kernel& kernel, StackMap& map, const uint64_t* addresses, uint32_t count,
                 uint64_t flags) {
  const uint32_t hash = hash_of(addresses, count);
  const uint32_t id = hash & (map.bucket_count - 1);
  const Guard guard(kernel.host(), map.lock_of(id));
  Stack* old = map.buckets[id].load(std::memory_order_relaxed);
  if (old != nullptr && old->hash == hash &&
      ((flags & BPF_F_FAST_STACK_CMP) != 0 || is_stack(map, *old, addresses, count))) {
    return id;
  }
  if (old != nullptr && (flags & BPF_F_REUSE_STACKID) == 0) return -EEXIST;
  // As in Linux a new one is taken before the old one is given up, so that a full map refuses.
  Stack* fresh = take_free(kernel, map);
  if (fresh == nullptr) return -ENOMEM;
  fresh->hash = hash;
  fresh->count = count;
  for (uint32_t i = 0; i < count; ++i) {
    make_record(map, addresses[i], fresh->data() + i * map.record_size());
  }
  map.buckets[id].store(fresh, std::memory_order_relaxed);
  give_free(kernel, map, old);
  return id;
}

uint32_t id_of(const void* key) {
  uint32_t id;
  __builtin_memcpy(&id, key, sizeof id);
  return id;
}

int update(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/, const void* /*value*/,
           uint64_t /*flags*/) {
  return -EINVAL;
}

int remove(Kernel& kernel, Map& map, const void* key) {
  StackMap& stacks = stacks_of(map);
  const uint32_t id = id_of(key);
  if (id >= stacks.bucket_count) return -E2BIG;
  const Guard guard(kernel.host(), stacks.lock_of(id));
  Stack* old = stacks.buckets[id].exchange(nullptr, std::memory_order_relaxed);
  give_free(kernel, stacks, old);
  return old == nullptr ? -ENOENT : 0;
}

int copy_value(Kernel& kernel, Map& map, const void* key, void* value, uint64_t /*flags*/) {
  StackMap& stacks = stacks_of(map);
  const uint32_t id = id_of(key);
  if (id >= stacks.bucket_count) return -ENOENT;
  const Guard guard(kernel.host(), stacks.lock_of(id));
  Stack* stack = stacks.buckets[id].load(std::memory_order_relaxed);
  if (stack == nullptr) return -ENOENT;
  const uint32_t size = stack->count * stacks.record_size();
  __builtin_memcpy(value, stack->data(), size);
  __builtin_memset(static_cast<uint8_t*>(value) + size, 0, stacks.value_size - size);
  return 0;
}

int next_key(Kernel& /*kernel*/, Map& map, const void* key, void* next) {
  const StackMap& stacks = stacks_of(map);
  const auto is_used = [&](uint32_t id) {
    return stacks.buckets[id].load(std::memory_order_relaxed) != nullptr;
  };
  uint32_t id = 0;
  if (key != nullptr && id_of(key) < stacks.bucket_count && is_used(id_of(key))) {
    id = id_of(key) + 1;
  }
  while (id < stacks.bucket_count && !is_used(id)) ++id;
  if (id >= stacks.bucket_count) return -ENOENT;
  __builtin_memcpy(next, &id, sizeof id);
  return 0;
}

}  // namespace

int64_t stack_trace_id(Kernel& kernel, Map& map, const void* registers, uint64_t flags) {
  constexpr uint64_t kFlags =
      BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID;
  if ((flags & ~kFlags) != 0) return -EINVAL;
  StackMap& stacks = stacks_of(map);
  const auto skip = static_cast<uint32_t>(flags & BPF_F_SKIP_FIELD_MASK);
  const uint32_t depth = stacks.value_size / stacks.record_size() + skip;
  uint64_t addresses[kMaxStackDepth];
  const uint32_t count =
      kernel.host().stack_walk(registers, (flags & BPF_F_USER_STACK) != 0, addresses,
                               depth < kMaxStackDepth ? depth : kMaxStackDepth);
  if (count <= skip) return -EFAULT;
  return remember(kernel, stacks, addresses + skip, count - skip, flags);
}

const MapOps kStackTraceOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .update = update,
    .remove = remove,
    .copy_value = copy_value,
    .next_key = next_key,
    .can_be_inner = true,
};

}  // namespace zext::shim
