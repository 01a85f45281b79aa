// Host: what the embedding kernel provides, with the library's own answer where it provides
// nothing.
//
//   Host host(functions);                 // a struct kshim_host; checked by check()
//   void* memory = host.alloc(64);        // null: there is none
//
// Each function says what kernel_shim.h says of the one of that name.
#pragma once

#include <atomic>
#include <cstdint>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim {

inline constexpr uint64_t kPageSize = 4096;

// Tasks that are inside a system call which a program makes for them (bpf_sys_bpf): what such a
// call takes for user pointers are addresses of the kernel's.
struct KernelCalls {
  std::atomic<uint32_t> count{0};
  std::atomic<uint64_t> tasks[16] = {};  // tgid and pid; 0: free
};

class Host {
 public:
  Host() = default;
  // 0, or -EINVAL: another ABI, or a required function is null.
  static int check(const kshim_host& functions);
  // Functions beyond functions.size are null. check() said 0.
  explicit Host(const kshim_host& functions);

  void* alloc(uint64_t size) const { return f_.alloc(f_.context, size); }
  void free(void* memory, uint64_t size) const {
    if (memory != nullptr) f_.free(f_.context, memory, size);
  }
  bool has_pages() const { return f_.pages_alloc != nullptr && f_.pages_free != nullptr; }
  void* pages_alloc(uint64_t size, uint64_t mirror = KSHIM_NO_MIRROR) const {
    return has_pages() ? f_.pages_alloc(f_.context, size, mirror) : nullptr;
  }
  void pages_free(void* pages, uint64_t size, uint64_t mirror = KSHIM_NO_MIRROR) const {
    if (pages != nullptr) f_.pages_free(f_.context, pages, size, mirror);
  }

  int copy_from_user(void* to, kshim_uptr from, uint64_t size) const {
    if (in_kernel_call()) [[unlikely]]
      return peek_kernel(to, from, size);
    return size == 0 ? 0 : f_.copy_from_user(f_.context, to, from, size);
  }
  int copy_to_user(kshim_uptr to, const void* from, uint64_t size) const {
    if (in_kernel_call()) [[unlikely]]
      return poke_kernel(to, from, size);
    return size == 0 ? 0 : f_.copy_to_user(f_.context, to, from, size);
  }
  long strncpy_from_user(char* to, kshim_uptr from, uint64_t size) const {
    if (in_kernel_call()) [[unlikely]]
      return string_of_kernel(to, from, size);
    return f_.strncpy_from_user(f_.context, to, from, size);
  }
  int peek_user(void* to, kshim_uptr from, uint64_t size) const;
  int peek_kernel(void* to, uint64_t from, uint64_t size) const;

  int fd_install(kshim_object* object, kshim_kind kind) const {
    return f_.fd_install(f_.context, object, kind);
  }
  int fd_get(int fd, kshim_object** object) const { return f_.fd_get(f_.context, fd, object); }
  int fd_close(int fd) const;
  int pin(const char* path, kshim_object* object, kshim_kind kind) const;
  int pin_get(const char* path, bool write, kshim_object** object) const;

  bool capable(kshim_capability capability) const {
    return f_.capable == nullptr || f_.capable(f_.context, capability);
  }
  uint64_t user() const { return f_.user == nullptr ? 0 : f_.user(f_.context); }
  void wake(kshim_object* object) const {
    if (f_.wake != nullptr) f_.wake(f_.context, object);
  }

  uint32_t cpu_count() const { return cpu_count_; }
  uint32_t cpu_id() const { return f_.cpu_id == nullptr ? 0 : f_.cpu_id(f_.context); }
  void preempt_disable() const {
    if (f_.preempt_disable != nullptr) f_.preempt_disable(f_.context);
  }
  void preempt_enable() const {
    if (f_.preempt_enable != nullptr) f_.preempt_enable(f_.context);
  }
  uint64_t irq_save() const { return f_.irq_save == nullptr ? 0 : f_.irq_save(f_.context); }
  void irq_restore(uint64_t flags) const {
    if (f_.irq_restore != nullptr) f_.irq_restore(f_.context, flags);
  }
  bool interrupted() const { return f_.interrupted != nullptr && f_.interrupted(f_.context); }
  void relax() const {
    if (f_.relax != nullptr) f_.relax(f_.context);
  }

  uint64_t clock(kshim_clock clock) const { return f_.clock(f_.context, clock); }
  kshim_task task() const {
    kshim_task task{};
    if (f_.task != nullptr) f_.task(f_.context, &task);
    return task;
  }
  void trace_output(const char* text, uint64_t length) const {
    if (f_.trace_output != nullptr) f_.trace_output(f_.context, text, length);
  }
  uint32_t stack_walk(const void* registers, bool user, uint64_t* addresses, uint32_t max) const {
    return f_.stack_walk == nullptr ? 0
                                    : f_.stack_walk(f_.context, registers, user, addresses, max);
  }
  uint64_t symbol(const char* name) const {
    return f_.symbol == nullptr ? 0 : f_.symbol(f_.context, name);
  }

  // From begin (0, or -EBUSY: there are too many, or the host does not tell tasks apart) to end the
  // current task's user pointers are the kernel's.
  void set_kernel_calls(KernelCalls* calls) { kernel_calls_ = calls; }
  int begin_kernel_call() const;
  void end_kernel_call() const;

  // For what has no shorthand here: functions may be null.
  const kshim_host& functions() const { return f_; }

 private:
  bool in_kernel_call() const {
    return kernel_calls_ != nullptr && kernel_calls_->count.load(std::memory_order_relaxed) != 0 &&
           find_kernel_call() != nullptr;
  }
  std::atomic<uint64_t>* find_kernel_call() const;
  int poke_kernel(uint64_t to, const void* from, uint64_t size) const;
  long string_of_kernel(char* to, uint64_t from, uint64_t size) const;

  kshim_host f_{};
  KernelCalls* kernel_calls_ = nullptr;
  uint32_t cpu_count_ = 1;
};

}  // namespace zext::shim
