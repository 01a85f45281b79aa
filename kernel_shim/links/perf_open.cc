// kshim_perf_event_open: events that programs are attached to, or that carry what they put out.
#include <errno.h>
#include <linux/perf_event.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/links/attach_point.h"
#include "kernel_shim/links/link.h"

namespace zext::shim {
namespace {

constexpr uint64_t kFlags =
    PERF_FLAG_FD_NO_GROUP | PERF_FLAG_FD_OUTPUT | PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC;
constexpr uint32_t kSymbolLength = 128;  // KSYM_NAME_LEN of 5.19
constexpr uint32_t kPathLength = 4096;

struct Request {
  Kernel& kernel;
  perf_event_attr attr{};
  int32_t pid = -1;
  int32_t cpu = -1;
};

// What is behind the attributes that this version knows must be 0.
int check_tail(const Host& host, kshim_uptr attr, uint64_t size) {
  uint8_t piece[64];
  for (uint64_t at = sizeof(perf_event_attr); at < size; at += sizeof piece) {
    const uint64_t now = size - at < sizeof piece ? size - at : sizeof piece;
    if (host.copy_from_user(piece, attr + at, now) != 0) return -EFAULT;
    for (uint64_t i = 0; i < now; ++i) {
      if (piece[i] != 0) return -E2BIG;
    }
  }
  return 0;
}

// Each byte of user memory is read once: the first part says how long the rest is.
int copy_attributes(const Host& host, kshim_uptr from, perf_event_attr* attr) {
  if (host.copy_from_user(attr, from, PERF_ATTR_SIZE_VER0) != 0) return -EFAULT;
  if (attr->size == 0) attr->size = PERF_ATTR_SIZE_VER0;
  int error = attr->size < PERF_ATTR_SIZE_VER0 || attr->size > kPageSize ? -E2BIG : 0;
  if (error == 0) {
    const uint64_t known = attr->size < sizeof *attr ? attr->size : sizeof *attr;
    error = host.copy_from_user(reinterpret_cast<uint8_t*>(attr) + PERF_ATTR_SIZE_VER0,
                                from + PERF_ATTR_SIZE_VER0, known - PERF_ATTR_SIZE_VER0);
  }
  if (error == 0) error = check_tail(host, from, attr->size);
  if (error == -E2BIG) {
    const uint32_t size = sizeof *attr;
    if (host.copy_to_user(from + offsetof(perf_event_attr, size), &size, sizeof size) != 0) {
      return -EFAULT;
    }
  }
  return error;
}

int check_attributes(const Kernel& kernel, const perf_event_attr& attr) {
  if (attr.__reserved_2 != 0 || attr.__reserved_3 != 0) return -EINVAL;
  if (attr.sample_type >= PERF_SAMPLE_MAX || attr.read_format >= PERF_FORMAT_MAX) return -EINVAL;
  // As perf_event_paranoid = 2 has it.
  if (attr.exclude_kernel == 0 && !has_capability(kernel, KSHIM_CAP_PERFMON)) return -EACCES;
  if (attr.freq == 0 && (attr.sample_period >> 63) != 0) return -EINVAL;
  return 0;
}

int check_target(Kernel& kernel, int pid, int cpu, int group, uint64_t flags) {
  if ((flags & PERF_FLAG_PID_CGROUP) != 0) {
    if (pid == -1 || cpu == -1) return -EINVAL;
    return -EBADF;  // there are no descriptors of cgroups
  }
  if (group != -1) {
    Ref<PerfEvent> leader;
    if (object_of_fd(kernel, group, KSHIM_PERF_EVENT, &leader) != 0) return -EBADF;
  }
  if (pid < -1) return -ESRCH;
  const bool no_cpu = cpu < 0 || static_cast<uint32_t>(cpu) >= kernel.cpu_count();
  if (no_cpu && (pid == -1 || cpu != -1)) return -EINVAL;
  if (pid == -1 && !has_capability(kernel, KSHIM_CAP_PERFMON)) return -EACCES;
  return 0;
}

// --- kinds of events

int open_tracepoint(Request& request, PerfEvent& event) {
  const kshim_host& host = request.kernel.host().functions();
  kshim_tracepoint found{};
  if (host.tracepoint_find == nullptr) return -ENOENT;
  if (host.tracepoint_find(host.context, nullptr, request.attr.config, &found) != 0) return -EINVAL;
  event.record_size = found.context_size;
  return point_open(request.kernel, {.kind = PointKind::kTracepoint, .target = found.id},
                    &event.point);
}

int open_probe(Request& request, PerfEvent& event, const kshim_probe& probe) {
  return point_open(request.kernel, {.kind = PointKind::kProbe, .probe = &probe}, &event.point);
}

int open_kprobe(Request& request, PerfEvent& event) {
  const perf_event_attr& attr = request.attr;
  char symbol[kSymbolLength] = {};
  if (attr.kprobe_func != 0) {
    const long length =
        request.kernel.host().strncpy_from_user(symbol, attr.kprobe_func, sizeof symbol);
    if (length < 0) return static_cast<int>(length);
    if (length == sizeof symbol) return -E2BIG;
  }
  const bool named = symbol[0] != 0;
  return open_probe(request, event,
                    {.symbol = named ? symbol : nullptr,
                     .address = named ? attr.probe_offset : attr.kprobe_addr,
                     .is_return = (attr.config & 1) != 0,
                     .is_user = false,
                     .pid = -1});
}

int open_uprobe(Request& request, PerfEvent& event) {
  const perf_event_attr& attr = request.attr;
  if (attr.uprobe_path == 0) return -EINVAL;
  const Host& host = request.kernel.host();
  auto* path = static_cast<char*>(host.alloc(kPathLength));
  if (path == nullptr) return -ENOMEM;
  const long length = host.strncpy_from_user(path, attr.uprobe_path, kPathLength);
  int error = length < 0 ? static_cast<int>(length) : 0;
  if (length == kPathLength) error = -E2BIG;
  if (length == 0) error = -EINVAL;
  if (error == 0) {
    error = open_probe(request, event,
                       {.symbol = path,
                        .address = attr.probe_offset,
                        .is_return = (attr.config & 1) != 0,
                        .is_user = true,
                        .pid = request.pid});
  }
  host.free(path, kPathLength);
  return error;
}

int open_counter(Request& request, PerfEvent& event) {
  const perf_event_attr& attr = request.attr;
  return point_open(request.kernel,
                    {.kind = PointKind::kPerf,
                     .type = attr.type,
                     .target = attr.config,
                     .period = attr.sample_period,
                     .frequency = attr.freq != 0,
                     .pid = request.pid,
                     .cpu = request.cpu},
                    &event.point);
}

int open_software(Request& request, PerfEvent& event) {
  const perf_event_attr& attr = request.attr;
  if (attr.config >= PERF_COUNT_SW_MAX) return -ENOENT;
  if (attr.config == PERF_COUNT_SW_DUMMY) return 0;
  if (attr.config != PERF_COUNT_SW_BPF_OUTPUT) return open_counter(request, event);
  return (attr.sample_type & ~perf_sample_types()) != 0 ? -EOPNOTSUPP : 0;
}

int open_point(Request& request, PerfEvent& event) {
  const bool privileged = has_capability(request.kernel, KSHIM_CAP_PERFMON);
  switch (request.attr.type) {
    case PERF_TYPE_TRACEPOINT: {
      const bool raw = (request.attr.sample_type & PERF_SAMPLE_RAW) != 0;
      return raw && !privileged ? -EPERM : open_tracepoint(request, event);
    }
    case PERF_TYPE_SOFTWARE:
      return open_software(request, event);
    case kPerfTypeKprobe:
      return privileged ? open_kprobe(request, event) : -EACCES;
    case kPerfTypeUprobe:
      return privileged ? open_uprobe(request, event) : -EACCES;
    default:
      return open_counter(request, event);
  }
}

void fill_event(const Request& request, PerfEvent& event) {
  const perf_event_attr& attr = request.attr;
  event.event_type = attr.type;
  event.config = attr.config;
  event.pid = request.pid;
  event.cpu = request.cpu;
  event.inherit = attr.inherit != 0;
  event.enabled.store(attr.disabled == 0, std::memory_order_relaxed);
  {
    AttachState& state = attach_state(request.kernel);
    const Guard guard(request.kernel.host(), state.lock);
    event.number = ++state.last_event;
  }
  PerfRing& ring = event.ring;
  ring.sample_type = attr.sample_type;
  ring.sample_id_all = attr.sample_id_all != 0;
  ring.watermark = attr.watermark != 0;
  ring.wake_after = ring.watermark ? attr.wakeup_watermark : attr.wakeup_events;
  ring.number = event.number;
}

long open_event(Request& request) {
  Kernel& kernel = request.kernel;
  const Ref<PerfEvent> event =
      Ref<PerfEvent>::take(kernel, kernel.make<PerfEvent>(KSHIM_PERF_EVENT));
  if (!event) return -ENOMEM;
  fill_event(request, *event);
  const int error = open_point(request, *event);
  // A host that cannot arm such a thing is a kernel without that kind of event.
  if (error != 0) return error == -kNotSupported ? -ENOENT : error;
  if (request.attr.type != PERF_TYPE_TRACEPOINT && event->point != nullptr &&
      event->point->kind == PointKind::kPerf) {
    event->point->enabled.store(request.attr.disabled == 0, std::memory_order_relaxed);
  }
  return install_fd(kernel, *event);
}

}  // namespace

extern "C" long kshim_perf_event_open(struct kshim* shim, kshim_uptr attr, int pid, int cpu,
                                      int group, uint64_t flags) {
  Request request{.kernel = kernel_of(shim), .pid = pid, .cpu = cpu};
  if ((flags & ~kFlags) != 0) return -EINVAL;
  int error = copy_attributes(request.kernel.host(), attr, &request.attr);
  if (error == 0) error = check_attributes(request.kernel, request.attr);
  if (error == 0) error = check_target(request.kernel, pid, cpu, group, flags);
  if (error != 0) return error;
  if (pid == 0) request.pid = static_cast<int32_t>(request.kernel.host().task().pid);
  return open_event(request);
}

}  // namespace zext::shim
