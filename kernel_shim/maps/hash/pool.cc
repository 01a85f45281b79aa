#include "kernel_shim/maps/hash/pool.h"

#include <errno.h>

#include <new>

namespace zext::shim::hash {
namespace {

constexpr uint64_t kLine = 64;
constexpr uint64_t kHeader = 64;
static_assert(sizeof(Slab) <= kHeader);
constexpr uint64_t kLeastGrowth = 16;         // elements
constexpr uint64_t kMostGrowth = 256 * 1024;  // bytes, unless one element is larger
constexpr uint64_t kRefill = 4096;            // bytes that a CPU takes from a slab at once

constexpr uint64_t round_up_line(uint64_t size) { return (size + kLine - 1) & ~(kLine - 1); }

// Where per-CPU values are not in the elements but behind all of them, CPU by CPU, so that no two
// CPUs write into one cache line.
uint64_t values_size(const Kernel& kernel, const HashMap& map, uint64_t count) {
  if (!is_per_cpu(map.type)) return 0;
  return round_up_line(count * map.value_stride) * kernel.cpu_count() + kLine;
}

Slab* make_slab(Kernel& kernel, HashMap& map, uint64_t count) {
  const uint64_t elements_size = count * map.element_size;
  const uint64_t bytes = kHeader + elements_size + values_size(kernel, map, count);
  auto* memory = static_cast<uint8_t*>(kernel.alloc(map, bytes));
  if (memory == nullptr) return nullptr;
  auto* slab = new (memory) Slab{.next = nullptr,
                                 .bytes = bytes,
                                 .count = count,
                                 .touched = 0,
                                 .elements = memory + kHeader,
                                 .values = nullptr,
                                 .stride = 0};
  if (is_per_cpu(map.type)) {
    const auto behind = reinterpret_cast<uint64_t>(memory + kHeader + elements_size);
    slab->values = reinterpret_cast<uint8_t*>(round_up_line(behind));
    slab->stride = round_up_line(count * map.value_stride);
  }
  return slab;
}

// The next element that was never used. Its value is cleared: a spin lock in it is open.
Element& touch(HashMap& map, Slab& slab) {
  const uint64_t number = slab.touched++;
  auto* element = new (slab.elements + number * map.element_size) Element();
  if (is_per_cpu(map.type)) {
    per_cpu_value(map, *element) = {.first = slab.values + number * map.value_stride,
                                    .stride = slab.stride};
  } else {
    __builtin_memset(element_value(map, *element), 0, map.value_stride);
  }
  return *element;
}

void push(CpuPool& cpu, Element& element) {
  element.next = cpu.first;
  cpu.first = &element;
}

Element* pop(CpuPool& cpu) {
  Element* element = cpu.first;
  if (element != nullptr) cpu.first = static_cast<Element*>(element->next);
  return element;
}

// Moves some elements that were never used to the CPU's own, whose lock is held.
void refill(Kernel& kernel, HashMap& map, CpuPool& cpu) {
  const InnerGuard guard(kernel, map.pool.lock);
  Slab* slab = map.pool.slabs;
  if (slab == nullptr) return;
  uint64_t wanted = kRefill / map.element_size;
  do {
    if (slab->touched == slab->count) return;
    push(cpu, touch(map, *slab));
  } while (wanted-- > 1);
}

void add_slab(Pool& pool, Slab& slab) {
  slab.next = pool.slabs;
  pool.slabs = &slab;
}

// Slabs of which all is used go behind the first one, which may not be.
void add_used_slab(Pool& pool, Slab& slab) {
  if (pool.slabs == nullptr) return add_slab(pool, slab);
  slab.next = pool.slabs->next;
  pool.slabs->next = &slab;
}

}  // namespace

int pool_create(Kernel& kernel, HashMap& map) {
  Pool& pool = map.pool;
  pool.cpus = static_cast<CpuPool*>(kernel.alloc_zeroed(map, kernel.cpu_count() * sizeof(CpuPool)));
  if (pool.cpus == nullptr) return -ENOMEM;
  if (!is_preallocated(map)) return 0;

  const bool spares = !is_lru(map.type) && !is_per_cpu(map.type);
  const uint64_t spare_count = spares ? kernel.cpu_count() : 0;
  Slab* slab = make_slab(kernel, map, map.capacity + spare_count);
  if (slab == nullptr) {
    pool_destroy(kernel, map);
    return -ENOMEM;
  }
  add_slab(pool, *slab);
  pool.made = map.capacity;
  for (uint64_t i = 0; i < spare_count; ++i) pool.cpus[i].spare = &touch(map, *slab);
  if (is_lru(map.type)) {
    while (slab->touched < slab->count) touch(map, *slab);
  }
  return 0;
}

void pool_destroy(Kernel& kernel, HashMap& map) {
  Slab* slab = map.pool.slabs;
  while (slab != nullptr) {
    Slab* next = slab->next;
    kernel.free(map, slab, slab->bytes);
    slab = next;
  }
  kernel.free(map, map.pool.cpus, kernel.cpu_count() * sizeof(CpuPool));
  map.pool = Pool();
}

// What another CPU has taken from a slab is on its list before that one's lock is free again: so
// nothing is overlooked.
Element* pool_take(Kernel& kernel, HashMap& map) {
  Pool& pool = map.pool;
  const uint32_t own = kernel.host().cpu_id();
  {
    CpuPool& cpu = pool.cpus[own];
    const Guard guard(kernel.host(), cpu.lock);
    if (cpu.first == nullptr) refill(kernel, map, cpu);
    Element* element = pop(cpu);
    if (element != nullptr) return element;
  }
  for (uint32_t i = 1; i < kernel.cpu_count(); ++i) {
    CpuPool& cpu = pool.cpus[(own + i) % kernel.cpu_count()];
    const Guard guard(kernel.host(), cpu.lock);
    Element* element = pop(cpu);
    if (element != nullptr) return element;
  }
  return nullptr;
}

void pool_give(Kernel& kernel, HashMap& map, Element& element) {
  kernel.host().preempt_disable();
  {
    CpuPool& cpu = map.pool.cpus[kernel.host().cpu_id()];
    const Guard guard(kernel.host(), cpu.lock);
    push(cpu, element);
  }
  kernel.host().preempt_enable();
}

// The lock is held while the host looks for memory: others that need some wait for this slab
// instead of finding the map full.
int pool_grow(Kernel& kernel, HashMap& map) {
  Pool& pool = map.pool;
  const Guard guard(kernel.host(), pool.lock);
  if (pool.slabs != nullptr && pool.slabs->touched < pool.slabs->count) return 0;
  const uint64_t left = map.capacity - pool.made;
  if (left == 0) return -E2BIG;

  const uint64_t most = kMostGrowth / (map.element_size + values_size(kernel, map, 1)) + 1;
  uint64_t count = pool.made < kLeastGrowth ? kLeastGrowth : pool.made;
  if (count > most) count = most;
  if (count > left) count = left;
  Slab* slab = make_slab(kernel, map, count);
  if (slab == nullptr) return -ENOMEM;
  add_slab(pool, *slab);
  pool.made += count;
  return 0;
}

int make_spare(Kernel& kernel, HashMap& map) {
  Slab* slab = make_slab(kernel, map, 1);
  if (slab == nullptr) return -ENOMEM;
  const Guard guard(kernel.host(), map.pool.lock);
  Element*& spare = spare_of_cpu(kernel, map);
  if (spare != nullptr) {  // an interrupt was quicker
    kernel.free(map, slab, slab->bytes);
    return 0;
  }
  spare = &touch(map, *slab);
  add_used_slab(map.pool, *slab);
  return 0;
}

Element& pool_element(const HashMap& map, uint64_t number) {
  return *reinterpret_cast<Element*>(map.pool.slabs->elements + number * map.element_size);
}

}  // namespace zext::shim::hash
