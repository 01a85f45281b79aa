// kshim_host for clients in other processes: memory, descriptors, CPUs, time.

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include <cstring>
#include <string>

#include "kernel_shim/hosts/daemon/daemon.h"

namespace zext::shim::daemon {
namespace {

// What fd_install answers, and kshim_bpf after it: the client learns the real number when it
// receives the descriptor.
constexpr int kInstalled = 0x3fff'ffff;

thread_local Call* current = nullptr;

clockid_t clock_id(kshim_clock clock) {
  switch (clock) {
    case KSHIM_CLOCK_MONOTONIC:
      return CLOCK_MONOTONIC;
    case KSHIM_CLOCK_BOOT:
      return CLOCK_BOOTTIME;
    case KSHIM_CLOCK_COARSE:
      return CLOCK_MONOTONIC_COARSE;
    case KSHIM_CLOCK_TAI:
      return CLOCK_TAI;
    case KSHIM_CLOCK_REAL:
      return CLOCK_REALTIME;
  }
  return CLOCK_MONOTONIC;
}

}  // namespace

Call* current_call() { return current; }
CallScope::CallScope(Call& call) : before_(current) { current = &call; }
CallScope::~CallScope() { current = before_; }

uint64_t now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

struct HostCalls {
  static Daemon& of(void* context) { return *static_cast<Daemon*>(context); }

  static void* alloc(void* /*context*/, uint64_t size) { return malloc(size); }
  static void free(void* /*context*/, void* memory, uint64_t /*size*/) { ::free(memory); }
  static void* pages_alloc(void* context, uint64_t size, uint64_t mirror) {
    return of(context).pages_.allocate(size, mirror);
  }
  static void pages_free(void* context, void* pages, uint64_t size, uint64_t mirror) {
    of(context).pages_.free(pages, size, mirror);
  }

  static int copy_from_user(void* /*context*/, void* to, kshim_uptr from, uint64_t size) {
    if (current == nullptr || current->client == nullptr) return -EFAULT;
    // The attribute came with the message.
    const uint64_t offset = from - current->attribute;
    const uint64_t there = current->attribute_bytes.size();
    if (from >= current->attribute && offset <= there && size <= there - offset) {
      memcpy(to, current->attribute_bytes.data() + offset, size);
      return 0;
    }
    return current->client->copy_in(to, from, size);
  }
  static int copy_to_user(void* /*context*/, kshim_uptr to, const void* from, uint64_t size) {
    if (current == nullptr || current->client == nullptr) return -EFAULT;
    return current->client->copy_out(to, from, size);
  }
  static long strncpy_from_user(void* /*context*/, char* to, kshim_uptr from, uint64_t size) {
    if (current == nullptr || current->client == nullptr) return -EFAULT;
    return current->client->copy_string(to, from, size);
  }
  static int peek_user(void* /*context*/, void* to, kshim_uptr from, uint64_t size) {
    if (current == nullptr || current->memory == 0) return -EFAULT;
    return read_process(current->memory, to, from, size);
  }
  static int peek_kernel(void* /*context*/, void* to, uint64_t from, uint64_t size) {
    return read_process(getpid(), to, from, size);
  }

  static int fd_install(void* context, kshim_object* object, kshim_kind kind) {
    if (current == nullptr || current->installed) return -EMFILE;
    const int fd = of(context).descriptors_.install(object, kind);
    if (fd < 0) return fd;
    current->installed = File(fd);
    return kInstalled;
  }
  static int fd_get(void* context, int fd, kshim_object** object) {
    if (current == nullptr || current->client == nullptr) return -EBADF;
    Identity identity;
    const int error = current->client->identify(fd, &identity);
    return error != 0 ? error : of(context).descriptors_.get(identity, object);
  }
  static int pin(void* context, const char* path, kshim_object* object, kshim_kind /*kind*/) {
    std::string whole;
    const int error = absolute(path, &whole);
    return error != 0 ? error : of(context).pins_.pin(whole, object);
  }
  static int pin_get(void* context, const char* path, bool write, kshim_object** object) {
    std::string whole;
    const int error = absolute(path, &whole);
    return error != 0 ? error : of(context).pins_.get(whole, write, object);
  }
  static int absolute(const char* path, std::string* whole) {
    char room[8192];
    if (current == nullptr || current->client == nullptr) return -ENOENT;
    if (*path == 0) return -ENOENT;
    const int error = current->client->absolute(path, room, sizeof room);
    if (error == 0) *whole = room;
    return error;
  }

