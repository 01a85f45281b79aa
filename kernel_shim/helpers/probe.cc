// Memory anywhere, whether it is there or not.
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/helpers/peek.h"
#include "kernel_shim/helpers/sleep.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::helpers {
namespace {

// For the helpers of the time when one address space was enough.
int peek_either(const Host& host, void* to, uint64_t from, uint64_t size) {
  const int error = peek_kernel(host, to, from, size);
  return error == 0 ? 0 : peek_user(host, to, from, size);
}

struct Target {
  uint8_t* to;
  uint64_t size;
  uint64_t from;
  explicit Target(const Arguments& arguments)
      : to(pointer<uint8_t>(arguments[0])),
        size(static_cast<uint32_t>(arguments[1])),
        from(arguments[2]) {}
};

// What a failed copy leaves: zeros.
uint64_t fault(const Target& target) {
  __builtin_memset(target.to, 0, target.size);
  return result(-EFAULT);
}

uint64_t read(Run& run, const Arguments& arguments, Peek peek) {
  const Target target(arguments);
  const int error = peek(run.kernel.host(), target.to, target.from, target.size);
  return error == 0 ? 0 : fault(target);
}

uint64_t read_string(Run& run, const Arguments& arguments, Peek peek) {
  const Target target(arguments);
  const int64_t size = peek_string(run.kernel.host(), peek, reinterpret_cast<char*>(target.to),
                                   target.size, target.from);
  return size < 0 ? fault(target) : result(size);
}

}  // namespace

uint64_t probe_read(Run& run, const Arguments& arguments) {
  return read(run, arguments, peek_either);
}
uint64_t probe_read_str(Run& run, const Arguments& arguments) {
  return read_string(run, arguments, peek_either);
}
uint64_t probe_read_user(Run& run, const Arguments& arguments) {
  return read(run, arguments, peek_user);
}
uint64_t probe_read_user_str(Run& run, const Arguments& arguments) {
  return read_string(run, arguments, peek_user);
}
uint64_t probe_read_kernel(Run& run, const Arguments& arguments) {
  return read(run, arguments, peek_kernel);
}
uint64_t probe_read_kernel_str(Run& run, const Arguments& arguments) {
  return read_string(run, arguments, peek_kernel);
}

// Where the program must not sleep, a page that is not there is a fault.
uint64_t copy_from_user(Run& run, const Arguments& arguments) {
  if (!may_sleep(run)) return read(run, arguments, peek_user);
  const Target target(arguments);
  const Outside outside(run);
  const int error = run.kernel.host().copy_from_user(target.to, target.from, target.size);
  return error == 0 ? 0 : fault(target);
}

// Of the current task only: the host knows no other's memory.
uint64_t copy_from_user_task(Run& run, const Arguments& arguments) {
  if (arguments[4] != 0) return result(-EINVAL);
  const uint64_t task = arguments[3];
  if (task == 0 || task != run.kernel.host().task().address) return fault(Target(arguments));
  return read(run, arguments, peek_user);
}

}  // namespace zext::shim::helpers
