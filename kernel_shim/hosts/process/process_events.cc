// Attach points: what can be armed, and telling the library of events.
#include <errno.h>

#include <algorithm>
#include <thread>

#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/hosts/process/thread_state.h"

namespace zext::shim {
namespace {

thread_local uint64_t result = 1;

}  // namespace

struct ProcessEvents {
  using Armed = ProcessHost::Armed;
  using Source = ProcessHost::Source;
  static ProcessHost& host(void* context) { return *static_cast<ProcessHost*>(context); }

  static int probe_arm(void* context, const kshim_probe* probe, uint64_t cookie, void** handle) {
    ProcessHost& own = host(context);
    Armed armed{.source = Source::kProbe,
                .name = probe->symbol == nullptr ? "" : probe->symbol,
                .number = probe->address,
                .is_return = probe->is_return,
                .is_user = probe->is_user,
                .cookie = cookie};
    if (!probe->is_user && !armed.name.empty()) {
      const std::lock_guard guard(own.mutex_);
      if (!own.symbols_.contains(armed.name)) return -ENOENT;
    }
    return own.arm(std::move(armed), handle);
  }

  static int tracepoint_find(void* context, const char* name, uint64_t id,
                             kshim_tracepoint* tracepoint) {
    ProcessHost& own = host(context);
    const std::lock_guard guard(own.mutex_);
    for (const auto& [known, about] : own.tracepoints_) {
      if (name != nullptr ? known != name : about.id != id) continue;
      *tracepoint = {.id = about.id, .name = {}, .context_size = about.context_size};
      known.copy(tracepoint->name, sizeof tracepoint->name - 1);
      return 0;
    }
    return -ENOENT;
  }

  static int tracepoint_enable(void* context, uint64_t id, bool raw, uint64_t cookie,
                               void** handle) {
    return host(context).arm({.source = raw ? Source::kRawTracepoint : Source::kTracepoint,
                              .name = {},
                              .number = id,
                              .cookie = cookie},
                             handle);
  }

  static int attach(void* context, uint32_t attach_type, uint64_t target, uint64_t cookie,
                    void** handle) {
    return host(context).arm({.source = Source::kAttach,
                              .name = {},
                              .number = target,
                              .type = attach_type,
                              .cookie = cookie},
                             handle);
  }

  static int perf_arm(void* context, uint32_t type, uint64_t config, uint64_t, bool, int32_t,
                      int32_t, uint64_t cookie, void** handle) {
    return host(context).arm(
        {.source = Source::kPerf, .name = {}, .number = config, .type = type, .cookie = cookie},
        handle);
  }

  static void disarm(void* context, void* handle) { host(context).disarm(handle); }
};

void ProcessHost::fill_events() {
  functions_.probe_arm = ProcessEvents::probe_arm;
  functions_.probe_disarm = ProcessEvents::disarm;
  functions_.tracepoint_find = ProcessEvents::tracepoint_find;
  functions_.tracepoint_enable = ProcessEvents::tracepoint_enable;
  functions_.tracepoint_disable = ProcessEvents::disarm;
  functions_.attach = ProcessEvents::attach;
  functions_.detach = ProcessEvents::disarm;
  functions_.perf_arm = ProcessEvents::perf_arm;
  functions_.perf_disarm = ProcessEvents::disarm;
}

// The lock for writing. Without the count, readers that come again and again would keep it.
class ProcessHost::ArmingGuard {
 public:
  explicit ArmingGuard(ProcessHost& host) : host_(host) {
    host_.arming_.fetch_add(1, std::memory_order_relaxed);
    host_.armed_mutex_.lock();
  }
  ~ArmingGuard() {
    host_.armed_mutex_.unlock();
    host_.arming_.fetch_sub(1, std::memory_order_relaxed);
  }
  ArmingGuard(const ArmingGuard&) = delete;
  ArmingGuard& operator=(const ArmingGuard&) = delete;

 private:
  ProcessHost& host_;
};

int ProcessHost::arm(Armed armed, void** handle) {
  const ArmingGuard guard(*this);
  armed_.push_back(std::make_unique<Armed>(std::move(armed)));
  *handle = armed_.back().get();
  return 0;
}

void ProcessHost::disarm(void* handle) {
  const ArmingGuard guard(*this);
  std::erase_if(armed_, [&](const auto& armed) { return armed.get() == handle; });
}

uint32_t ProcessHost::fire(const Armed& like, void* context) {
  ThreadState& own = thread_state(number_);
  // An event within an event: the lock is held already.
  std::shared_lock guard(armed_mutex_, std::defer_lock);
  if (own.firing++ == 0) {
    while (arming_.load(std::memory_order_relaxed) != 0) std::this_thread::yield();
    guard.lock();
  }
  uint32_t fired = 0;
  for (const auto& armed : armed_) {
    const bool same = armed->source == like.source && armed->name == like.name &&
                      armed->number == like.number && armed->type == like.type &&
                      armed->is_return == like.is_return && armed->is_user == like.is_user;
    if (!same) continue;
    ++fired;
    if (fire_ != nullptr) result = fire_(shim_, armed->cookie, context);
  }
  --thread_state(number_).firing;
  return fired;
}

uint64_t ProcessHost::last_result() { return result; }

void ProcessHost::add_symbol(const std::string& name, uint64_t address) {
  const std::lock_guard guard(mutex_);
  symbols_[name] = address;
}

uint64_t ProcessHost::add_tracepoint(const std::string& name, uint32_t context_size) {
  const std::lock_guard guard(mutex_);
  const uint64_t id = 100 + tracepoints_.size();
  return tracepoints_.try_emplace(name, Tracepoint{.id = id, .context_size = context_size})
      .first->second.id;
}

void ProcessHost::set_stack(std::vector<uint64_t> kernel, std::vector<uint64_t> user) {
  const std::lock_guard guard(mutex_);
  kernel_stack_ = std::move(kernel);
  user_stack_ = std::move(user);
}

uint64_t ProcessHost::tracepoint_id(std::string_view name) {
  const std::lock_guard guard(mutex_);
  const auto found = tracepoints_.find(name);
  return found == tracepoints_.end() ? 0 : found->second.id;
}

uint32_t ProcessHost::fire_probe(std::string_view symbol, void* registers, bool is_return) {
  return fire({.source = Source::kProbe, .name = std::string(symbol), .is_return = is_return},
              registers);
}

uint32_t ProcessHost::fire_uprobe(std::string_view path, uint64_t offset, void* registers,
                                  bool is_return) {
  return fire({.source = Source::kProbe,
               .name = std::string(path),
               .number = offset,
               .is_return = is_return,
               .is_user = true},
              registers);
}

uint32_t ProcessHost::fire_tracepoint(std::string_view name, void* record) {
  return fire({.source = Source::kTracepoint, .name = {}, .number = tracepoint_id(name)}, record);
}

uint32_t ProcessHost::fire_raw_tracepoint(std::string_view name, uint64_t* arguments) {
  return fire({.source = Source::kRawTracepoint, .name = {}, .number = tracepoint_id(name)},
              arguments);
}

uint32_t ProcessHost::fire_attached(uint32_t attach_type, uint64_t target, void* context) {
  return fire({.source = Source::kAttach, .name = {}, .number = target, .type = attach_type},
              context);
}

uint32_t ProcessHost::fire_perf(uint32_t type, uint64_t config) {
  return fire({.source = Source::kPerf, .name = {}, .number = config, .type = type}, nullptr);
}

}  // namespace zext::shim
