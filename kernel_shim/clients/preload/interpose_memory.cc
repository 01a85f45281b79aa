// mmap(2) of maps and rings: the daemon sends the pages' file, which is mapped where it is wanted.

#include <sys/mman.h>
#include <sys/types.h>

#include "kernel_shim/clients/preload/descriptors.h"
#include "kernel_shim/clients/preload/system.h"

namespace zext::shim::preload {
namespace {

using daemon::Op;
using daemon::Reply;

long map_pieces(void* at, uint64_t length, long protection, long flags, int file,
                const Reply& reply) {
  const uint64_t first = reply.values[1];
  if (first >= length) {
    return system_call(SYS_mmap, address(at), static_cast<long>(length), protection, flags, file,
                       static_cast<long>(reply.values[0]));
  }
  // Two pieces side by side: room for both first.
  long base = address(at);
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0) {
    base = system_call(SYS_mmap, base, static_cast<long>(length), PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base < 0 && base > -4096) return base;
  }
  const long fixed = (flags & ~static_cast<long>(MAP_FIXED_NOREPLACE)) | MAP_FIXED;
  long result = system_call(SYS_mmap, base, static_cast<long>(first), protection, fixed, file,
                            static_cast<long>(reply.values[0]));
  if (result == base) {
    result =
        system_call(SYS_mmap, base + static_cast<long>(first), static_cast<long>(length - first),
                    protection, fixed, file, static_cast<long>(reply.values[2]));
  }
  if (result < 0 && result > -4096) {
    system_call(SYS_munmap, base, static_cast<long>(length));
    return result;
  }
  return base;
}

long map_object(void* at, uint64_t length, int protection, int flags, int fd, long offset) {
  daemon::Request request{.op = Op::kMmap, .number = fd};
  request.arguments[0] = static_cast<uint64_t>(offset);
  request.arguments[1] = length;
  request.arguments[2] = static_cast<uint64_t>(protection);
  request.arguments[3] = static_cast<uint64_t>(flags);
  Reply reply;
  int file = -1;
  const long error = ask(request, {}, &reply, &file);
  if (error < 0) return error;
  if (file < 0) return -EINVAL;
  const long result = map_pieces(at, length, protection, flags, file, reply);
  // The mapping keeps it open; the daemon sees when it ends.
  system_call(SYS_close, file);
  return result;
}

}  // namespace
}  // namespace zext::shim::preload

namespace preload = zext::shim::preload;

extern "C" {

void* mmap(void* at, size_t length, int protection, int flags, int fd, off_t offset) {
  long result = 0;
  if ((flags & MAP_ANONYMOUS) == 0 && preload::is_ours(fd)) {
    result = preload::map_object(at, length, protection, flags, fd, offset);
  } else {
    result = preload::system_call(SYS_mmap, preload::address(at), static_cast<long>(length),
                                  protection, flags, fd, offset);
  }
  if (result < 0 && result > -4096) {
    errno = static_cast<int>(-result);
    return MAP_FAILED;
  }
  return reinterpret_cast<void*>(result);
}

void* mmap64(void* at, size_t length, int protection, int flags, int fd, off64_t offset) {
  return mmap(at, length, protection, flags, fd, offset);
}

}  // extern "C"
