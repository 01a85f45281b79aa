// Return addresses of what runs.
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim::helpers {
namespace {

// Linux: sysctl kernel.perf_event_max_stack.
constexpr uint32_t kMaxDepth = 127;

uint64_t refuse(void* buffer, uint64_t size, int error) {
  __builtin_memset(buffer, 0, size);
  return result(error);
}

// Copies addresses into the buffer, as they are or as places in files that nobody has looked up.
void copy(void* buffer, const uint64_t* addresses, uint64_t count, bool build_ids) {
  if (!build_ids) {
    __builtin_memcpy(buffer, addresses, count * sizeof(uint64_t));
    return;
  }
  auto* places = static_cast<bpf_stack_build_id*>(buffer);
  for (uint64_t i = 0; i < count; ++i) {
    places[i] = {};
    places[i].status = BPF_STACK_BUILD_ID_IP;
    places[i].ip = addresses[i];
  }
}

uint64_t stack_into(Run& run, const void* registers, void* buffer, uint64_t size, uint64_t flags) {
  constexpr uint64_t kKnown = BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID;
  const uint64_t skip = flags & BPF_F_SKIP_FIELD_MASK;
  const bool user = (flags & BPF_F_USER_STACK) != 0;
  const bool build_ids = (flags & BPF_F_USER_BUILD_ID) != 0;
  const uint64_t element = build_ids ? sizeof(bpf_stack_build_id) : sizeof(uint64_t);
  if ((flags & ~kKnown) != 0 || (!user && build_ids) || size % element != 0) {
    return refuse(buffer, size, -EINVAL);
  }
  uint64_t addresses[kMaxDepth];
  const uint64_t wanted = size / element + skip;
  const uint32_t found = run.kernel.host().stack_walk(
      registers, user, addresses, wanted < kMaxDepth ? static_cast<uint32_t>(wanted) : kMaxDepth);
  if (found < skip) return refuse(buffer, size, -EFAULT);
  const uint64_t rest = found - skip;
  const uint64_t count = rest < size / element ? rest : size / element;
  copy(buffer, addresses + skip, count, build_ids);
  const uint64_t used = count * element;
  __builtin_memset(static_cast<uint8_t*>(buffer) + used, 0, size - used);
  return used;
}

}  // namespace

uint64_t get_stackid(Run& run, const Arguments& arguments) {
  return result(stack_trace_id(run.kernel, *pointer<Map>(arguments[1]),
                               pointer<const void>(arguments[0]), arguments[2]));
}

uint64_t get_stack(Run& run, const Arguments& arguments) {
  return stack_into(run, pointer<const void>(arguments[0]), pointer<void>(arguments[1]),
                    static_cast<uint32_t>(arguments[2]), arguments[3]);
}

// Of the current task: the host walks no other's stack.
uint64_t get_task_stack(Run& run, const Arguments& arguments) {
  const auto size = static_cast<uint32_t>(arguments[2]);
  const uint64_t task = arguments[0];
  if (task == 0 || task != run.kernel.host().task().address) {
    const bool user = (arguments[3] & BPF_F_USER_STACK) != 0;
    return refuse(pointer<void>(arguments[1]), size, user ? -EOPNOTSUPP : -EFAULT);
  }
  return stack_into(run, nullptr, pointer<void>(arguments[1]), size, arguments[3]);
}

}  // namespace zext::shim::helpers
