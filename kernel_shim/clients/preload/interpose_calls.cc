// syscall(2), ioctl(2) and close(2): the calls themselves.

#include <linux/perf_event.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel_shim/clients/preload/descriptors.h"
#include "kernel_shim/clients/preload/system.h"
#include "kernel_shim/clients/preload/waiting.h"

namespace zext::shim::preload {
namespace {

using daemon::Op;

// Whether the bytes are on the page of the stack that `frame` is on, beyond it: then they can be
// read without asking the kernel. Most attributes are: they are the caller's locals.
bool is_on_stack_page(long attribute, uint64_t size, const void* frame) {
  constexpr long kPage = 4096;
  const long at = address(frame);
  return attribute > at && attribute + static_cast<long>(size) <= (at & -kPage) + kPage;
}

long bpf(long command, long attribute, long size, const void* frame) {
  daemon::Request request{.op = Op::kBpf, .number = static_cast<int32_t>(command)};
  request.arguments[0] = static_cast<uint64_t>(attribute);
  request.arguments[1] = static_cast<uint32_t>(size);
  const auto length = static_cast<uint32_t>(size);
  if (length > daemon::kMaxInlineAttribute || !is_on_stack_page(attribute, length, frame)) {
    return ask(request);
  }
  return ask(
      request,
      {.data = reinterpret_cast<const void*>(attribute), .size = length, .is_readable = true});
}

long perf_event_open(long attribute, long pid, long cpu, long group, long flags) {
  daemon::Request request{.op = Op::kPerfEventOpen};
  request.arguments[0] = static_cast<uint64_t>(attribute);
  request.arguments[1] = static_cast<uint64_t>(pid);
  request.arguments[2] = static_cast<uint64_t>(cpu);
  request.arguments[3] = static_cast<uint64_t>(group);
  request.arguments[4] = static_cast<uint64_t>(flags);
  return ask(request);
}

long ioctl_of(int fd, unsigned long code, long argument) {
  daemon::Request request{.op = Op::kIoctl, .number = fd};
  request.arguments[0] = code;
  request.arguments[1] = static_cast<uint64_t>(argument);
  return ask(request);
}

constexpr unsigned kPerfIoctls = '$';

}  // namespace
}  // namespace zext::shim::preload

namespace preload = zext::shim::preload;

extern "C" {

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_bpf && preload::enabled()) {
    return preload::with_errno(preload::bpf(a[0], a[1], a[2], __builtin_frame_address(0)));
  }
  if (number == SYS_perf_event_open && preload::enabled()) {
    return preload::with_errno(preload::perf_event_open(a[0], a[1], a[2], a[3], a[4]));
  }
  using Function = long(long, ...);
  static Function* found = nullptr;
  return preload::next_function(found, "syscall")(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int ioctl(int fd, unsigned long code, ...) {
  va_list list;
  va_start(list, code);
  const long argument = va_arg(list, long);
  va_end(list);
  if (_IOC_TYPE(code) == preload::kPerfIoctls && preload::is_ours(fd)) {
    return static_cast<int>(preload::with_errno(preload::ioctl_of(fd, code, argument)));
  }
  using Function = int(int, unsigned long, ...);
  static Function* found = nullptr;
  return preload::next_function(found, "ioctl")(fd, code, argument);
}

int close(int fd) {
  preload::Identity identity;
  const bool ours = preload::is_ours(fd, &identity);
  if (ours) preload::forget_waiting(fd);
  using Function = int(int);
  static Function* found = nullptr;
  const int result = preload::next_function(found, "close")(fd);
  if (ours && result == 0) {
    // Who closes the last descriptor sees the object gone at once, not when the daemon next looks.
    zext::shim::daemon::Request request{.op = zext::shim::daemon::Op::kClosed};
    request.arguments[0] = identity.device;
    request.arguments[1] = identity.inode;
    preload::ask(request);
  }
  return result;
}

}  // extern "C"
