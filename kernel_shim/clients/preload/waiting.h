// Waiting for objects: a placeholder is never readable, so epoll and poll are given an eventfd of
// the daemon's in its place, which is written when the object may have something to read.
#pragma once

#include <cstdint>

namespace zext::shim::preload {

// The descriptor is about to be closed: takes it out of the epolls that it is in, as the kernel
// does with the last descriptor of a file.
void forget_waiting(int fd);

}  // namespace zext::shim::preload
