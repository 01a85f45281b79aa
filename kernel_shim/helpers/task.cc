// The task that runs, the CPU it runs on, and what was attached to.
#include <errno.h>
#include <linux/bpf.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::helpers {
namespace {

constexpr uint64_t pair(uint32_t high, uint32_t low) { return uint64_t{high} << 32 | low; }

}  // namespace

uint64_t get_prandom_u32(Run& run, const Arguments&) {
  return static_cast<uint32_t>(run.kernel.random());
}

uint64_t get_smp_processor_id(Run& run, const Arguments&) { return run.cpu; }

uint64_t get_numa_node_id(Run&, const Arguments&) { return 0; }

uint64_t get_current_pid_tgid(Run& run, const Arguments&) {
  const kshim_task task = run.kernel.host().task();
  return pair(task.tgid, task.pid);
}

uint64_t get_current_uid_gid(Run& run, const Arguments&) {
  const kshim_task task = run.kernel.host().task();
  return pair(task.gid, task.uid);
}

// The name and zeros behind it; the last byte is always 0.
uint64_t get_current_comm(Run& run, const Arguments& arguments) {
  auto* buffer = pointer<char>(arguments[0]);
  const uint64_t size = static_cast<uint32_t>(arguments[1]);
  const kshim_task task = run.kernel.host().task();
  const uint64_t name = size < sizeof task.comm ? size : sizeof task.comm;
  __builtin_memset(buffer, 0, size);
  __builtin_memcpy(buffer, task.comm, name);
  buffer[name - 1] = 0;
  return 0;
}

uint64_t get_current_task(Run& run, const Arguments&) { return run.kernel.host().task().address; }

uint64_t get_current_task_btf(Run& run, const Arguments&) {
  return run.kernel.host().task().address;
}

uint64_t get_current_cgroup_id(Run& run, const Arguments&) {
  return run.kernel.host().task().cgroup_id;
}

uint64_t get_ns_current_pid_tgid(Run& run, const Arguments& arguments) {
  const uint64_t device = arguments[0];
  const uint64_t inode = arguments[1];
  auto* info = pointer<bpf_pidns_info>(arguments[2]);
  const uint64_t size = static_cast<uint32_t>(arguments[3]);
  const kshim_task task = run.kernel.host().task();
  const bool matches = size == sizeof(bpf_pidns_info) && device <= ~uint32_t{0} &&
                       task.ns_ino != 0 && device == task.ns_dev && inode == task.ns_ino;
  if (!matches) {
    __builtin_memset(info, 0, size);
    return result(-EINVAL);
  }
  info->pid = task.ns_pid;
  info->tgid = task.ns_tgid;
  return 0;
}

uint64_t get_attach_cookie(Run& run, const Arguments&) { return run.cookie; }

}  // namespace zext::shim::helpers
