#include "kernel_shim/bpf/user_memory.h"

#include <errno.h>
#include <linux/limits.h>

namespace zext::shim {

int Buffer::reserve(uint64_t size) {
  if (size > capacity_) {
    release();
    auto* memory = static_cast<uint8_t*>(host_.alloc(size));
    if (memory == nullptr) return -ENOMEM;
    data_ = memory;
    capacity_ = size;
  }
  size_ = size;
  return 0;
}

int Buffer::copy_in(kshim_uptr from, uint64_t size) {
  const int error = reserve(size);
  if (error != 0) return error;
  return host_.copy_from_user(data_, from, size) == 0 ? 0 : -EFAULT;
}

void Buffer::release() {
  if (data_ != small_) host_.free(data_, capacity_);
  data_ = small_;
  size_ = 0;
  capacity_ = sizeof small_;
}

int check_zero_tail(const Host& host, kshim_uptr from, uint64_t known, uint64_t size) {
  if (size > kPageSize) return -E2BIG;
  for (uint64_t at = known; at < size;) {
    uint8_t piece[256];
    const uint64_t now = size - at < sizeof piece ? size - at : sizeof piece;
    if (host.copy_from_user(piece, from + at, now) != 0) return -EFAULT;
    for (uint64_t i = 0; i < now; ++i) {
      if (piece[i] != 0) return -E2BIG;
    }
    at += now;
  }
  return 0;
}

int copy_path_in(const Host& host, kshim_uptr from, Buffer* path) {
  const int error = path->reserve(PATH_MAX);
  if (error != 0) return error;
  auto* text = reinterpret_cast<char*>(path->data());
  const long length = host.strncpy_from_user(text, from, PATH_MAX);
  if (length < 0) return -EFAULT;
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  return length == 0 ? -ENOENT : 0;
}

}  // namespace zext::shim
