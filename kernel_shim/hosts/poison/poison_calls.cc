// The functions that the library sees instead of the host's.
#include <errno.h>

#include <cstring>

#include "kernel_shim/hosts/poison/poison_host.h"
#include "kernel_shim/hosts/poison/poison_thread.h"

namespace zext::shim {

struct PoisonCalls {
  static constexpr int kFresh = 0xa5;  // what memory is full of that nobody has written

  static PoisonHost& host(void* context) { return *static_cast<PoisonHost*>(context); }

  // Calls the host's own function of this name.
  template <auto kMember, typename... Arguments>
  static auto base(void* context, Arguments... arguments) {
    const InHost in_host;
    const kshim_host& own = host(context).base_;
    return (own.*kMember)(own.context, arguments...);
  }
  // The same, of a function that may sleep.
  template <auto kMember, typename... Arguments>
  static auto sleeping(void* context, const char* name, Arguments... arguments) {
    host(context).must_be_able_to_sleep(name);
    return base<kMember>(context, arguments...);
  }

  static void* alloc(void* context, uint64_t size) {
    if (is_due(Fault::kMemory)) return nullptr;
    void* memory = base<&kshim_host::alloc>(context, size);
    // Huge blocks stay untouched, or they would need true memory.
    if (memory != nullptr && size <= (1u << 20)) std::memset(memory, kFresh, size);
    return memory;
  }
  static void free(void* context, void* memory, uint64_t size) {
    const InHost in_host;
    host(context).forget_locks(memory, size);
    if (size <= (1u << 20)) std::memset(memory, kFresh, size);
    base<&kshim_host::free>(context, memory, size);
  }
  static void* pages_alloc(void* context, uint64_t size, uint64_t mirror) {
    host(context).must_be_able_to_sleep("pages_alloc");
    if (is_due(Fault::kMemory)) return nullptr;
    return base<&kshim_host::pages_alloc>(context, size, mirror);
  }
  static void pages_free(void* context, void* pages, uint64_t size, uint64_t mirror) {
    const InHost in_host;
    host(context).forget_locks(pages, size);
    sleeping<&kshim_host::pages_free>(context, "pages_free", pages, size, mirror);
  }

  static int copy_from_user(void* context, void* to, kshim_uptr from, uint64_t size) {
    host(context).must_be_able_to_sleep("copy_from_user");
    if (is_due(Fault::kCopy)) {
      std::memset(to, kFresh, size);
      return -EFAULT;
    }
    return base<&kshim_host::copy_from_user>(context, to, from, size);
  }
  static int copy_to_user(void* context, kshim_uptr to, const void* from, uint64_t size) {
    host(context).must_be_able_to_sleep("copy_to_user");
    if (is_due(Fault::kCopy)) return -EFAULT;
    return base<&kshim_host::copy_to_user>(context, to, from, size);
  }
  static long strncpy_from_user(void* context, char* to, kshim_uptr from, uint64_t size) {
    host(context).must_be_able_to_sleep("strncpy_from_user");
    if (is_due(Fault::kCopy)) {
      std::memset(to, kFresh, size);
      return -EFAULT;
    }
    return base<&kshim_host::strncpy_from_user>(context, to, from, size);
  }

  static int fd_install(void* context, kshim_object* object, kshim_kind kind) {
    host(context).must_be_able_to_sleep("fd_install");
    if (is_due(Fault::kInstall)) return -EMFILE;
    return base<&kshim_host::fd_install>(context, object, kind);
  }
  static int fd_get(void* context, int fd, kshim_object** object) {
    return sleeping<&kshim_host::fd_get>(context, "fd_get", fd, object);
  }
  static int pin(void* context, const char* path, kshim_object* object, kshim_kind kind) {
    host(context).must_be_able_to_sleep("pin");
    if (is_due(Fault::kInstall)) return -ENOSPC;
    return base<&kshim_host::pin>(context, path, object, kind);
  }
  static int pin_get(void* context, const char* path, bool write, kshim_object** object) {
    return sleeping<&kshim_host::pin_get>(context, "pin_get", path, write, object);
  }
  static bool capable(void* context, kshim_capability capability) {
    return sleeping<&kshim_host::capable>(context, "capable", capability);
  }
  static uint64_t user(void* context) { return sleeping<&kshim_host::user>(context, "user"); }

