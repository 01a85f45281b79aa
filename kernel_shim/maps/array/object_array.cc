// Arrays of objects. A descriptor goes in, an id comes out.
#include <errno.h>

#include "kernel_shim/maps/array/array.h"
#include "kernel_shim/maps/array/index.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {
namespace {

// Behind the struct: program arrays' entries for compiled code, then the objects.
struct ObjectArray : Map {
  Lock lock{};  // held while an object and its entry change together
  uint64_t count = 0;

  bool has_entries() const { return type == BPF_MAP_TYPE_PROG_ARRAY; }
  std::atomic<uint64_t>* entries() { return reinterpret_cast<std::atomic<uint64_t>*>(this + 1); }
  std::atomic<Object*>* objects() {
    return reinterpret_cast<std::atomic<Object*>*>(entries() + (has_entries() ? max_entries : 0));
  }
};

static_assert(sizeof(ObjectArray) % 8 == 0);
static_assert(sizeof(ObjectArray) < 2048, "compiled code reaches entries by a short offset");

ObjectArray& array_of(Map& map) { return static_cast<ObjectArray&>(map); }

uint64_t extra_bytes(uint32_t type, uint64_t max_entries) {
  return max_entries * sizeof(uint64_t) * (type == BPF_MAP_TYPE_PROG_ARRAY ? 2 : 1);
}

int check(Kernel& kernel, const MapAttributes& attributes) {
  if (attributes.value_size != sizeof(uint32_t)) return -EINVAL;
  if ((attributes.flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) != 0) return -EINVAL;
  return check_array(kernel, attributes);
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** map) {
  const uint64_t extra = extra_bytes(attributes.type, attributes.max_entries);
  auto* array = kernel.make<ObjectArray>(KSHIM_MAP, extra);
  if (array == nullptr) return -ENOMEM;
  __builtin_memset(static_cast<void*>(array + 1), 0, extra);
  array->type = attributes.type;
  array->max_entries = attributes.max_entries;
  *map = array;
  return 0;
}

Object* at(Map& map, uint32_t index) {
  if (index >= map.max_entries) return nullptr;
  return array_of(map).objects()[index].load(std::memory_order_acquire);
}

uint64_t entry_of(const Object* program) {
  return program == nullptr ? 0 : static_cast<const Program*>(program)->tail_entry;
}

// Puts an object, whose reference it takes, or null in the place of another, which it gives back.
Object* exchange(Kernel& kernel, ObjectArray& array, uint32_t index, Object* object) {
  const Guard guard(kernel.host(), array.lock);
  if (array.has_entries()) {
    array.entries()[index].store(entry_of(object), std::memory_order_release);
  }
  return array.objects()[index].exchange(object, std::memory_order_acq_rel);
}

// For one that was taken out: a program may still be using it.
void retire(Kernel& kernel, Object& object) {
  kernel.synchronise();
  put(kernel, object);
}

// Empties the array, which programs may be using: one wait for each batch.
void clear(Kernel& kernel, Map& map) {
  constexpr uint32_t kBatch = 32;
  ObjectArray& array = array_of(map);
  Object* taken[kBatch];
  uint32_t index = 0;
  while (index < map.max_entries) {
    uint32_t count = 0;
    for (; index < map.max_entries && count < kBatch; ++index) {
      if (at(map, index) == nullptr) continue;
      taken[count] = exchange(kernel, array, index, nullptr);
      if (taken[count] != nullptr) ++count;
    }
    if (count == 0) return;
    kernel.synchronise();
    for (uint32_t i = 0; i < count; ++i) put(kernel, *taken[i]);
  }
}

void destroy(Kernel& kernel, Map& map) {
  ObjectArray& array = array_of(map);
  for (uint32_t i = 0; i < map.max_entries; ++i) {
    Object* object = array.objects()[i].exchange(nullptr, std::memory_order_acq_rel);
    if (object != nullptr) put(kernel, *object);
  }
  kernel.destroy(array, extra_bytes(map.type, map.max_entries));
}

// --- what is common to system calls

int remove(Kernel& kernel, Map& map, const void* key) {
  const uint32_t index = index_of(key);
  if (index >= map.max_entries) return -E2BIG;
  Object* old = exchange(kernel, array_of(map), index, nullptr);
  if (old == nullptr) return -ENOENT;
  retire(kernel, *old);
  return 0;
}

int copy_id(Kernel& kernel, Map& map, const void* key, void* value, uint64_t /*flags*/) {
  const ReadSection section(kernel);
  const Object* object = at(map, index_of(key));
  if (object == nullptr) return -ENOENT;
  __builtin_memcpy(value, &object->id, sizeof object->id);
  return 0;
}

int check_update(const Map& map, const void* key, uint64_t flags) {
  if (flags != BPF_ANY) return -EINVAL;
  return index_of(key) < map.max_entries ? 0 : -E2BIG;
}

int descriptor_of(const void* value) {
  int fd;
  __builtin_memcpy(&fd, value, sizeof fd);
  return fd;
}

// Takes over the reference.
void replace(Kernel& kernel, Map& map, const void* key, Object* object) {
  Object* old = exchange(kernel, array_of(map), index_of(key), object);
  if (old != nullptr) retire(kernel, *old);
}

// --- each type's update, and what programs do

int update_program(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  int error = check_update(map, key, flags);
  if (error != 0) return error;
  Ref<Program> program;
  error = object_of_fd(kernel, descriptor_of(value), KSHIM_PROGRAM, &program);
  if (error != 0) return error;
  if (!prog_array_accepts(kernel, map, *program)) return -EINVAL;
  replace(kernel, map, key, program.release());
  return 0;
}

int update_event(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  int error = check_update(map, key, flags);
  if (error != 0) return error;
  Object* event = nullptr;
  error = object_of_fd(kernel, descriptor_of(value), KSHIM_PERF_EVENT, &event);
  // Linux does not say that it is a descriptor of something else.
  if (error != 0) return error == -EINVAL ? -EBADF : error;
  replace(kernel, map, key, event);
  return 0;
}

// No host tells of cgroups, so that no descriptor is one.
int update_cgroup(Kernel& /*kernel*/, Map& map, const void* key, const void* /*value*/,
                  uint64_t flags) {
  const int error = check_update(map, key, flags);
  return error != 0 ? error : -EBADF;
}

int update_inner(Kernel& kernel, Map& map, const void* key, const void* value, uint64_t flags) {
  int error = check_update(map, key, flags);
  if (error != 0) return error;
  Ref<Map> inner;
  error = object_of_fd(kernel, descriptor_of(value), KSHIM_MAP, &inner);
  if (error != 0) return error;
  if (!matches_inner(map, *inner)) return -EINVAL;
  replace(kernel, map, key, inner.release());
  return 0;
}

void* lookup_inner(Kernel& /*kernel*/, Map& map, const void* key) {
  return static_cast<Map*>(at(map, index_of(key)));
}

void events_last_handle(Kernel& kernel, Map& map) {
  if ((map.flags & BPF_F_PRESERVE_ELEMS) == 0) clear(kernel, map);
}

}  // namespace

