// Map: a BPF map, and what can be done with it, whatever its type.
//
//   Map* map = nullptr;
//   int error = map_create(kernel, {.type = BPF_MAP_TYPE_HASH, .key_size = 4, ...}, &map);
//   void* value = map_lookup(kernel, *map, key);              // as a program
//   error = map_copy_value(kernel, *map, key, bytes, flags);  // as a system call
//
// Programs get addresses inside maps, which stay valid until the read section ends; system calls
// get copies. No map holds an address of code, or of the Kernel: a map's memory can be shared by
// two builds of this library, of one layout (LP64, little-endian), as a simulated machine and its
// host do. Types differ by their MapOps, found by number (ops.h).
#pragma once

#include <linux/bpf.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

// What MAP_CREATE asks for, already in kernel memory.
struct MapAttributes {
  uint32_t type = 0;
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;
  uint32_t node = 0;  // of memory, with BPF_F_NUMA_NODE; ~0: any
  uint64_t extra = 0;
  uint32_t ifindex = 0;  // a device that is to have the map
  char name[BPF_OBJ_NAME_LEN] = {};
  uint32_t btf_key = 0;  // type ids in `btf`
  uint32_t btf_value = 0;
  Object* btf = nullptr;  // a BtfObject (the caller's reference; the map takes its own), or null
  struct Map* inner = nullptr;  // maps of maps: what the inner ones must be like
  // Why `btf` or `inner` could not be found, if so: it is told when Linux would look for it, behind
  // what is wrong with the sizes.
  int btf_error = 0;
  int inner_error = 0;
};

// Linux's ENOTSUPP, which no header of user space has.
inline constexpr int kNotSupported = 524;
// What kmalloc gives at most: values of some types must not be larger.
inline constexpr uint32_t kMaxValueSize = 4 << 20;
// What the per-CPU allocator gives at most.
inline constexpr uint32_t kMaxPerCpuValueSize = 32 << 10;

inline constexpr uint32_t kNoOffset = ~uint32_t{0};

// The base of every type's own struct (struct HashMap : Map). A plain layout, no virtual functions.
struct Map : Object {
  uint32_t type = 0;
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;
  uint64_t extra = 0;
  char name[BPF_OBJ_NAME_LEN] = {};
  uint32_t btf_key = 0;
  uint32_t btf_value = 0;
  Object* btf = nullptr;
  uint32_t spin_lock = kNoOffset;  // offset in the value of struct bpf_spin_lock
  uint32_t timer = kNoOffset;      // of struct bpf_timer
  // Maps of maps: the pattern, without elements, that inner maps must equal.
  uint32_t inner_type = 0, inner_key_size = 0, inner_value_size = 0, inner_max_entries = 0,
           inner_flags = 0, inner_id = 0;
  uint32_t inner_timer = kNoOffset;
  // Program arrays: what programs may be in it; 0 until the first one settles it.
  std::atomic<uint32_t> owner_type{0};
  std::atomic<bool> owner_jited{false};
  std::atomic<bool> owner_fragments{false};  // BPF_F_XDP_HAS_FRAGS
  // Against system calls that write. Programs are told by BPF_F_RDONLY_PROG.
  std::atomic<bool> frozen{false};
  // Mappings that can write, and system calls that are writing; with kFrozen from the freezing on.
  std::atomic<uint32_t> writers{0};
  static constexpr uint32_t kFrozen = 1u << 31;
  Lock freeze_lock{};
};

// Bytes of a value as system calls see it: round_up(value_size, 8) for each possible CPU in per-CPU
// maps, else value_size (maps of maps, programs, cgroups: 4, a descriptor going in, an id out).
uint64_t user_value_size(const Kernel& kernel, const Map& map);