  static void preempt_disable(void* context) {
    ++poison_thread().preempt;
    base<&kshim_host::preempt_disable>(context);
  }
  static void preempt_enable(void* context) {
    --poison_thread().preempt;
    base<&kshim_host::preempt_enable>(context);
  }
  static uint64_t irq_save(void* context) {
    ++poison_thread().irq;
    return base<&kshim_host::irq_save>(context);
  }
  static void irq_restore(void* context, uint64_t flags) {
    if (poison_thread().locks.size() > poison_thread().irq - 1u) {
      host(context).violation("interrupts are turned on while a lock is held");
    }
    --poison_thread().irq;
    base<&kshim_host::irq_restore>(context, flags);
  }
  static uint32_t cpu_id(void* context) {
    const PoisonThread& own = poison_thread();
    if (own.preempt == 0 && own.irq == 0) {
      host(context).violation("cpu_id with preemption on: it may have changed at once");
    }
    return base<&kshim_host::cpu_id>(context);
  }

  static void lock(void* context, kshim_lock* lock) { host(context).lock(lock); }
  static void unlock(void* context, kshim_lock* lock) { host(context).unlock(lock); }
  static void rcu_read_lock(void* context) { host(context).read_lock(); }
  static void rcu_read_unlock(void* context) { host(context).read_unlock(); }
  static void rcu_synchronise(void* context) { host(context).synchronise(); }

  // What only passes through.
  static void wake(void* context, kshim_object* object) {
    base<&kshim_host::wake>(context, object);
  }
  static int peek_user(void* context, void* to, kshim_uptr from, uint64_t size) {
    return base<&kshim_host::peek_user>(context, to, from, size);
  }
  static int peek_kernel(void* context, void* to, uint64_t from, uint64_t size) {
    return base<&kshim_host::peek_kernel>(context, to, from, size);
  }
  static uint32_t cpu_count(void* context) { return base<&kshim_host::cpu_count>(context); }
  static void relax(void* context) { base<&kshim_host::relax>(context); }
  static uint64_t clock(void* context, kshim_clock clock) {
    return base<&kshim_host::clock>(context, clock);
  }
  // The same numbers in every run. SplitMix64, by Steele, Lea and Flood (2014).
  static uint64_t random(void* context) {
    constexpr uint64_t kStep = 0x9e37'79b9'7f4a'7c15;
    uint64_t z = host(context).random_.fetch_add(kStep) + kStep;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31);
  }
  static void task(void* context, kshim_task* task) { base<&kshim_host::task>(context, task); }
  static void trace_output(void* context, const char* text, uint64_t length) {
    base<&kshim_host::trace_output>(context, text, length);
  }
  static uint32_t stack_walk(void* context, const void* registers, bool user, uint64_t* addresses,
                             uint32_t max) {
    return base<&kshim_host::stack_walk>(context, registers, user, addresses, max);
  }
  static int btf(void* context, const void** data, uint64_t* size) {
    return sleeping<&kshim_host::btf>(context, "btf", data, size);
  }
  static uint64_t symbol(void* context, const char* name) {
    return sleeping<&kshim_host::symbol>(context, "symbol", name);
  }

