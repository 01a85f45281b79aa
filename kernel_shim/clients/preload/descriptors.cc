#include "kernel_shim/clients/preload/descriptors.h"

#include <sys/stat.h>

#include "kernel_shim/clients/preload/system.h"

namespace zext::shim::preload {

bool is_ours(int fd, Identity* identity) {
  if (fd < 0 || !enabled()) return false;
  struct stat status{};
  if (system_call(SYS_fstat, fd, address(&status)) < 0) return false;
  if (status.st_mode != (S_IFREG | daemon::kPlaceholderMode)) return false;
  if (identity != nullptr) *identity = {.device = status.st_dev, .inode = status.st_ino};
  return true;
}

long ask(const daemon::Request& request, Payload payload, daemon::Reply* reply, int* aside) {
  daemon::Reply own;
  daemon::Reply& answer = reply == nullptr ? own : *reply;
  int descriptor = -1;
  const int error = call(request, payload, &answer, &descriptor);
  if (error != 0) return error;
  if (aside != nullptr) *aside = -1;
  if (descriptor < 0) return answer.result;
  if (answer.result >= 0 && answer.descriptor == daemon::DescriptorUse::kResult) return descriptor;
  if (answer.result >= 0 && aside != nullptr) {
    *aside = descriptor;
  } else {
    system_call(SYS_close, descriptor);
  }
  return answer.result;
}

}  // namespace zext::shim::preload
