// Copies between user memory and buffers of a command's own.
//
//   Buffer key(call.kernel.host());
//   int error = key.copy_in(attr.key, map.key_size);      // -ENOMEM, -EFAULT
//
// Small buffers live in the object, and so on the stack; larger ones come from the host.
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/host.h"

namespace zext::shim {

class Buffer {
 public:
  explicit Buffer(const Host& host) : host_(host) {}
  ~Buffer() { release(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Makes it `size` bytes, whose contents are anything: 0 or -ENOMEM. What was reserved before is
  // used again where it is enough.
  int reserve(uint64_t size);
  // reserve() and a copy from user memory.
  int copy_in(kshim_uptr from, uint64_t size);

  uint8_t* data() { return data_; }
  uint64_t size() const { return size_; }

 private:
  void release();

  const Host& host_;
  uint8_t* data_ = small_;
  uint64_t size_ = 0;
  uint64_t capacity_ = sizeof small_;
  alignas(16) uint8_t small_[192];
};

// Of `size` bytes in user memory those behind the first `known` must be 0: 0; -E2BIG if they are
// not, or if it is more than a page; -EFAULT.
int check_zero_tail(const Host& host, kshim_uptr from, uint64_t known, uint64_t size);

// A path: NUL-terminated, at most PATH_MAX bytes: -ENOENT (empty), -ENAMETOOLONG, -EFAULT, -ENOMEM.
int copy_path_in(const Host& host, kshim_uptr from, Buffer* path);

}  // namespace zext::shim
