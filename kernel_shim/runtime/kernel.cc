#include "kernel_shim/runtime/kernel.h"

#include <errno.h>

namespace zext::shim {

int Kernel::start() {
  void* memory = host_.alloc(sizeof(Cpu) * cpu_count());
  if (memory == nullptr) return -ENOMEM;
  cpus_ = static_cast<Cpu*>(memory);
  for (uint32_t i = 0; i < cpu_count(); ++i) new (cpus_ + i) Cpu();
  return 0;
}

void Kernel::stop() {
  for (IdTable& table : ids_) table.clear(*this);
  while (accounts_ != nullptr) {
    Account* next = accounts_->next;
    host_.free(accounts_, sizeof(Account));
    accounts_ = next;
  }
  host_.free(cpus_, sizeof(Cpu) * cpu_count());
  cpus_ = nullptr;
}

Account* Kernel::open_account() {
  const uint64_t user = host_.user();
  {
    const Guard guard(host_, accounts_lock_);
    for (Account* account = accounts_; account != nullptr; account = account->next) {
      if (account->user != user) continue;
      ++account->objects;
      return account;
    }
  }
  auto* fresh = static_cast<Account*>(host_.alloc(sizeof(Account)));
  if (fresh == nullptr) return nullptr;
  new (fresh) Account{.user = user, .objects = 1};
  const Guard guard(host_, accounts_lock_);
  // Should another call have opened one for this user meanwhile, there are two: each is limited.
  fresh->next = accounts_;
  accounts_ = fresh;
  return fresh;
}

void Kernel::close_account(Account* account) {
  Account* ended = nullptr;
  {
    const Guard guard(host_, accounts_lock_);
    if (--account->objects != 0) return;
    for (Account** at = &accounts_; *at != nullptr; at = &(*at)->next) {
      if (*at != account) continue;
      *at = account->next;
      ended = account;
      break;
    }
  }
  host_.free(ended, sizeof(Account));
}

bool Kernel::charge(Object& object, uint64_t size) {
  if (object.account != nullptr) {
    const Guard guard(host_, accounts_lock_);
    const uint64_t limit = config_.memory_limit;
    if (limit != 0 && (size > limit || object.account->bytes > limit - size)) return false;
    object.account->bytes += size;
  }
  object.memory.fetch_add(size, std::memory_order_relaxed);
  return true;
}

void Kernel::charge_back(Object& object, uint64_t size) {
  if (object.account != nullptr) {
    const Guard guard(host_, accounts_lock_);
    object.account->bytes -= size;
  }
  object.memory.fetch_sub(size, std::memory_order_relaxed);
}

void Kernel::free_object(Object* object, uint64_t size) {
  Account* account = object->account;
  host_.free(object, size);
  if (account != nullptr) close_account(account);
}

void* Kernel::alloc(Object& object, uint64_t size) {
  if (!charge(object, size)) return nullptr;
  void* memory = host_.alloc(size);
  if (memory == nullptr) charge_back(object, size);
  return memory;
}

void* Kernel::alloc_zeroed(Object& object, uint64_t size) {
  void* memory = alloc(object, size);
  if (memory != nullptr) __builtin_memset(memory, 0, size);
  return memory;
}

void Kernel::free(Object& object, void* memory, uint64_t size) {
  if (memory == nullptr) return;
  host_.free(memory, size);
  charge_back(object, size);
}

void* Kernel::pages_alloc(Object& object, uint64_t size, uint64_t mirror) {
  if (!charge(object, size)) return nullptr;
  void* pages = host_.pages_alloc(size, mirror);
  if (pages == nullptr) charge_back(object, size);
  return pages;
}

void Kernel::pages_free(Object& object, void* pages, uint64_t size, uint64_t mirror) {
  if (pages == nullptr) return;
  host_.pages_free(pages, size, mirror);
  charge_back(object, size);
}

void Kernel::read_lock() {
  host_.preempt_disable();
  const kshim_host& functions = host_.functions();
  if (functions.rcu_read_lock != nullptr) return functions.rcu_read_lock(functions.context);
  cpu().readers.fetch_add(1, std::memory_order_seq_cst);
}

void Kernel::read_unlock() {
  const kshim_host& functions = host_.functions();
  if (functions.rcu_read_unlock != nullptr) {
    functions.rcu_read_unlock(functions.context);
  } else {
    Cpu& own = cpu();
    if (own.readers.fetch_sub(1, std::memory_order_seq_cst) == 1) {
      own.quiescent.fetch_add(1, std::memory_order_release);
    }
  }
  host_.preempt_enable();
}

void Kernel::synchronise() {
  const kshim_host& functions = host_.functions();
  if (functions.rcu_synchronise != nullptr) return functions.rcu_synchronise(functions.context);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (uint32_t i = 0; i < cpu_count(); ++i) {
    Cpu& other = cpus_[i];
    const uint32_t seen = other.quiescent.load(std::memory_order_acquire);
    while (other.readers.load(std::memory_order_seq_cst) != 0 &&
           other.quiescent.load(std::memory_order_acquire) == seen) {
      host_.relax();
    }
  }
}

// xorshift64*, by Vigna, "An experimental exploration of Marsaglia's xorshift generators" (2016).
uint64_t Kernel::random() {
  const kshim_host& functions = host_.functions();
  if (functions.random != nullptr) return functions.random(functions.context);
  host_.preempt_disable();
  std::atomic<uint64_t>& state = cpu().random;
  uint64_t x = state.load(std::memory_order_relaxed);
  if (x == 0) x = host_.clock(KSHIM_CLOCK_MONOTONIC) | 1;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  state.store(x, std::memory_order_relaxed);
  host_.preempt_enable();
  return x * 0x2545'f491'4f6c'dd1d;
}

int object_of_fd(Kernel& kernel, int fd, kshim_kind kind, Object** object, uint32_t* access) {
  kshim_object* handle = nullptr;
  const int error = kernel.host().fd_get(fd, &handle);
  if (error != 0) return error;
  Object& found = object_of(handle);
  const bool fits = found.kind == kind;
  if (fits) {
    get(found);
    *object = &found;
    if (access != nullptr) *access = access_of(handle);
  }
  put_handle(kernel, handle_of(handle));
  return fits ? 0 : -EINVAL;
}

namespace {

int make_view(Kernel& kernel, Object& object, uint32_t access, View** view) {
  *view = kernel.make<View>(kView);
  if (*view == nullptr) return -ENOMEM;
  (*view)->viewed = &object;
  (*view)->access = access;
  get_handle(object);
  const int error = kernel.ids(kView).add(kernel, **view);
  if (error != 0) put(kernel, **view);
  return error;
}

int install_handle(Kernel& kernel, Object& handle, kshim_kind kind) {
  get_handle(handle);
  const int fd = kernel.host().fd_install(c_object(handle), kind);
  if (fd < 0) put_handle(kernel, handle);
  return fd;
}

}  // namespace

int install_fd(Kernel& kernel, Object& object, uint32_t access) {
  if (access == 0) return install_handle(kernel, object, object.kind);
  View* view = nullptr;
  const int error = make_view(kernel, object, access, &view);
  if (error != 0) return error;
  const int fd = install_handle(kernel, *view, object.kind);
  put(kernel, *view);
  return fd;
}

void view_destroy(Kernel& kernel, Object& object) {
  auto& view = static_cast<View&>(object);
  put_handle(kernel, *view.viewed);
  kernel.destroy(view);
}

}  // namespace zext::shim
