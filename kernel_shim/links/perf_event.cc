#include "kernel_shim/links/perf_event.h"

#include <errno.h>
#include <linux/perf_event.h>

#include "kernel_shim/links/attach_point.h"

namespace zext::shim {
namespace {

constexpr uint32_t kMostPrograms = 64;

// 0 where such programs may be attached to such an event.
int check_program(const PerfEvent& event, const Program& program) {
  switch (event.event_type) {
    case PERF_TYPE_TRACEPOINT:
      if (program.type != BPF_PROG_TYPE_TRACEPOINT) return -EINVAL;
      return program.context_bytes > event.record_size ? -EACCES : 0;
    case kPerfTypeKprobe:
    case kPerfTypeUprobe:
      return program.type == BPF_PROG_TYPE_KPROBE ? 0 : -EINVAL;
    default:
      return program.type == BPF_PROG_TYPE_PERF_EVENT ? 0 : -EINVAL;
  }
}

// The event has this program from now on, unless it has one: -EEXIST.
int settle(Kernel& kernel, PerfEvent& event, Program& program) {
  const Guard guard(kernel.host(), attach_state(kernel).lock);
  if (event.program != nullptr) return -EEXIST;
  get(program);
  event.program = &program;
  return 0;
}

Program* take(Kernel& kernel, PerfEvent& event) {
  const Guard guard(kernel.host(), attach_state(kernel).lock);
  return std::exchange(event.program, nullptr);
}

}  // namespace

int perf_event_attach(Kernel& kernel, PerfEvent& event, Program& program, uint64_t cookie) {
  int error = check_program(event, program);
  if (error != 0) return error;
  error = settle(kernel, event, program);
  if (error != 0 || event.point == nullptr) return error;
  error = point_add(kernel, *event.point, program, cookie,
                    {.most = kMostPrograms, .full = -E2BIG, .twice = -EEXIST});
  if (error != 0) put(kernel, *take(kernel, event));
  return error;
}

void perf_event_detach(Kernel& kernel, PerfEvent& event) {
  Program* program = take(kernel, event);
  if (program == nullptr) return;
  if (event.point != nullptr) point_remove(kernel, *event.point, *program);
  put(kernel, *program);
}

void perf_event_destroy(Kernel& kernel, Object& object) {
  auto& event = static_cast<PerfEvent&>(object);
  perf_event_detach(kernel, event);
  if (event.point != nullptr) point_close(kernel, event.point);
  if (event.ring.pages != nullptr) {
    kernel.pages_free(event, event.ring.pages, kPageSize + event.ring.size);
  }
  kernel.destroy(event);
}

}  // namespace zext::shim
