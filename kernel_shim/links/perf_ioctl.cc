// kshim_ioctl: what can be asked of a perf event.
#include <errno.h>
#include <linux/perf_event.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/links/attach_point.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/links/perf_event.h"

namespace zext::shim {
namespace {

constexpr uint32_t kMostPrograms = 64;
constexpr long kNoSuchRequest = -ENOTTY;

void enable(PerfEvent& event, bool on) {
  event.enabled.store(on, std::memory_order_relaxed);
  // Tracepoints and probes run their programs all the same, as in Linux.
  if (event.point != nullptr && event.point->kind == PointKind::kPerf) {
    event.point->enabled.store(on, std::memory_order_relaxed);
  }
}

bool is_tracing(const PerfEvent& event) {
  return event.event_type == PERF_TYPE_TRACEPOINT || event.event_type == kPerfTypeKprobe ||
         event.event_type == kPerfTypeUprobe;
}

long set_program(Kernel& kernel, PerfEvent& event, uint64_t fd) {
  Ref<Program> program;
  const int error = object_of_fd(kernel, static_cast<int>(fd), KSHIM_PROGRAM, &program);
  return error != 0 ? error : perf_event_attach(kernel, event, *program, 0);
}

// Filters are not understood: what is asked of the string all the same.
long set_filter(Kernel& kernel, kshim_uptr text) {
  const Host& host = kernel.host();
  auto* copy = static_cast<char*>(host.alloc(kPageSize));
  if (copy == nullptr) return -ENOMEM;
  const long length = host.strncpy_from_user(copy, text, kPageSize);
  host.free(copy, kPageSize);
  return length < 0 ? length : -EINVAL;
}

long set_period(Kernel& kernel, kshim_uptr from) {
  uint64_t period = 0;
  if (kernel.host().copy_from_user(&period, from, sizeof period) != 0) return -EFAULT;
  return period == 0 || (period >> 63) != 0 ? -EINVAL : 0;
}

long query_programs(Kernel& kernel, PerfEvent& event, kshim_uptr user) {
  const Host& host = kernel.host();
  if (!has_capability(kernel, KSHIM_CAP_PERFMON)) return -EPERM;
  if (event.event_type != PERF_TYPE_TRACEPOINT) return -EINVAL;
  perf_event_query_bpf query{};
  if (host.copy_from_user(&query, user, sizeof query) != 0) return -EFAULT;
  if (query.ids_len > kMostPrograms) return -E2BIG;
  uint32_t ids[kMostPrograms] = {};
  const uint32_t count = point_programs(kernel, *event.point, ids, query.ids_len);
  const kshim_uptr counted = user + offsetof(perf_event_query_bpf, prog_cnt);
  const kshim_uptr listed = user + offsetof(perf_event_query_bpf, ids);
  if (host.copy_to_user(counted, &count, sizeof count) != 0 ||
      host.copy_to_user(listed, ids, query.ids_len * sizeof ids[0]) != 0) {
    return -EFAULT;
  }
  return query.ids_len != 0 && count > query.ids_len ? -ENOSPC : 0;
}

long pause_output(Kernel& kernel, PerfEvent& event, bool pause) {
  const Guard guard(kernel.host(), event.ring.lock);
  if (event.ring.size == 0) return -EINVAL;
  event.ring.paused = pause;
  return 0;
}

}  // namespace

extern "C" long kshim_ioctl(struct kshim* shim, struct kshim_object* object, uint64_t request,
                            uint64_t argument) {
  Kernel& kernel = kernel_of(shim);
  Object& of = object_of(object);
  if (of.kind != KSHIM_PERF_EVENT) return kNoSuchRequest;
  auto& event = static_cast<PerfEvent&>(of);
  switch (request) {
    case PERF_EVENT_IOC_ENABLE:
      enable(event, true);
      return 0;
    case PERF_EVENT_IOC_DISABLE:
      enable(event, false);
      return 0;
    case PERF_EVENT_IOC_RESET:
      return 0;
    case PERF_EVENT_IOC_REFRESH:
      return -EINVAL;
    case PERF_EVENT_IOC_PERIOD:
      return set_period(kernel, argument);
    case PERF_EVENT_IOC_ID:
      return kernel.host().copy_to_user(argument, &event.number, sizeof event.number) != 0 ? -EFAULT
                                                                                           : 0;
    case PERF_EVENT_IOC_SET_OUTPUT:
      return static_cast<int>(argument) == -1 ? 0 : -EINVAL;
    case PERF_EVENT_IOC_SET_FILTER:
      return is_tracing(event) ? set_filter(kernel, argument) : -EINVAL;
    case PERF_EVENT_IOC_SET_BPF:
      return set_program(kernel, event, argument);
    case PERF_EVENT_IOC_PAUSE_OUTPUT:
      return pause_output(kernel, event, argument != 0);
    case PERF_EVENT_IOC_QUERY_BPF:
      return query_programs(kernel, event, argument);
    case PERF_EVENT_IOC_MODIFY_ATTRIBUTES:
      return -EOPNOTSUPP;
    default:
      return kNoSuchRequest;
  }
}

}  // namespace zext::shim
