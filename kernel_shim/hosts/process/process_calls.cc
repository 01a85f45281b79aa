// The functions of struct kshim_host, but for attach points.
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/hosts/process/thread_state.h"
#include "kernel_shim/hosts/process/user_copy.h"

namespace zext::shim {
namespace {

// Before each block: what was asked for, so that free() can be checked.
struct alignas(16) Header {
  uint64_t size = 0;
};

void* at(kshim_uptr address) { return reinterpret_cast<void*>(address); }

// A file of `size` bytes, the part from `mirror` on seen twice; null: no memory.
void* map_pages(uint64_t size, uint64_t mirror) {
  const uint64_t again = mirror == KSHIM_NO_MIRROR ? 0 : size - mirror;
  const int file = memfd_create("pages", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  void* pages = MAP_FAILED;
  if (ftruncate(file, static_cast<off_t>(size)) == 0) {
    pages = mmap(nullptr, size + again, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  constexpr int kProtection = PROT_READ | PROT_WRITE;
  bool mapped = pages != MAP_FAILED &&
                mmap(pages, size, kProtection, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED;
  if (mapped && again != 0) {
    mapped = mmap(static_cast<char*>(pages) + size, again, kProtection, MAP_SHARED | MAP_FIXED,
                  file, static_cast<off_t>(mirror)) != MAP_FAILED;
  }
  close(file);
  if (!mapped && pages != MAP_FAILED) munmap(pages, size + again);
  return mapped ? pages : nullptr;
}

}  // namespace

struct ProcessCalls {
  static ProcessHost& host(void* context) { return *static_cast<ProcessHost*>(context); }

  static void* alloc(void* context, uint64_t size) {
    if (size > PTRDIFF_MAX - sizeof(Header)) return nullptr;
    auto* header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
    if (header == nullptr) return nullptr;
    header->size = size;
    host(context).blocks_.fetch_add(1, std::memory_order_relaxed);
    host(context).bytes_.fetch_add(size, std::memory_order_relaxed);
    return header + 1;
  }

  static void free(void* context, void* memory, uint64_t size) {
    Header* header = static_cast<Header*>(memory) - 1;
    if (header->size != size) {
      std::fprintf(stderr, "ProcessHost: free of %lu bytes, but %lu were taken\n", size,
                   header->size);
      std::abort();
    }
    header->size = ~size;
    host(context).blocks_.fetch_sub(1, std::memory_order_relaxed);
    host(context).bytes_.fetch_sub(size, std::memory_order_relaxed);
    std::free(header);
  }

  static void* pages_alloc(void* context, uint64_t size, uint64_t mirror) {
    void* pages = map_pages(size, mirror);
    if (pages != nullptr) host(context).pages_.fetch_add(size, std::memory_order_relaxed);
    return pages;
  }

  static void pages_free(void* context, void* pages, uint64_t size, uint64_t mirror) {
    munmap(pages, size + (mirror == KSHIM_NO_MIRROR ? 0 : size - mirror));
    host(context).pages_.fetch_sub(size, std::memory_order_relaxed);
  }

  static int copy_from_user(void*, void* to, kshim_uptr from, uint64_t size) {
    return copy_or_fault(to, at(from), size) ? 0 : -EFAULT;
  }
  static int copy_to_user(void*, kshim_uptr to, const void* from, uint64_t size) {
    return copy_or_fault(at(to), from, size) ? 0 : -EFAULT;
  }
  static long strncpy_from_user(void*, char* to, kshim_uptr from, uint64_t size) {
    uint64_t done = 0;
    while (done < size) {
      // Up to the end of a page: what lies behind it may not be there, nor be needed.
      const uint64_t now = std::min(size - done, 4096 - ((from + done) & 4095));
      if (!copy_or_fault(to + done, at(from + done), now)) return -EFAULT;
      if (const void* nul = std::memchr(to + done, 0, now)) {
        return static_cast<const char*>(nul) - to;
      }
      done += now;
    }
    return static_cast<long>(size);
  }
  static int peek_user(void*, void* to, kshim_uptr from, uint64_t size) {
    return copy_or_fault(to, at(from), size) ? 0 : -EFAULT;
  }
  static int peek_kernel(void*, void* to, uint64_t from, uint64_t size) {
    return copy_or_fault(to, at(from), size) ? 0 : -EFAULT;
  }

  static int fd_install(void* context, kshim_object* object, kshim_kind) {
    return host(context).install(host(context).client(), object);
  }
  static int fd_get(void* context, int fd, kshim_object** object) {
    return host(context).get_handle_of(fd, object);
  }
  static int fd_close(void* context, int fd) { return host(context).close(fd); }
  static int pin(void* context, const char* path, kshim_object* object, kshim_kind) {
    return host(context).pin(path, object);
  }
  static int pin_get(void* context, const char* path, bool, kshim_object** object) {
    return host(context).pin_get(path, object);
  }

  static bool capable(void* context, kshim_capability capability) {
    const uint32_t all = host(context).client().capabilities;
    return (all & static_cast<uint32_t>(capability)) != 0;
  }
  static uint64_t user(void* context) { return host(context).client().user; }

  static void wake(void* context, kshim_object* object) {
    ProcessHost& own = host(context);
    const std::lock_guard guard(own.output_mutex_);
    ++own.wakes_[object];
    own.woken_.notify_all();
  }

  static uint32_t cpu_count(void* context) { return host(context).options_.cpus; }
  static uint32_t cpu_id(void* context) { return host(context).cpu(); }
  static void preempt_disable(void* context) { host(context).take_cpu(); }
  static void preempt_enable(void* context) { host(context).give_cpu(); }
  // With interrupts off one stays on one's CPU as well.
  static uint64_t irq_save(void* context) {
    host(context).take_cpu();
    return 0;
  }
  static void irq_restore(void* context, uint64_t) { host(context).give_cpu(); }
  // Waits for its turn on that CPU.
  static int call_on_cpu(void* context, uint32_t cpu, void (*function)(void*), void* argument) {
    if (!host(context).take_this_cpu(cpu)) return -ENXIO;
    function(argument);
    host(context).give_cpu();
    return 0;
  }
  static void relax(void*) { sched_yield(); }

  static uint64_t clock(void*, kshim_clock clock) {
    clockid_t id = CLOCK_MONOTONIC;
    switch (clock) {
      case KSHIM_CLOCK_MONOTONIC:
        id = CLOCK_MONOTONIC;
        break;
      case KSHIM_CLOCK_BOOT:
        id = CLOCK_BOOTTIME;
        break;
      case KSHIM_CLOCK_COARSE:
        id = CLOCK_MONOTONIC_COARSE;
        break;
      case KSHIM_CLOCK_TAI:
        id = CLOCK_TAI;
        break;
      case KSHIM_CLOCK_REAL:
        id = CLOCK_REALTIME;
        break;
    }
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

  static void task(void* context, kshim_task* task) {
    *task = {};
    task->pid = static_cast<uint32_t>(gettid());
    task->tgid = static_cast<uint32_t>(getpid());
    task->uid = static_cast<uint32_t>(host(context).client().user);
    task->gid = task->uid;
    pthread_getname_np(pthread_self(), task->comm, sizeof task->comm);
    task->cgroup_id = 1;
  }

  static void trace_output(void* context, const char* text, uint64_t length) {
    ProcessHost& own = host(context);
    const std::lock_guard guard(own.output_mutex_);
    own.trace_.emplace_back(text, length);
  }

  static uint32_t stack_walk(void* context, const void*, bool user, uint64_t* addresses,
                             uint32_t max) {
    ProcessHost& own = host(context);
    const std::lock_guard guard(own.mutex_);
    const std::vector<uint64_t>& stack = user ? own.user_stack_ : own.kernel_stack_;
    const size_t count = std::min<size_t>(max, stack.size());
    std::copy_n(stack.begin(), count, addresses);
    return static_cast<uint32_t>(count);
  }

  static int btf(void* context, const void** data, uint64_t* size) {
    const std::span<const uint8_t> bytes = host(context).options_.btf;
    if (bytes.empty()) return -ENOENT;
    *data = bytes.data();
    *size = bytes.size();
    return 0;
  }

  static uint64_t symbol(void* context, const char* name) {
    ProcessHost& own = host(context);
    const std::lock_guard guard(own.mutex_);
    const auto found = own.symbols_.find(name);
    return found == own.symbols_.end() ? 0 : found->second;
  }
};

void ProcessHost::fill_functions() {
  using Calls = ProcessCalls;
  functions_.abi = KSHIM_ABI;
  functions_.size = sizeof(kshim_host);
  functions_.context = this;
  functions_.alloc = Calls::alloc;
  functions_.free = Calls::free;
  functions_.pages_alloc = Calls::pages_alloc;
  functions_.pages_free = Calls::pages_free;
  functions_.copy_from_user = Calls::copy_from_user;
  functions_.copy_to_user = Calls::copy_to_user;
  functions_.strncpy_from_user = Calls::strncpy_from_user;
  functions_.peek_user = Calls::peek_user;
  functions_.peek_kernel = Calls::peek_kernel;
  functions_.fd_install = Calls::fd_install;
  functions_.fd_get = Calls::fd_get;
  functions_.pin = Calls::pin;
  functions_.pin_get = Calls::pin_get;
  functions_.capable = Calls::capable;
  functions_.user = Calls::user;
  functions_.wake = Calls::wake;
  functions_.cpu_count = Calls::cpu_count;
  functions_.cpu_id = Calls::cpu_id;
  functions_.preempt_disable = Calls::preempt_disable;
  functions_.preempt_enable = Calls::preempt_enable;
  functions_.irq_save = Calls::irq_save;
  functions_.irq_restore = Calls::irq_restore;
  functions_.relax = Calls::relax;
  functions_.fd_close = Calls::fd_close;
  functions_.call_on_cpu = Calls::call_on_cpu;
  functions_.clock = Calls::clock;
  functions_.task = Calls::task;
  functions_.trace_output = Calls::trace_output;
  functions_.stack_walk = Calls::stack_walk;
  functions_.btf = Calls::btf;
  functions_.symbol = Calls::symbol;
}

// --- CPUs

void ProcessHost::take_cpu() {
  ThreadState& own = thread_state(number_);
  if (own.depth++ != 0) return;
  uint32_t cpu = own.cpu % options_.cpus;
  while (cpus_[cpu].exchange(true, std::memory_order_acquire)) {
    cpu = (cpu + 1) % options_.cpus;
    if (cpu == own.cpu % options_.cpus) sched_yield();
  }
  own.cpu = cpu;
}

bool ProcessHost::take_this_cpu(uint32_t cpu) {
  ThreadState& own = thread_state(number_);
  if (cpu >= options_.cpus || own.depth != 0) return false;
  while (cpus_[cpu].exchange(true, std::memory_order_acquire)) sched_yield();
  own.cpu = cpu;
  own.depth = 1;
  return true;
}

void ProcessHost::give_cpu() {
  ThreadState& own = thread_state(number_);
  if (own.depth == 0) {
    std::fprintf(stderr, "ProcessHost: preemption turned on once too often\n");
    std::abort();
  }
  if (--own.depth == 0) cpus_[own.cpu].store(false, std::memory_order_release);
}

uint32_t ProcessHost::cpu() { return thread_state(number_).cpu % options_.cpus; }

}  // namespace zext::shim