bool prog_array_accepts(Kernel& kernel, Map& map, const Program& program) {
  const bool fragments = (program.flags & BPF_F_XDP_HAS_FRAGS) != 0;
  const Guard guard(kernel.host(), array_of(map).lock);
  if (map.owner_type.load(std::memory_order_relaxed) == 0) {
    map.owner_jited.store(program.jited, std::memory_order_relaxed);
    map.owner_fragments.store(fragments, std::memory_order_relaxed);
    map.owner_type.store(program.type, std::memory_order_release);
    return true;
  }
  return map.owner_type.load(std::memory_order_relaxed) == program.type &&
         map.owner_jited.load(std::memory_order_relaxed) == program.jited &&
         map.owner_fragments.load(std::memory_order_relaxed) == fragments;
}

Program* prog_array_at(Map& map, uint32_t index) { return static_cast<Program*>(at(map, index)); }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
const uint16_t kProgArrayCount = __builtin_offsetof(Map, max_entries);
#pragma GCC diagnostic pop
const uint16_t kProgArrayEntries = sizeof(ObjectArray);

Object* perf_event_array_at(Map& map, uint32_t index) { return at(map, index); }

int64_t cgroup_array_holds_task(Kernel& /*kernel*/, Map& map, uint32_t index) {
  return index >= map.max_entries ? -E2BIG : -EAGAIN;
}

const MapOps kProgArrayOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .last_handle = clear,
    .remove = remove,
    .copy_value = copy_id,
    .update_value = update_program,
    .next_key = next_index,
    .holds_fds = true,
};

const MapOps kPerfEventArrayOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .last_handle = events_last_handle,
    .remove = remove,
    .update_value = update_event,
    .next_key = next_index,
    .can_be_inner = true,
    .holds_fds = true,
};

const MapOps kCgroupArrayOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .last_handle = clear,
    .remove = remove,
    .update_value = update_cgroup,
    .next_key = next_index,
    .can_be_inner = true,
    .holds_fds = true,
};

const MapOps kArrayOfMapsOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .lookup = lookup_inner,
    .remove = remove,
    .copy_value = copy_id,
    .update_value = update_inner,
    .next_key = next_index,
    .batches = true,
    .holds_fds = true,
};

}  // namespace zext::shim