  static bool capable(void* context, kshim_capability capability) {
    if (current == nullptr || current->client == nullptr || of(context).all_capable_) return true;
    return (current->client->capabilities() & capability) != 0;
  }
  static uint64_t user(void* /*context*/) {
    return current == nullptr || current->client == nullptr ? 0 : current->client->user();
  }
  static void wake(void* context, kshim_object* object) { of(context).descriptors_.wake(object); }

  static uint32_t cpu_count(void* context) { return of(context).cpus_.count(); }
  static uint32_t cpu_id(void* context) { return of(context).cpus_.id(); }
  static void preempt_disable(void* context) { of(context).cpus_.disable_preemption(); }
  static void preempt_enable(void* context) { of(context).cpus_.enable_preemption(); }
  static void relax(void* /*context*/) { sched_yield(); }

  static uint64_t clock(void* /*context*/, kshim_clock clock) { return now(clock_id(clock)); }
  static uint64_t random(void* /*context*/) {
    uint64_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
      value = now(CLOCK_MONOTONIC);
    return value;
  }
  static void task(void* context, kshim_task* task) {
    *task = kshim_task{};
    if (current == nullptr) return;
    if (!current->has_task && current->client != nullptr) {
      current->client->describe(&current->task);
      current->task.address = of(context).tasks_.address(current->task);
      current->has_task = true;
    }
    *task = current->task;
  }
  static void trace_output(void* context, const char* text, uint64_t length) {
    of(context).print(text, length);
  }
  static int btf(void* context, const void** data, uint64_t* size) {
    const std::string& bytes = of(context).machine_.btf_bytes();
    if (bytes.empty()) return -ENOENT;
    *data = bytes.data();
    *size = bytes.size();
    return 0;
  }
  static uint64_t symbol(void* context, const char* name) {
    return of(context).machine_.symbol(name);
  }
};

void fill_calls(kshim_host* functions) {
  functions->alloc = HostCalls::alloc;
  functions->free = HostCalls::free;
  functions->pages_alloc = HostCalls::pages_alloc;
  functions->pages_free = HostCalls::pages_free;
  functions->copy_from_user = HostCalls::copy_from_user;
  functions->copy_to_user = HostCalls::copy_to_user;
  functions->strncpy_from_user = HostCalls::strncpy_from_user;
  functions->peek_user = HostCalls::peek_user;
  functions->peek_kernel = HostCalls::peek_kernel;
  functions->fd_install = HostCalls::fd_install;
  functions->fd_get = HostCalls::fd_get;
  functions->pin = HostCalls::pin;
  functions->pin_get = HostCalls::pin_get;
  functions->capable = HostCalls::capable;
  functions->user = HostCalls::user;
  functions->wake = HostCalls::wake;
  functions->cpu_count = HostCalls::cpu_count;
  functions->cpu_id = HostCalls::cpu_id;
  functions->preempt_disable = HostCalls::preempt_disable;
  functions->preempt_enable = HostCalls::preempt_enable;
  functions->relax = HostCalls::relax;
  functions->clock = HostCalls::clock;
  functions->task = HostCalls::task;
  functions->random = HostCalls::random;
  functions->trace_output = HostCalls::trace_output;
  functions->btf = HostCalls::btf;
  functions->symbol = HostCalls::symbol;
}

}  // namespace zext::shim::daemon
