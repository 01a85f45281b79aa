// Peeking: reading memory that may not be there, and strings in it.
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/host.h"

namespace zext::shim::helpers {

// 0 or -EFAULT.
using Peek = int (*)(const Host& host, void* to, uint64_t from, uint64_t size);

inline int peek_user(const Host& host, void* to, uint64_t from, uint64_t size) {
  return host.peek_user(to, from, size);
}
inline int peek_kernel(const Host& host, void* to, uint64_t from, uint64_t size) {
  return host.peek_kernel(to, from, size);
}

// A string of at most `size` bytes with its NUL, cut where it is longer: its bytes with the NUL.
// -EFAULT, and nothing is said of `to`.
int64_t peek_string(const Host& host, Peek peek, char* to, uint64_t size, uint64_t from);

}  // namespace zext::shim::helpers
