// What programs that act for a user (BPF_PROG_TYPE_SYSCALL) do in the user's name.
#include <errno.h>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/helpers/sleep.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::helpers {
namespace {

// A name of at least one character that ends with the buffer.
bool is_name(const char* name, uint64_t size) { return size > 1 && name[size - 1] == 0; }

// Linux: what bpf_sys_bpf lets through.
bool is_for_programs(int command) {
  return command == BPF_MAP_CREATE || command == BPF_MAP_DELETE_ELEM ||
         command == BPF_MAP_UPDATE_ELEM || command == BPF_MAP_FREEZE ||
         command == BPF_MAP_GET_FD_BY_ID || command == BPF_PROG_LOAD || command == BPF_BTF_LOAD ||
         command == BPF_LINK_CREATE || command == BPF_RAW_TRACEPOINT_OPEN;
}

}  // namespace

uint64_t sys_bpf(Run& run, const Arguments& arguments) {
  const auto command = static_cast<int>(arguments[0]);
  Kernel& kernel = run.kernel;
  if (!is_for_programs(command) || kernel.system_call == nullptr) return result(-EINVAL);
  if (!may_sleep(run)) return result(-EPERM);
  const Outside outside(run);
  const int error = kernel.host().begin_kernel_call();
  if (error != 0) return result(error);
  const long done = kernel.system_call(c_shim(kernel), command, arguments[1],
                                       static_cast<uint32_t>(arguments[2]));
  kernel.host().end_kernel_call();
  return result(done);
}

uint64_t sys_close(Run& run, const Arguments& arguments) {
  if (!may_sleep(run)) return result(-EPERM);
  const Outside outside(run);
  return result(run.kernel.host().fd_close(static_cast<int>(arguments[0])));
}

uint64_t btf_find_by_name_kind(Run& run, const Arguments& arguments) {
  const char* name = pointer<const char>(arguments[0]);
  if (arguments[3] != 0 || !is_name(name, static_cast<uint32_t>(arguments[1]))) {
    return result(-EINVAL);
  }
  if (run.kernel.vmlinux == nullptr) return result(-EINVAL);
  const auto& btf = static_cast<const BtfObject&>(*run.kernel.vmlinux);
  const uint32_t id = btf.find(name, static_cast<uint32_t>(arguments[2]));
  return id == 0 ? result(-ENOENT) : id;
}

uint64_t kallsyms_lookup_name(Run& run, const Arguments& arguments) {
  const char* name = pointer<const char>(arguments[0]);
  if (arguments[2] != 0 || !is_name(name, static_cast<uint32_t>(arguments[1]))) {
    return result(-EINVAL);
  }
  const uint64_t address = run.kernel.host().symbol(name);
  *pointer<uint64_t>(arguments[3]) = address;
  return address == 0 ? result(-ENOENT) : 0;
}

}  // namespace zext::shim::helpers
