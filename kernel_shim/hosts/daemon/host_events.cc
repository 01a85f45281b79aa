// kshim_host for attach points: probes, tracepoints and functions, by the names that events have.

#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include <cstdio>
#include <cstring>
#include <new>
#include <string>

#include "kernel_shim/hosts/daemon/daemon.h"

namespace zext::shim::daemon {
namespace {

// The name of an attach point of a function, or null: nothing of this host's.
const char* prefix_of(uint32_t attach_type) {
  switch (attach_type) {
    case BPF_TRACE_FENTRY:
      return "fentry:";
    case BPF_TRACE_FEXIT:
      return "fexit:";
    case BPF_MODIFY_RETURN:
      return "fmod_ret:";
    case BPF_LSM_MAC:
      return "lsm:";
    case BPF_TRACE_RAW_TP:
      return "tp_btf:";
    default:
      return nullptr;
  }
}

constexpr const char* kTracepointType = "btf_trace_";

std::string hexadecimal(uint64_t number) {
  char text[24];
  snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

struct HostEvents {
  static Daemon& of(void* context) { return *static_cast<Daemon*>(context); }

  static int arm(void* context, const std::string& point, uint64_t cookie, void** handle) {
    *handle = of(context).events_.arm(point, cookie);
    return 0;
  }
  static void disarm(void* context, void* handle) { of(context).events_.disarm(handle); }

  static int probe_arm(void* context, const kshim_probe* probe, uint64_t cookie, void** handle) {
    std::string point = probe->is_user ? "u" : "k";
    point += probe->is_return ? "retprobe:" : "probe:";
    if (probe->symbol == nullptr || *probe->symbol == 0) {
      return arm(context, point + hexadecimal(probe->address), cookie, handle);
    }
    // As Linux: a kernel function has to be there.
    if (!probe->is_user && !of(context).machine_.has_function(probe->symbol)) return -ENOENT;
    point += probe->symbol;
    if (probe->is_user || probe->address != 0) point += "+" + hexadecimal(probe->address);
    return arm(context, point, cookie, handle);
  }

  static int tracepoint_find(void* context, const char* name, uint64_t id,
                             kshim_tracepoint* tracepoint) {
    Machine& machine = of(context).machine_;
    const auto found =
        name != nullptr ? machine.tracepoint_named(name) : machine.tracepoint_by_id(id);
    if (!found) return -ENOENT;
    *tracepoint = {.id = found->id, .name = {}, .context_size = found->size};
    strncpy(tracepoint->name, found->name.c_str(), sizeof tracepoint->name - 1);
    return 0;
  }

  static int tracepoint_enable(void* context, uint64_t id, bool raw, uint64_t cookie,
                               void** handle) {
    const auto found = of(context).machine_.tracepoint_by_id(id);
    if (!found) return -ENOENT;
    const std::string point =
        raw ? "raw_tracepoint:" + found->name : "tracepoint:" + found->category + "/" + found->name;
    return arm(context, point, cookie, handle);
  }

  static int attach(void* context, uint32_t attach_type, uint64_t target, uint64_t cookie,
                    void** handle) {
    const char* prefix = prefix_of(attach_type);
    const btf* types = of(context).machine_.types();
    if (prefix == nullptr || types == nullptr) return -EOPNOTSUPP;
    const btf_type* type = btf__type_by_id(types, static_cast<uint32_t>(target));
    const char* name = type == nullptr ? nullptr : btf__name_by_offset(types, type->name_off);
    if (name == nullptr || *name == 0) return -EINVAL;
    if (attach_type == BPF_TRACE_RAW_TP && strncmp(name, kTracepointType, 10) == 0) name += 10;
    return arm(context, std::string(prefix) + name, cookie, handle);
  }

  // Fired by name, and the clocks by time.
  struct PerfHandle {
    void* event = nullptr;
    void* tick = nullptr;
  };
  static int perf_arm(void* context, uint32_t type, uint64_t config, uint64_t period,
                      bool frequency, int32_t /*pid*/, int32_t cpu, uint64_t cookie,
                      void** handle) {
    auto* both = new (std::nothrow) PerfHandle();
    if (both == nullptr) return -ENOMEM;
    both->event = of(context).events_.arm(
        "perf:" + std::to_string(type) + ":" + std::to_string(config), cookie);
    const bool is_clock = type == PERF_TYPE_SOFTWARE &&
                          (config == PERF_COUNT_SW_CPU_CLOCK || config == PERF_COUNT_SW_TASK_CLOCK);
    if (is_clock && period != 0) {
      both->tick =
          of(context).sampler_.add(cookie, frequency ? 1'000'000'000 / period : period, cpu);
    }
    *handle = both;
    return 0;
  }
  static void perf_disarm(void* context, void* handle) {
    auto* both = static_cast<PerfHandle*>(handle);
    of(context).events_.disarm(both->event);
    if (both->tick != nullptr) of(context).sampler_.remove(both->tick);
    delete both;
  }
};

void fill_events(kshim_host* functions) {
  functions->probe_arm = HostEvents::probe_arm;
  functions->probe_disarm = HostEvents::disarm;
  functions->tracepoint_find = HostEvents::tracepoint_find;
  functions->tracepoint_enable = HostEvents::tracepoint_enable;
  functions->tracepoint_disable = HostEvents::disarm;
  functions->attach = HostEvents::attach;
  functions->detach = HostEvents::disarm;
  functions->perf_arm = HostEvents::perf_arm;
  functions->perf_disarm = HostEvents::perf_disarm;
}

}  // namespace zext::shim::daemon
