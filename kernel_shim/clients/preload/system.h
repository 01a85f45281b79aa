// System calls as the kernel gives them: by no function that this library replaces.
//
//   const long size = system_call(SYS_read, fd, address(buffer), size);   // -errno on failure
#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>

#include <cstdint>

namespace zext::shim::preload {

// The C library's function of this name, behind ours. `found` is a static of the caller.
template <typename Function>
Function* next_function(Function*& found, const char* name) {
  Function* function = __atomic_load_n(&found, __ATOMIC_RELAXED);
  if (function == nullptr) {
    function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    __atomic_store_n(&found, function, __ATOMIC_RELAXED);
  }
  return function;
}

inline long address(const void* pointer) {
  return static_cast<long>(reinterpret_cast<intptr_t>(pointer));
}

// No point of cancellation. Keeps errno.
long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0);

// What a system call of the C library's returns.
inline long with_errno(long result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace zext::shim::preload
