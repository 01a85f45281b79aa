#include "kernel_shim/programs/map_rules.h"

#include <errno.h>

namespace zext::shim {
namespace {

// Programs that run anywhere in the kernel, in its locks too.
constexpr bool runs_anywhere(uint32_t type) {
  return type == BPF_PROG_TYPE_KPROBE || type == BPF_PROG_TYPE_TRACEPOINT ||
         type == BPF_PROG_TYPE_PERF_EVENT || type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
         type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
}

constexpr bool is_preallocated(uint32_t type, uint32_t flags) {
  const bool may_not_be = type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
                          type == BPF_MAP_TYPE_HASH_OF_MAPS;
  return !may_not_be || (flags & BPF_F_NO_PREALLOC) == 0;
}

bool is_preallocated(const Map& map) {
  return is_preallocated(map.type, map.flags) &&
         (!is_map_of_maps(map.type) || is_preallocated(map.inner_type, map.inner_flags));
}

int refuse(Log& log, const char* why) {
  log.add(why);
  return -EINVAL;
}

int check_sleepable(const Map& map, Log& log) {
  switch (map.type) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS:
      return is_preallocated(map)
                 ? 0
                 : refuse(log, "Sleepable programs can only use preallocated maps\n");
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
      return 0;
    default:
      return refuse(log, "Sleepable programs can only use array, hash, and ringbuf maps\n");
  }
}

}  // namespace

int check_map_rules(const Program& program, const Map& map, Log& log) {
  const bool anywhere = runs_anywhere(program.type);
  if (anywhere && !is_preallocated(map)) {
    if (program.type == BPF_PROG_TYPE_PERF_EVENT) {
      return refuse(log, "perf_event programs can only use preallocated hash map\n");
    }
    log.add(
        "trace type programs with run-time allocated hash maps are unsafe. Switch to "
        "preallocated hash maps.\n");
  }
  if (map.spin_lock != kNoOffset) {
    if (program.type == BPF_PROG_TYPE_SOCKET_FILTER) {
      return refuse(log, "socket filter progs cannot use bpf_spin_lock yet\n");
    }
    if (anywhere) return refuse(log, "tracing progs cannot use bpf_spin_lock yet\n");
    if (program.sleepable) return refuse(log, "sleepable progs cannot use bpf_spin_lock yet\n");
  }
  if (map.timer != kNoOffset && anywhere) {
    return refuse(log, "tracing progs cannot use bpf_timer yet\n");
  }
  return program.sleepable ? check_sleepable(map, log) : 0;
}

}  // namespace zext::shim
