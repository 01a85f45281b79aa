// BTF_LOAD.
#include <errno.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/user_memory.h"
#include "kernel_shim/btf/btf_object.h"

namespace zext::shim {
namespace {

constexpr uint32_t kMostBytes = 16 * 1024 * 1024;

}  // namespace

long command_btf_load(Call& call) {
  Kernel& kernel = call.kernel;
  const bpf_attr& attr = call.attr;
  if (!has_capability(kernel, KSHIM_CAP_BPF)) return -EPERM;
  if (attr.btf_size > kMostBytes) return -E2BIG;
  Log log(kernel.host(),
          {.level = attr.btf_log_level, .buffer = attr.btf_log_buf, .size = attr.btf_log_size});
  int error = log.check();
  if (error != 0) return error;
  Buffer data(kernel.host());
  error = data.copy_in(attr.btf, attr.btf_size);
  if (error != 0) return error;
  BtfObject* btf = nullptr;
  error = btf_load(kernel, data.data(), data.size(), log, &btf);
  const int told = log.finish(0);
  if (error != 0) return error;
  const Ref<BtfObject> loaded = Ref<BtfObject>::take(kernel, btf);
  // Linux minds a log that is too long, and not one that cannot be written.
  return told == -ENOSPC ? told : install_fd(kernel, *btf);
}

}  // namespace zext::shim
