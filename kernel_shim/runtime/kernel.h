// Kernel: one instance of the runtime: the host, the objects and their ids, the CPUs.
//
//   struct kshim* is a Kernel; kernel_of(shim) and c_shim(kernel) go between.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "kernel_shim/include/zext/kernel_shim.h"
#include "kernel_shim/runtime/host.h"
#include "kernel_shim/runtime/ids.h"
#include "kernel_shim/runtime/lock.h"
#include "kernel_shim/runtime/object.h"
#include "kernel_shim/runtime/run.h"

namespace zext::shim {

// What a user has in maps and programs.
struct Account {
  uint64_t user = 0;
  uint64_t bytes = 0;
  uint32_t objects = 0;
  Account* next = nullptr;
};

// One CPU's own. Only used with preemption off.
struct Cpu {
  Run* run = nullptr;                  // that is under way
  std::atomic<uint32_t> readers{0};    // open read sections
  std::atomic<uint32_t> quiescent{0};  // how often the outermost one has ended
  std::atomic<uint32_t> active{0};     // programs of tracing types: not again meanwhile
  std::atomic<uint64_t> random{0};     // state of the library's own generator
  uint32_t text_depth = 0;             // trace_printk within trace_printk
  char text[3][1024] = {};             // lines being made
};

// What a kind of object does when its counts reach 0.
struct ObjectKindOps {
  void (*last_handle)(Kernel& kernel, Object& object) = nullptr;  // may be null
  void (*destroy)(Kernel& kernel, Object& object) = nullptr;      // frees it
};

struct Analyser;  // programs/analyser.h
struct Engine;    // programs/engine.h

class Kernel {
 public:
  Kernel(const Host& host, const kshim_config& config) : host_(host), config_(config) {
    host_.set_kernel_calls(&kernel_calls_);
  }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Makes the CPUs: 0 or -ENOMEM.
  int start();
  // Frees what start() made.
  void stop();

  const Host& host() const { return host_; }
  const kshim_config& config() const { return config_; }

  IdTable& ids(kshim_kind kind) { return ids_[kind]; }
  ObjectKindOps& ops(kshim_kind kind) { return ops_[kind]; }

  // Memory that counts for the object's account and in its `memory`: null, and nothing is counted,
  // where there is none or the account's limit is reached. Not cleared.
  void* alloc(Object& object, uint64_t size);
  void free(Object& object, void* memory, uint64_t size);
  void* pages_alloc(Object& object, uint64_t size, uint64_t mirror = KSHIM_NO_MIRROR);
  void pages_free(Object& object, void* pages, uint64_t size, uint64_t mirror = KSHIM_NO_MIRROR);
  // The same, cleared.
  void* alloc_zeroed(Object& object, uint64_t size);

  // An object of one reference, in memory that counts for the user who calls; null: none. Ended by
  // destroy(), when put() sees the last reference go. `extra` bytes more, not cleared, follow it.
  template <typename T>
  T* make(kshim_kind kind, uint64_t extra = 0) {
    Account* account = open_account();
    if (account == nullptr) return nullptr;
    const uint64_t size = sizeof(T) + extra;
    void* memory = host_.alloc(size);
    if (memory == nullptr) {
      close_account(account);
      return nullptr;
    }
    T* object = new (memory) T();
    object->kind = kind;
    object->account = account;
    object->created = host_.clock(KSHIM_CLOCK_BOOT);
    if (!charge(*object, size)) {
      free_object(object, size);
      return nullptr;
    }
    return object;
  }
  template <typename T>
  void destroy(T& object, uint64_t extra = 0) {
    object.~T();
    charge_back(object, sizeof(T) + extra);
    free_object(&object, sizeof(T) + extra);
  }

  // --- CPUs: with preemption off -----------------------------------------------------------------
  Cpu& cpu() { return cpus_[host_.cpu_id()]; }
  Cpu& cpu(uint32_t number) { return cpus_[number]; }
  uint32_t cpu_count() const { return host_.cpu_count(); }

  // Read sections, in which nothing that could be found goes away. They turn preemption off.
  void read_lock();
  void read_unlock();
  // Waits until all read sections that were open have ended. May sleep.
  void synchronise();

  uint64_t random();

  const Analyser* analyser = nullptr;
  const Engine* engine = nullptr;
  void* engine_context = nullptr;
  Object* vmlinux = nullptr;     // the host's own BTF, or null
  void* attach_state = nullptr;  // links/: the table of what is attached
  // bpf(2) itself, for programs that make system calls (helper 166); null: there is none.
  long (*system_call)(kshim* shim, int command, kshim_uptr attr, uint32_t size) = nullptr;
  std::atomic<uint64_t> programs_loaded{0};
  std::atomic<bool> time_programs{false};  // as sysctl kernel.bpf_stats_enabled: how long they run

 private:
  Account* open_account();
  void close_account(Account* account);
  bool charge(Object& object, uint64_t size);
  void charge_back(Object& object, uint64_t size);
  void free_object(Object* object, uint64_t size);

  KernelCalls kernel_calls_{};
  Host host_;
  kshim_config config_;
  IdTable ids_[kView + 1];
  ObjectKindOps ops_[kView + 1];
  Lock accounts_lock_{};
  Account* accounts_ = nullptr;
  Cpu* cpus_ = nullptr;
};

class ReadSection {
 public:
  explicit ReadSection(Kernel& kernel) : kernel_(kernel) { kernel.read_lock(); }
  ~ReadSection() { kernel_.read_unlock(); }
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

 private:
  Kernel& kernel_;
};

inline Kernel& kernel_of(kshim* shim) { return *reinterpret_cast<Kernel*>(shim); }
inline kshim* c_shim(Kernel& kernel) { return reinterpret_cast<kshim*>(&kernel); }

// The object of a descriptor, with a reference, if it is of this kind: 0, -EBADF, -EINVAL.
// `access`: as access_of the descriptor.
int object_of_fd(Kernel& kernel, int fd, kshim_kind kind, Object** object,
                 uint32_t* access = nullptr);
template <typename T>
int object_of_fd(Kernel& kernel, int fd, kshim_kind kind, Ref<T>* ref, uint32_t* access = nullptr) {
  Object* object = nullptr;
  const int error = object_of_fd(kernel, fd, kind, &object, access);
  if (error == 0) *ref = Ref<T>::take(kernel, static_cast<T*>(object));
  return error;
}
// A new descriptor of an object, for which the caller keeps its own reference. `access`: 0, or
// BPF_F_RDONLY or BPF_F_WRONLY to make it a view.
int install_fd(Kernel& kernel, Object& object, uint32_t access = 0);
// For Kernel::ops(kView).
void view_destroy(Kernel& kernel, Object& object);

}  // namespace zext::shim
