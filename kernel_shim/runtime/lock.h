// Locks: the host's, or the library's own spin locks; always with interrupts off.
//
//   const Guard guard(kernel.host(), map.lock);
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/host.h"

namespace zext::shim {

using Lock = kshim_lock;

class Guard {
 public:
  Guard(const Host& host, Lock& lock) : host_(host), lock_(lock), flags_(host.irq_save()) {
    acquire(host, lock);
  }
  ~Guard() {
    release(host_, lock_);
    host_.irq_restore(flags_);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Without the interrupts.
  static void acquire(const Host& host, Lock& lock);
  static void release(const Host& host, Lock& lock);

 private:
  const Host& host_;
  Lock& lock_;
  uint64_t flags_;
};

}  // namespace zext::shim
