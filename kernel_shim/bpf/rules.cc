// What the commands of all packages share.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/user_memory.h"

namespace zext::shim {
namespace {

// As the kernel's ctype table has it, in which Latin-1's letters are letters.
bool is_letter_or_digit(unsigned char c) {
  const bool ascii = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return ascii || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

}  // namespace

int copy_name(char (&to)[BPF_OBJ_NAME_LEN], const char (&from)[BPF_OBJ_NAME_LEN]) {
  __builtin_memset(to, 0, sizeof to);
  for (uint32_t i = 0; i < sizeof from; ++i) {
    const char c = from[i];
    if (c == 0) return 0;
    if (!is_letter_or_digit(static_cast<unsigned char>(c)) && c != '_' && c != '.') return -EINVAL;
    to[i] = c;
  }
  return -EINVAL;
}

int access_flag(uint32_t flags, uint32_t* access) {
  *access = flags & (BPF_F_RDONLY | BPF_F_WRONLY);
  return *access == (BPF_F_RDONLY | BPF_F_WRONLY) ? -EINVAL : 0;
}

bool has_capability(const Kernel& kernel, kshim_capability capability) {
  if (kernel.host().capable(capability)) return true;
  // CAP_SYS_ADMIN contains what was split from it.
  return capability != KSHIM_CAP_SYS_ADMIN && kernel.host().capable(KSHIM_CAP_SYS_ADMIN);
}

int info_in(Call& call, void* info, uint64_t known, uint32_t* info_len) {
  const Host& host = call.kernel.host();
  const kshim_uptr from = call.attr.info.info;
  const int error = check_zero_tail(host, from, known, call.attr.info.info_len);
  if (error != 0) return error;
  *info_len =
      call.attr.info.info_len < known ? call.attr.info.info_len : static_cast<uint32_t>(known);
  return host.copy_from_user(info, from, *info_len) == 0 ? 0 : -EFAULT;
}

int info_out(Call& call, const void* info, uint64_t, uint32_t info_len) {
  const Host& host = call.kernel.host();
  if (host.copy_to_user(call.attr.info.info, info, info_len) != 0) return -EFAULT;
  const kshim_uptr to = call.user + offsetof(bpf_attr, info.info_len);
  return host.copy_to_user(to, &info_len, sizeof info_len) == 0 ? 0 : -EFAULT;
}

}  // namespace zext::shim
