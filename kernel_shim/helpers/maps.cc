// Maps, and the locks in their values.
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/maps/array/array.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim::helpers {
namespace {

Map& map_at(uint64_t argument) { return *pointer<Map>(argument); }

}  // namespace

uint64_t map_lookup_elem(Run& run, const Arguments& arguments) {
  Map& map = map_at(arguments[0]);
  return reinterpret_cast<uint64_t>(map_lookup(run.kernel, map, pointer<const void>(arguments[1])));
}

uint64_t map_update_elem(Run& run, const Arguments& arguments) {
  return result(map_update(run.kernel, map_at(arguments[0]), pointer<const void>(arguments[1]),
                           pointer<const void>(arguments[2]), arguments[3]));
}

uint64_t map_delete_elem(Run& run, const Arguments& arguments) {
  return result(map_remove(run.kernel, map_at(arguments[0]), pointer<const void>(arguments[1])));
}

uint64_t map_push_elem(Run& run, const Arguments& arguments) {
  Map& map = map_at(arguments[0]);
  const auto push = map_ops(map.type)->push;
  if (push == nullptr) return result(-kNotSupported);
  return result(push(run.kernel, map, pointer<const void>(arguments[1]), arguments[2]));
}

uint64_t map_pop_elem(Run& run, const Arguments& arguments) {
  Map& map = map_at(arguments[0]);
  const auto pop = map_ops(map.type)->pop;
  if (pop == nullptr) return result(-kNotSupported);
  return result(pop(run.kernel, map, pointer<void>(arguments[1])));
}

uint64_t map_peek_elem(Run& run, const Arguments& arguments) {
  Map& map = map_at(arguments[0]);
  const auto peek = map_ops(map.type)->peek;
  if (peek == nullptr) return result(-kNotSupported);
  return result(peek(run.kernel, map, pointer<void>(arguments[1])));
}

uint64_t map_lookup_percpu_elem(Run& run, const Arguments& arguments) {
  Map& map = map_at(arguments[0]);
  const auto cpu = static_cast<uint32_t>(arguments[2]);
  const auto lookup_cpu = map_ops(map.type)->lookup_cpu;
  if (lookup_cpu == nullptr || cpu >= run.kernel.cpu_count()) return 0;
  void* value = lookup_cpu(run.kernel, map, pointer<const void>(arguments[1]), cpu);
  return reinterpret_cast<uint64_t>(value);
}

uint64_t current_task_under_cgroup(Run& run, const Arguments& arguments) {
  return result(cgroup_array_holds_task(run.kernel, map_at(arguments[0]),
                                        static_cast<uint32_t>(arguments[1])));
}

// The verifier lets a program hold one lock at a time, and end with none.
uint64_t spin_lock(Run& run, const Arguments& arguments) {
  run.irq_flags = value_lock(run.kernel.host(), pointer<void>(arguments[0]));
  return 0;
}

uint64_t spin_unlock(Run& run, const Arguments& arguments) {
  value_unlock(run.kernel.host(), pointer<void>(arguments[0]), run.irq_flags);
  return 0;
}

}  // namespace zext::shim::helpers
