#include "object/program.h"

#include <algorithm>

namespace zext::object {
namespace {

// The last element that starts at or before the slot; null where the first one starts behind it.
template <class T, class Start>
const T* last_before(const std::vector<T>& sorted, uint32_t slot, Start start) {
  const auto after = std::ranges::upper_bound(sorted, slot, {}, start);
  return after == sorted.begin() ? nullptr : &*(after - 1);
}

}  // namespace

const Line* line_at(const Program& program, uint32_t slot) {
  const Function* function = function_at(program, slot);
  const Line* line = last_before(program.lines, slot, &Line::slot);
  // A function without line information does not borrow the one before it.
  return function != nullptr && line != nullptr && line->slot >= function->first_slot ? line
                                                                                      : nullptr;
}

const Function* function_at(const Program& program, uint32_t slot) {
  if (slot >= program.slots.size()) return nullptr;
  return last_before(program.functions, slot, &Function::first_slot);
}

const char* name_of(ProgramType type) {
  switch (type) {
    case ProgramType::kUnspecified:
      return "unspecified";
    case ProgramType::kSocketFilter:
      return "socket_filter";
    case ProgramType::kKprobe:
      return "kprobe";
    case ProgramType::kSchedCls:
      return "sched_cls";
    case ProgramType::kSchedAct:
      return "sched_act";
    case ProgramType::kTracepoint:
      return "tracepoint";
    case ProgramType::kXdp:
      return "xdp";
    case ProgramType::kPerfEvent:
      return "perf_event";
    case ProgramType::kCgroupSkb:
      return "cgroup_skb";
    case ProgramType::kCgroupSock:
      return "cgroup_sock";
    case ProgramType::kLwtIn:
      return "lwt_in";
    case ProgramType::kLwtOut:
      return "lwt_out";
    case ProgramType::kLwtXmit:
      return "lwt_xmit";
    case ProgramType::kSockOps:
      return "sock_ops";
    case ProgramType::kSkSkb:
      return "sk_skb";
    case ProgramType::kCgroupDevice:
      return "cgroup_device";
    case ProgramType::kSkMsg:
      return "sk_msg";
    case ProgramType::kRawTracepoint:
      return "raw_tracepoint";
    case ProgramType::kCgroupSockAddr:
      return "cgroup_sock_addr";
    case ProgramType::kLwtSeg6Local:
      return "lwt_seg6local";
    case ProgramType::kLircMode2:
      return "lirc_mode2";
    case ProgramType::kSkReuseport:
      return "sk_reuseport";
    case ProgramType::kFlowDissector:
      return "flow_dissector";
    case ProgramType::kCgroupSysctl:
      return "cgroup_sysctl";
    case ProgramType::kRawTracepointWritable:
      return "raw_tracepoint_writable";
    case ProgramType::kCgroupSockopt:
      return "cgroup_sockopt";
    case ProgramType::kTracing:
      return "tracing";
    case ProgramType::kStructOps:
      return "struct_ops";
    case ProgramType::kExtension:
      return "extension";
    case ProgramType::kLsm:
      return "lsm";
    case ProgramType::kSkLookup:
      return "sk_lookup";
    case ProgramType::kSyscall:
      return "syscall";
    case ProgramType::kNetfilter:
      return "netfilter";
    case ProgramType::kPlainMemory:
      return "plain_memory";
  }
  return "unknown";
}

}  // namespace zext::object
