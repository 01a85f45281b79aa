#include "kernel_shim/runtime/lock.h"

#include <atomic>

namespace zext::shim {

void Guard::acquire(const Host& host, Lock& lock) {
  if (host.functions().lock != nullptr) {
    host.functions().lock(host.functions().context, &lock);
    return;
  }
  std::atomic_ref<uint32_t> word(lock.words[0]);
  while (word.exchange(1, std::memory_order_acquire) != 0) {
    while (word.load(std::memory_order_relaxed) != 0) host.relax();
  }
}

void Guard::release(const Host& host, Lock& lock) {
  if (host.functions().unlock != nullptr) {
    host.functions().unlock(host.functions().context, &lock);
    return;
  }
  std::atomic_ref<uint32_t>(lock.words[0]).store(0, std::memory_order_release);
}

}  // namespace zext::shim
