// HashMap: the struct behind the five hash types, its elements, and the chains they hang in.
//
//   const uint32_t hash = hash_of(map, key);
//   Element* element = find(map, key, hash);               // without a lock, in a read section
//   const BucketGuard guard(kernel, map, hash);
//   Place place = find_locked(map, key, hash);             // where to replace or unlink it
//
// A chain ends with a mark that names its bucket. Elements are used again at once, so a reader may
// be led into another chain; it sees the wrong mark there, and starts again (the idea of Linux's
// hlist_nulls: Documentation/RCU/rculist_nulls.rst).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernel_shim/maps/hash/key.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim::hash {

struct ListNode {
  ListNode* previous;
  ListNode* next;
};

// Before its key, which is followed by its value or, in per-CPU maps, a PerCpuValue.
struct Element : ListNode {     // of the LRU's lists; `next` alone: of the pool's free ones
  std::atomic<uint64_t> chain;  // the next element's address, or a mark
  std::atomic<uint32_t> hash;
  std::atomic<uint16_t> cpu;        // LRU: of the list that has it
  std::atomic<uint8_t> list;        // LRU: a ListKind
  std::atomic<uint8_t> referenced;  // LRU: used since it was last looked at
};
static_assert(sizeof(Element) == 32);

struct PerCpuValue {
  uint8_t* first;   // CPU 0's
  uint64_t stride;  // to the next CPU's
};

struct Bucket {
  std::atomic<uint64_t> head;  // the first element's address, or a mark
  // How often one of its elements has taken another one's place. A reader may have passed the first
  // place before the new one came, and the old one's place after that one went.
  std::atomic<uint32_t> replacements;
  uint32_t padding;
};

// A lock in a cache line of its own.
struct PaddedLock {
  Lock lock;
  uint8_t padding[64 - sizeof(Lock)];
};

// Elements come in slabs, which stay until the map ends.
struct Slab {
  Slab* next;
  uint64_t bytes;    // of the allocation that begins here
  uint64_t count;    // of elements
  uint64_t touched;  // how many of them have ever been used
  uint8_t* elements;
  uint8_t* values;  // per-CPU maps: CPU 0's value of the first element
  uint64_t stride;  // per-CPU maps: to the next CPU's
};

// What a CPU has of the pool.
struct CpuPool {
  Lock lock;
  Element* first;  // free ones
  Element* spare;  // takes the place of one that is updated; with preemption off, under no lock
  uint64_t padding[4];
};
static_assert(sizeof(CpuPool) == 64);

struct Pool {
  CpuPool* cpus = nullptr;
  Lock lock{};            // of what follows
  Slab* slabs = nullptr;  // only the first one has elements that were never used
  uint64_t made = 0;      // elements in slabs, without spares
};

struct LruList;
struct LocalList;

struct Lru {
  LruList* lists = nullptr;     // one, or one a CPU (BPF_F_NO_COMMON_LRU)
  LocalList* locals = nullptr;  // one a CPU, before the common one
  uint32_t list_count = 0;
};

struct HashMap : Map {
  uint64_t seed = 0;
  Bucket* buckets = nullptr;
  PaddedLock* locks = nullptr;
  uint32_t bucket_mask = 0;
  uint32_t lock_mask = 0;
  uint32_t capacity = 0;      // max_entries, rounded up with BPF_F_NO_COMMON_LRU
  uint32_t value_stride = 0;  // bytes of a value, or of one CPU's
  uint64_t value_offset = 0;  // in the element
  uint64_t element_size = 0;
  Pool pool;
  Lru lru;
};

inline HashMap& hash_map(Map& map) { return static_cast<HashMap&>(map); }

constexpr bool is_lru(uint32_t type) {
  return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}
inline bool is_preallocated(const HashMap& map) { return (map.flags & BPF_F_NO_PREALLOC) == 0; }

inline uint64_t* element_key(Element& element) {
  return reinterpret_cast<uint64_t*>(reinterpret_cast<uint8_t*>(&element) + sizeof(Element));
}
inline uint8_t* element_value(const HashMap& map, Element& element) {
  return reinterpret_cast<uint8_t*>(&element) + map.value_offset;
}
inline PerCpuValue& per_cpu_value(const HashMap& map, Element& element) {
  return *reinterpret_cast<PerCpuValue*>(element_value(map, element));
}
inline uint8_t* value_of_cpu(const HashMap& map, Element& element, uint32_t cpu) {
  const PerCpuValue& value = per_cpu_value(map, element);
  return value.first + cpu * value.stride;
}

inline uint32_t hash_of(const HashMap& map, const void* key) {
  return hash_key(key, map.key_size, map.seed);
}
inline Bucket& bucket_of(HashMap& map, uint32_t hash) {
  return map.buckets[hash & map.bucket_mask];
}

// --- chains ------------------------------------------------------------------------------------
inline uint64_t end_mark(uint64_t bucket) { return bucket << 1 | 1; }
inline bool is_end(uint64_t chain) { return (chain & 1) != 0; }
inline Element* element_at(uint64_t chain) { return reinterpret_cast<Element*>(chain); }
inline uint64_t chain_to(Element& element) { return reinterpret_cast<uint64_t>(&element); }

inline Element* find(HashMap& map, const void* key, uint32_t hash) {
  const uint64_t own_end = end_mark(hash & map.bucket_mask);
  const Bucket& bucket = bucket_of(map, hash);
  uint32_t replacements;
  uint64_t chain;
  do {
    replacements = bucket.replacements.load(std::memory_order_acquire);
    chain = bucket.head.load(std::memory_order_acquire);
    while (!is_end(chain)) {
      Element* element = element_at(chain);
      if (element->hash.load(std::memory_order_relaxed) == hash &&
          key_equals(element_key(*element), key, map.key_size)) {
        return element;
      }
      chain = element->chain.load(std::memory_order_acquire);
    }
  } while (chain != own_end || bucket.replacements.load(std::memory_order_relaxed) != replacements);
  return nullptr;
}

// Under the lock of a bucket. Some buckets may have one lock together.
class BucketGuard : public Guard {
 public:
  BucketGuard(Kernel& kernel, HashMap& map, uint32_t hash)
      : Guard(kernel.host(), map.locks[hash & map.lock_mask].lock) {}
};

// An inner lock: interrupts are off already.
class InnerGuard {
 public:
  InnerGuard(Kernel& kernel, Lock& lock) : host_(kernel.host()), lock_(lock) {
    Guard::acquire(host_, lock_);
  }
  ~InnerGuard() { Guard::release(host_, lock_); }
  InnerGuard(const InnerGuard&) = delete;
  InnerGuard& operator=(const InnerGuard&) = delete;

 private:
  const Host& host_;
  Lock& lock_;
};

// An element, and the link that leads to it.
struct Place {
  std::atomic<uint64_t>* link = nullptr;
  Element* element = nullptr;  // null: the key is not there
};

Place find_locked(HashMap& map, const void* key, uint32_t hash);
Place find_locked(HashMap& map, const Element& element);
// All with the lock held. New elements come first: who is led from another bucket, or from another
// place of this one, into an element that has just come sees the whole chain behind it.
void insert(HashMap& map, Element& element);
void replace(HashMap& map, Place place, Element& fresh);
void unlink(Place place);

}  // namespace zext::shim::hash