constexpr bool is_per_cpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}
constexpr bool is_map_of_maps(uint32_t type) {
  return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

// What one type of map does; null: -ENOTSUPP (system calls), the verifier lets no program call it.
// Functions marked (p) are for programs: in a read section, atomic. Functions marked (s) are for
// system calls: in no read section, may sleep where they say so; keys and values are in kernel
// memory. Those marked (p, s) are for both: system calls enter a read section first, except for
// maps that hold descriptors, which no program changes: there they may sleep. All results are 0 or
// a negative errno.
struct MapOps {
  // Is what the attributes ask for possible? Sizes, flags, max_entries, extra: -EINVAL, -E2BIG ...
  int (*check)(Kernel& kernel, const MapAttributes& attributes) = nullptr;
  // A map with its common fields not yet filled in: -ENOMEM.
  int (*create)(Kernel& kernel, const MapAttributes& attributes, Map** map) = nullptr;
  // Frees all, the struct included. Nobody can reach the map any more.
  void (*destroy)(Kernel& kernel, Map& map) = nullptr;
  // The last descriptor and pin have gone. May be null.
  void (*last_handle)(Kernel& kernel, Map& map) = nullptr;

  // (p) The value's address, or null. Per-CPU maps: this CPU's value. Maps of maps: the inner map.
  void* (*lookup)(Kernel& kernel, Map& map, const void* key) = nullptr;
  // (p) bpf_map_lookup_percpu_elem: the value of another CPU.
  void* (*lookup_cpu)(Kernel& kernel, Map& map, const void* key, uint32_t cpu) = nullptr;
  // (p) Per-CPU maps: this CPU's value.
  int (*update)(Kernel& kernel, Map& map, const void* key, const void* value,
                uint64_t flags) = nullptr;
  // (p, s)
  int (*remove)(Kernel& kernel, Map& map, const void* key) = nullptr;
  // (p, s) Queues, stacks, bloom filters.
  int (*push)(Kernel& kernel, Map& map, const void* value, uint64_t flags) = nullptr;
  int (*pop)(Kernel& kernel, Map& map, void* value) = nullptr;
  int (*peek)(Kernel& kernel, Map& map, void* value) = nullptr;
  // (p) bpf_for_each_map_elem: calls `each` until it says 1: how many elements were seen, or errno.
  int64_t (*for_each)(Kernel& kernel, Map& map, Run& run, uint64_t function, uint64_t context,
                      uint64_t flags) = nullptr;

  // (s) Copies user_value_size bytes out. `flags` may be BPF_F_LOCK. Null: lookup + copy.
  int (*copy_value)(Kernel& kernel, Map& map, const void* key, void* value,
                    uint64_t flags) = nullptr;
  // (s) Takes user_value_size bytes. Null: update.
  int (*update_value)(Kernel& kernel, Map& map, const void* key, const void* value,
                      uint64_t flags) = nullptr;
  // (s) The key behind `key`, or the first one where `key` is null or not there. -ENOENT: none.
  int (*next_key)(Kernel& kernel, Map& map, const void* key, void* next) = nullptr;
  // (s) Lookup and delete in one.
  int (*take_value)(Kernel& kernel, Map& map, const void* key, void* value,
                    uint64_t flags) = nullptr;
  // (s) Hash tables' batches, bucket by bucket: copies whole buckets of which all elements fit into
  // `capacity` more; `*bucket` goes on from where it was. `remove`: takes them out as well.
  // -ENOSPC: the next bucket alone has more than `capacity`; -ENOENT: no bucket is left (with what
  // was copied in `*count`). Null: generic batches by next_key.
  int (*take_bucket)(Kernel& kernel, Map& map, uint32_t* bucket, void* keys, void* values,
                     uint32_t capacity, uint32_t* count, bool remove, uint64_t flags) = nullptr;

  // (p) The address of the only value of an array at this offset, or -ENOTSUPP: LD_IMM64 src=2.
  int (*direct_value)(const Map& map, uint32_t offset, uint64_t* address) = nullptr;
  // (s) mmap; null: -ENOTSUPP.
  int (*mmap)(Kernel& kernel, Map& map, uint64_t offset, uint64_t length, bool write,
              kshim_mapping* mapping) = nullptr;
  // POLLIN; null: -EPERM of epoll, 0 here.
  uint32_t (*poll)(Kernel& kernel, Map& map) = nullptr;
  bool batches = false;        // the generic lookup and update batches work on it
  bool batch_deletes = false;  // and the generic delete batch
  bool can_be_inner = false;   // in maps of maps
  bool holds_fds = false;  // values are descriptors: maps of maps, programs, cgroups, perf events
};

// Of a type, or null: -EINVAL of MAP_CREATE. In maps/ops.cc, one row a type.
const MapOps* map_ops(uint32_t type);

// Creates a map with one reference and an id. Errors as MAP_CREATE's of Linux; permission is asked
// before, by bpf/.
int map_create(Kernel& kernel, const MapAttributes& attributes, Map** map);
// Not both: programs may only read, programs may only write.
constexpr bool access_flags_agree(uint32_t flags) {
  constexpr uint32_t kBoth = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
  return (flags & kBoth) != kBoth;
}
// A map whose memory is of each CPU has no node.
constexpr bool names_node(const MapAttributes& attributes) {
  return (attributes.flags & BPF_F_NUMA_NODE) != 0 && attributes.node != ~uint32_t{0};
}
// Flags that every type takes: who may read and write.
inline constexpr uint32_t kAccessFlags =
    BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

// For Kernel::ops(KSHIM_MAP).
void map_destroy(Kernel& kernel, Object& object);
void map_last_handle(Kernel& kernel, Object& object);

// As programs do (helpers 1, 2, 3, 87, 88, 89 and their kin).
inline void* map_lookup(Kernel& kernel, Map& map, const void* key) {
  return map_ops(map.type)->lookup(kernel, map, key);
}
int map_update(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags);
int map_remove(Kernel& kernel, Map& map, const void* key);

// A system call that writes: 0, or -EPERM if the map is frozen. Between them it cannot be frozen.
int map_begin_write(Map& map);
void map_end_write(Map& map);
// MAP_FREEZE, less the permission: 0, -EBUSY, -ENOTSUPP.
int map_freeze(Kernel& kernel, Map& map);

// As system calls do, with all flags checked: what MAP_LOOKUP_ELEM and so on return, but for user
// memory, which is bpf/'s.
int map_copy_value(Kernel& kernel, Map& map, const void* key, void* value, uint64_t flags);
int map_update_value(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags);
int map_delete_value(Kernel& kernel, Map& map, const void* key);
int map_take_value(Kernel& kernel, Map& map, const void* key, void* value, uint64_t flags);
int map_next_key(Kernel& kernel, Map& map, const void* key, void* next);

// Copies a value into a map, but for its spin lock and timer, which stay; or out, where they are 0.
// With `locked`, under its spin lock. The value in the map is at a multiple of 8; programs may be
// changing it meanwhile, and no aligned 8 bytes of it are torn.
void copy_value_in(Kernel& kernel, const Map& map, void* to, const void* from, bool locked);
void copy_value_out(Kernel& kernel, const Map& map, void* to, const void* from, bool locked);
// The same for `size` bytes without fields.
void copy_shared_in(void* to, const void* from, uint64_t size);
void copy_shared_out(void* to, const void* from, uint64_t size);
// A value's struct bpf_spin_lock, with interrupts off: helpers 93 and 94.
uint64_t value_lock(const Host& host, void* lock);
void value_unlock(const Host& host, void* lock, uint64_t irq_flags);

// Whether an inner map may stand for the pattern of a map of maps.
bool matches_inner(const Map& outer, const Map& inner);

// Rings, for helpers/: ids 130 to 134 and 25.
void* ringbuf_reserve(Kernel& kernel, Map& map, uint64_t size, uint64_t flags);
void ringbuf_commit(Kernel& kernel, void* record, uint64_t flags, bool discard);
int ringbuf_output(Kernel& kernel, Map& map, const void* data, uint64_t size, uint64_t flags);
uint64_t ringbuf_query(Kernel& kernel, Map& map, uint64_t flags);
int64_t stack_trace_id(Kernel& kernel, Map& map, const void* registers, uint64_t flags);

}  // namespace zext::shim
