// Descriptors: which of the process's are the daemon's placeholders.
//
//   if (is_ours(fd)) return mmap_of(...);
#pragma once

#include <cstdint>

#include "kernel_shim/clients/preload/connection.h"

namespace zext::shim::preload {

struct Identity {
  uint64_t device = 0;
  uint64_t inode = 0;
};

// Cheap, and wrong only for files that somebody gave the placeholders' mode: the daemon, asked
// next, knows for sure. errno is kept.
bool is_ours(int fd, Identity* identity = nullptr);

// A request about a descriptor, whose result is a system call's: a negative errno, or the result.
// A descriptor that comes along is the result, or goes to `aside` (-1: none came).
long ask(const daemon::Request& request, Payload payload = {}, daemon::Reply* reply = nullptr,
         int* aside = nullptr);

}  // namespace zext::shim::preload