  static int probe_arm(void* context, const kshim_probe* probe, uint64_t cookie, void** handle) {
    host(context).must_be_able_to_sleep("probe_arm");
    if (is_due(Fault::kAttach)) return -ENOMEM;
    return base<&kshim_host::probe_arm>(context, probe, cookie, handle);
  }
  static void probe_disarm(void* context, void* handle) {
    sleeping<&kshim_host::probe_disarm>(context, "probe_disarm", handle);
  }
  static int tracepoint_find(void* context, const char* name, uint64_t id,
                             kshim_tracepoint* tracepoint) {
    return sleeping<&kshim_host::tracepoint_find>(context, "tracepoint_find", name, id, tracepoint);
  }
  static int tracepoint_enable(void* context, uint64_t id, bool raw, uint64_t cookie,
                               void** handle) {
    host(context).must_be_able_to_sleep("tracepoint_enable");
    if (is_due(Fault::kAttach)) return -ENOMEM;
    return base<&kshim_host::tracepoint_enable>(context, id, raw, cookie, handle);
  }
  static void tracepoint_disable(void* context, void* handle) {
    sleeping<&kshim_host::tracepoint_disable>(context, "tracepoint_disable", handle);
  }
  static int attach(void* context, uint32_t attach_type, uint64_t target, uint64_t cookie,
                    void** handle) {
    host(context).must_be_able_to_sleep("attach");
    if (is_due(Fault::kAttach)) return -ENOMEM;
    return base<&kshim_host::attach>(context, attach_type, target, cookie, handle);
  }
  static void detach(void* context, void* handle) {
    sleeping<&kshim_host::detach>(context, "detach", handle);
  }
  static int perf_arm(void* context, uint32_t type, uint64_t config, uint64_t period,
                      bool frequency, int32_t pid, int32_t cpu, uint64_t cookie, void** handle) {
    host(context).must_be_able_to_sleep("perf_arm");
    if (is_due(Fault::kAttach)) return -ENOMEM;
    return base<&kshim_host::perf_arm>(context, type, config, period, frequency, pid, cpu, cookie,
                                       handle);
  }
  static void perf_disarm(void* context, void* handle) {
    sleeping<&kshim_host::perf_disarm>(context, "perf_disarm", handle);
  }
};

std::function<kshim_host(const kshim_host&)> PoisonHost::wrapper() {
  return [this](const kshim_host& base) { return wrap(base); };
}

kshim_host PoisonHost::wrap(const kshim_host& base) {
  using Calls = PoisonCalls;
  base_ = base;
  kshim_host functions{};
  functions.abi = KSHIM_ABI;
  functions.size = sizeof functions;
  functions.context = this;
  functions.alloc = Calls::alloc;
  functions.free = Calls::free;
  functions.pages_alloc = Calls::pages_alloc;
  functions.pages_free = Calls::pages_free;
  functions.copy_from_user = Calls::copy_from_user;
  functions.copy_to_user = Calls::copy_to_user;
  functions.strncpy_from_user = Calls::strncpy_from_user;
  functions.peek_user = Calls::peek_user;
  functions.peek_kernel = Calls::peek_kernel;
  functions.fd_install = Calls::fd_install;
  functions.fd_get = Calls::fd_get;
  functions.pin = Calls::pin;
  functions.pin_get = Calls::pin_get;
  functions.capable = Calls::capable;
  functions.user = Calls::user;
  functions.wake = Calls::wake;
  functions.cpu_count = Calls::cpu_count;
  functions.cpu_id = Calls::cpu_id;
  functions.preempt_disable = Calls::preempt_disable;
  functions.preempt_enable = Calls::preempt_enable;
  functions.irq_save = Calls::irq_save;
  functions.irq_restore = Calls::irq_restore;
  functions.lock = Calls::lock;
  functions.unlock = Calls::unlock;
  functions.rcu_read_lock = Calls::rcu_read_lock;
  functions.rcu_read_unlock = Calls::rcu_read_unlock;
  functions.rcu_synchronise = Calls::rcu_synchronise;
  functions.relax = Calls::relax;
  functions.clock = Calls::clock;
  functions.random = Calls::random;
  functions.task = Calls::task;
  functions.trace_output = Calls::trace_output;
  functions.stack_walk = Calls::stack_walk;
  functions.btf = Calls::btf;
  functions.symbol = Calls::symbol;
  if (base.probe_arm != nullptr) {
    functions.probe_arm = Calls::probe_arm;
    functions.probe_disarm = Calls::probe_disarm;
    functions.tracepoint_find = Calls::tracepoint_find;
    functions.tracepoint_enable = Calls::tracepoint_enable;
    functions.tracepoint_disable = Calls::tracepoint_disable;
    functions.attach = Calls::attach;
    functions.detach = Calls::detach;
    functions.perf_arm = Calls::perf_arm;
    functions.perf_disarm = Calls::perf_disarm;
  }
  return functions;
}

}  // namespace zext::shim
