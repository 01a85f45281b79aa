#include <errno.h>

#include <atomic>

#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

bool is_aligned(const void* address) { return reinterpret_cast<uintptr_t>(address) % 8 == 0; }

// Programs may be using the shared side. Whole words go in one access, so that counters of 8 bytes
// are never seen half written, and both sides of a race are atomic.
void store_word(uint8_t* shared, uint64_t word) {
  std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(shared))
      .store(word, std::memory_order_relaxed);
}
uint64_t load_word(const uint8_t* shared) {
  auto* word = const_cast<uint64_t*>(reinterpret_cast<const uint64_t*>(shared));
  return std::atomic_ref<uint64_t>(*word).load(std::memory_order_relaxed);
}
void store_byte(uint8_t* shared, uint8_t byte) {
  std::atomic_ref<uint8_t>(*shared).store(byte, std::memory_order_relaxed);
}
uint8_t load_byte(const uint8_t* shared) {
  return std::atomic_ref<uint8_t>(*const_cast<uint8_t*>(shared)).load(std::memory_order_relaxed);
}

// The fields of a value that are no data, by ascending offset: their places and sizes.
struct Holes {
  uint32_t count = 0;
  struct {
    uint32_t offset;
    uint32_t size;
  } at[2] = {};

  explicit Holes(const Map& map) {
    if (map.spin_lock != kNoOffset) add(map.spin_lock, sizeof(bpf_spin_lock));
    if (map.timer != kNoOffset) add(map.timer, sizeof(bpf_timer));
    if (count == 2 && at[0].offset > at[1].offset) {
      const auto first = at[0];
      at[0] = at[1];
      at[1] = first;
    }
  }
  void add(uint32_t offset, uint32_t size) { at[count++] = {offset, size}; }
};

bool has_fields(const Map& map) { return map.spin_lock != kNoOffset || map.timer != kNoOffset; }

using Copy = void (*)(void* to, const void* from, uint64_t size);

void copy_between_holes(const Map& map, void* to, const void* from, Copy copy) {
  const Holes holes(map);
  uint32_t at = 0;
  for (uint32_t i = 0; i < holes.count; ++i) {
    copy(static_cast<uint8_t*>(to) + at, static_cast<const uint8_t*>(from) + at,
         holes.at[i].offset - at);
    at = holes.at[i].offset + holes.at[i].size;
  }
  copy(static_cast<uint8_t*>(to) + at, static_cast<const uint8_t*>(from) + at, map.value_size - at);
}

// The spin lock of the value in the map, held while this lives.
class ValueGuard {
 public:
  ValueGuard(const Host& host, const Map& map, void* value, bool wanted)
      : host_(host),
        lock_(wanted && map.spin_lock != kNoOffset ? static_cast<uint8_t*>(value) + map.spin_lock
                                                   : nullptr),
        flags_(lock_ != nullptr ? value_lock(host, lock_) : 0) {}
  ~ValueGuard() {
    if (lock_ != nullptr) value_unlock(host_, lock_, flags_);
  }
  ValueGuard(const ValueGuard&) = delete;
  ValueGuard& operator=(const ValueGuard&) = delete;

 private:
  const Host& host_;
  void* lock_;
  uint64_t flags_;
};

}  // namespace

void copy_shared_in(void* to, const void* from, uint64_t size) {
  auto* shared = static_cast<uint8_t*>(to);
  const auto* bytes = static_cast<const uint8_t*>(from);
  if (is_aligned(shared)) {
    const bool aligned = is_aligned(bytes);
    for (; size >= 8; size -= 8, shared += 8, bytes += 8) {
      uint64_t word;
      if (aligned) {
        __builtin_memcpy(&word, __builtin_assume_aligned(bytes, 8), 8);
      } else {
        __builtin_memcpy(&word, bytes, 8);
      }
      store_word(shared, word);
    }
  }
  for (; size != 0; --size) store_byte(shared++, *bytes++);
}

void copy_shared_out(void* to, const void* from, uint64_t size) {
  auto* bytes = static_cast<uint8_t*>(to);
  const auto* shared = static_cast<const uint8_t*>(from);
  if (is_aligned(shared)) {
    const bool aligned = is_aligned(bytes);
    for (; size >= 8; size -= 8, shared += 8, bytes += 8) {
      const uint64_t word = load_word(shared);
      if (aligned) {
        __builtin_memcpy(__builtin_assume_aligned(bytes, 8), &word, 8);
      } else {
        __builtin_memcpy(bytes, &word, 8);
      }
    }
  }
  for (; size != 0; --size) *bytes++ = load_byte(shared++);
}

void copy_value_in(Kernel& kernel, const Map& map, void* to, const void* from, bool locked) {
  if (!has_fields(map)) return copy_shared_in(to, from, map.value_size);
  const ValueGuard guard(kernel.host(), map, to, locked);
  copy_between_holes(map, to, from, copy_shared_in);
}

void copy_value_out(Kernel& kernel, const Map& map, void* to, const void* from, bool locked) {
  if (!has_fields(map)) return copy_shared_out(to, from, map.value_size);
  {
    const ValueGuard guard(kernel.host(), map, const_cast<void*>(from), locked);
    copy_between_holes(map, to, from, copy_shared_out);
  }
  const Holes holes(map);
  for (uint32_t i = 0; i < holes.count; ++i) {
    __builtin_memset(static_cast<uint8_t*>(to) + holes.at[i].offset, 0, holes.at[i].size);
  }
}

uint64_t value_lock(const Host& host, void* lock) {
  const uint64_t flags = host.irq_save();
  const std::atomic_ref<uint32_t> word(*static_cast<uint32_t*>(lock));
  while (word.exchange(1, std::memory_order_acquire) != 0) {
    while (word.load(std::memory_order_relaxed) != 0) host.relax();
  }
  return flags;
}

void value_unlock(const Host& host, void* lock, uint64_t irq_flags) {
  std::atomic_ref<uint32_t>(*static_cast<uint32_t*>(lock)).store(0, std::memory_order_release);
  host.irq_restore(irq_flags);
}

uint64_t user_value_size(const Kernel& kernel, const Map& map) {
  if (!is_per_cpu(map.type)) return map.value_size;
  const uint64_t stride = (uint64_t{map.value_size} + 7) & ~uint64_t{7};
  return stride * kernel.cpu_count();
}

bool matches_inner(const Map& outer, const Map& inner) {
  if (outer.inner_type != inner.type || outer.inner_key_size != inner.key_size ||
      outer.inner_value_size != inner.value_size || outer.inner_flags != inner.flags ||
      outer.inner_timer != inner.timer) {
    return false;
  }
  // Only arrays have their size in code that the JIT may make for them.
  return inner.type != BPF_MAP_TYPE_ARRAY || (inner.flags & BPF_F_INNER_MAP) != 0 ||
         outer.inner_max_entries == inner.max_entries;
}

int map_begin_write(Map& map) {
  const uint32_t before = map.writers.fetch_add(1, std::memory_order_seq_cst);
  if ((before & Map::kFrozen) == 0) return 0;
  map.writers.fetch_sub(1, std::memory_order_relaxed);
  return -EPERM;
}

void map_end_write(Map& map) { map.writers.fetch_sub(1, std::memory_order_release); }

}  // namespace zext::shim
