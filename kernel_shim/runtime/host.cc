#include "kernel_shim/runtime/host.h"

#include <errno.h>

namespace zext::shim {
namespace {

// 0: nobody that could be told from others.
uint64_t number_of(const kshim_task& task) { return uint64_t{task.tgid} << 32 | task.pid; }

}  // namespace

int Host::check(const kshim_host& functions) {
  if (functions.abi != KSHIM_ABI) return -EINVAL;
  // Whatever a host of this ABI was compiled with has the required functions.
  if (functions.size < offsetof(kshim_host, probe_arm)) return -EINVAL;
  const bool complete = functions.alloc != nullptr && functions.free != nullptr &&
                        functions.copy_from_user != nullptr && functions.copy_to_user != nullptr &&
                        functions.strncpy_from_user != nullptr && functions.fd_install != nullptr &&
                        functions.fd_get != nullptr && functions.clock != nullptr;
  if (!complete) return -EINVAL;
  const bool one_lock = (functions.lock == nullptr) != (functions.unlock == nullptr);
  const bool some_rcu =
      (functions.rcu_read_lock == nullptr) != (functions.rcu_read_unlock == nullptr) ||
      (functions.rcu_read_lock == nullptr) != (functions.rcu_synchronise == nullptr);
  return one_lock || some_rcu ? -EINVAL : 0;
}

Host::Host(const kshim_host& functions) {
  const uint64_t known = functions.size < sizeof f_ ? functions.size : sizeof f_;
  __builtin_memcpy(&f_, &functions, known);
  cpu_count_ = f_.cpu_count == nullptr ? 1 : f_.cpu_count(f_.context);
  if (cpu_count_ == 0) cpu_count_ = 1;
}

int Host::peek_user(void* to, kshim_uptr from, uint64_t size) const {
  if (f_.peek_user == nullptr) return -EFAULT;
  return size == 0 ? 0 : f_.peek_user(f_.context, to, from, size);
}

int Host::peek_kernel(void* to, uint64_t from, uint64_t size) const {
  if (f_.peek_kernel == nullptr) return -EFAULT;
  return size == 0 ? 0 : f_.peek_kernel(f_.context, to, from, size);
}

int Host::fd_close(int fd) const {
  return f_.fd_close == nullptr ? -EBADF : f_.fd_close(f_.context, fd);
}

int Host::pin(const char* path, kshim_object* object, kshim_kind kind) const {
  return f_.pin == nullptr ? -EPERM : f_.pin(f_.context, path, object, kind);
}

int Host::pin_get(const char* path, bool write, kshim_object** object) const {
  return f_.pin_get == nullptr ? -EPERM : f_.pin_get(f_.context, path, write, object);
}

int Host::begin_kernel_call() const {
  const uint64_t number = number_of(task());
  if (kernel_calls_ == nullptr || number == 0) return -EBUSY;
  for (std::atomic<uint64_t>& task : kernel_calls_->tasks) {
    uint64_t free = 0;
    if (!task.compare_exchange_strong(free, number)) continue;
    kernel_calls_->count.fetch_add(1);
    return 0;
  }
  return -EBUSY;
}

void Host::end_kernel_call() const {
  std::atomic<uint64_t>* task = find_kernel_call();
  kernel_calls_->count.fetch_sub(1);
  task->store(0);
}

std::atomic<uint64_t>* Host::find_kernel_call() const {
  const uint64_t number = number_of(task());
  if (number == 0) return nullptr;
  for (std::atomic<uint64_t>& task : kernel_calls_->tasks) {
    if (task.load(std::memory_order_relaxed) == number) return &task;
  }
  return nullptr;
}

// Both ends must be there: what is between them the caller answers for, who is in the kernel.
int Host::poke_kernel(uint64_t to, const void* from, uint64_t size) const {
  uint8_t byte;
  if (size == 0) return 0;
  if (peek_kernel(&byte, to, 1) != 0 || peek_kernel(&byte, to + size - 1, 1) != 0) return -EFAULT;
  __builtin_memcpy(reinterpret_cast<void*>(to), from, size);
  return 0;
}

long Host::string_of_kernel(char* to, uint64_t from, uint64_t size) const {
  for (uint64_t i = 0; i < size; ++i) {
    if (peek_kernel(to + i, from + i, 1) != 0) return -EFAULT;
    if (to[i] == 0) return static_cast<long>(i);
  }
  return static_cast<long>(size);
}

}  // namespace zext::shim
