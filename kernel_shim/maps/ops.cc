// The types: one row each.
#include "kernel_shim/maps/array/array.h"
#include "kernel_shim/maps/bloom/bloom.h"
#include "kernel_shim/maps/device/device.h"
#include "kernel_shim/maps/hash/hash.h"
#include "kernel_shim/maps/lpm/lpm.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/maps/queue/queue.h"
#include "kernel_shim/maps/ringbuf/ringbuf.h"
#include "kernel_shim/maps/stack_trace/stack_trace.h"

namespace zext::shim {

const MapOps* map_ops(uint32_t type) {
  switch (type) {
    case BPF_MAP_TYPE_ARRAY:
      return &kArrayOps;
    case BPF_MAP_TYPE_PERCPU_ARRAY:
      return &kPerCpuArrayOps;
    case BPF_MAP_TYPE_PROG_ARRAY:
      return &kProgArrayOps;
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
      return &kPerfEventArrayOps;
    case BPF_MAP_TYPE_CGROUP_ARRAY:
      return &kCgroupArrayOps;
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
      return &kArrayOfMapsOps;
    case BPF_MAP_TYPE_QUEUE:
      return &kQueueOps;
    case BPF_MAP_TYPE_STACK:
      return &kStackOps;
    case BPF_MAP_TYPE_BLOOM_FILTER:
      return &kBloomFilterOps;
    case BPF_MAP_TYPE_RINGBUF:
      return &kRingbufOps;
    case BPF_MAP_TYPE_STACK_TRACE:
      return &kStackTraceOps;
    case BPF_MAP_TYPE_DEVMAP:
      return &kDevMapOps;
    case BPF_MAP_TYPE_DEVMAP_HASH:
      return &kDevHashOps;
    case BPF_MAP_TYPE_HASH:
      return &kHashOps;
    case BPF_MAP_TYPE_PERCPU_HASH:
      return &kPerCpuHashOps;
    case BPF_MAP_TYPE_LRU_HASH:
      return &kLruHashOps;
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
      return &kLruPerCpuHashOps;
    case BPF_MAP_TYPE_HASH_OF_MAPS:
      return &kHashOfMapsOps;
    case BPF_MAP_TYPE_LPM_TRIE:
      return &kLpmTrieOps;
    default:
      return nullptr;
  }
}

}  // namespace zext::shim
