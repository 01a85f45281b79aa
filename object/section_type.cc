#include "object/section_type.h"

#include <cctype>
#include <cstddef>

namespace zext::object {
namespace {

struct Row {
  std::string_view prefix;
  ProgramType type;
};

// The longest prefix that fits decides; see fits().
constexpr Row kRows[] = {
    {"plain", ProgramType::kPlainMemory},
    {"socket", ProgramType::kSocketFilter},
    {"sk_reuseport", ProgramType::kSkReuseport},
    {"kprobe", ProgramType::kKprobe},
    {"kretprobe", ProgramType::kKprobe},
    {"uprobe", ProgramType::kKprobe},
    {"uretprobe", ProgramType::kKprobe},
    {"ksyscall", ProgramType::kKprobe},
    {"kretsyscall", ProgramType::kKprobe},
    {"usdt", ProgramType::kKprobe},
    {"tc", ProgramType::kSchedCls},
    {"tcx", ProgramType::kSchedCls},
    {"netkit", ProgramType::kSchedCls},
    {"classifier", ProgramType::kSchedCls},
    {"action", ProgramType::kSchedAct},
    {"tracepoint", ProgramType::kTracepoint},
    {"tp", ProgramType::kTracepoint},
    {"raw_tracepoint", ProgramType::kRawTracepoint},
    {"raw_tp", ProgramType::kRawTracepoint},
    {"raw_tracepoint.w", ProgramType::kRawTracepointWritable},
    {"raw_tp.w", ProgramType::kRawTracepointWritable},
    {"tp_btf", ProgramType::kTracing},
    {"fentry", ProgramType::kTracing},
    {"fexit", ProgramType::kTracing},
    {"fmod_ret", ProgramType::kTracing},
    {"iter", ProgramType::kTracing},
    {"freplace", ProgramType::kExtension},
    {"lsm", ProgramType::kLsm},
    {"lsm_cgroup", ProgramType::kLsm},
    {"syscall", ProgramType::kSyscall},
    {"xdp", ProgramType::kXdp},
    {"perf_event", ProgramType::kPerfEvent},
    {"lwt_in", ProgramType::kLwtIn},
    {"lwt_out", ProgramType::kLwtOut},
    {"lwt_xmit", ProgramType::kLwtXmit},
    {"lwt_seg6local", ProgramType::kLwtSeg6Local},
    {"sockops", ProgramType::kSockOps},
    {"sk_skb", ProgramType::kSkSkb},
    {"sk_msg", ProgramType::kSkMsg},
    {"lirc_mode2", ProgramType::kLircMode2},
    {"flow_dissector", ProgramType::kFlowDissector},
    {"cgroup_skb", ProgramType::kCgroupSkb},
    {"cgroup/skb", ProgramType::kCgroupSkb},
    {"cgroup/sock", ProgramType::kCgroupSock},
    {"cgroup/sock_create", ProgramType::kCgroupSock},
    {"cgroup/sock_release", ProgramType::kCgroupSock},
    {"cgroup/post_bind", ProgramType::kCgroupSock},
    {"cgroup/bind", ProgramType::kCgroupSockAddr},
    {"cgroup/connect", ProgramType::kCgroupSockAddr},
    {"cgroup/connect_unix", ProgramType::kCgroupSockAddr},
    {"cgroup/sendmsg", ProgramType::kCgroupSockAddr},
    {"cgroup/sendmsg_unix", ProgramType::kCgroupSockAddr},
    {"cgroup/recvmsg", ProgramType::kCgroupSockAddr},
    {"cgroup/recvmsg_unix", ProgramType::kCgroupSockAddr},
    {"cgroup/getpeername", ProgramType::kCgroupSockAddr},
    {"cgroup/getpeername_unix", ProgramType::kCgroupSockAddr},
    {"cgroup/getsockname", ProgramType::kCgroupSockAddr},
    {"cgroup/getsockname_unix", ProgramType::kCgroupSockAddr},
    {"cgroup/sysctl", ProgramType::kCgroupSysctl},
    {"cgroup/getsockopt", ProgramType::kCgroupSockopt},
    {"cgroup/setsockopt", ProgramType::kCgroupSockopt},
    {"cgroup/dev", ProgramType::kCgroupDevice},
    {"struct_ops", ProgramType::kStructOps},
    {"sk_lookup", ProgramType::kSkLookup},
    {"netfilter", ProgramType::kNetfilter},
};

// A name continues its prefix with anything but a letter: "xdp", "xdp/cpumap", "xdp.frags",
// "xdp_filter", "socket1", "cgroup/bind4".
bool fits(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  return name.size() == prefix.size() ||
         std::isalpha(static_cast<unsigned char>(name[prefix.size()])) == 0;
}

}  // namespace

ProgramType type_of_section(std::string_view name) {
  if (name.starts_with('?')) name.remove_prefix(1);
  ProgramType best = ProgramType::kUnspecified;
  size_t length = 0;
  for (const Row& row : kRows) {
    if (row.prefix.size() <= length || !fits(name, row.prefix)) continue;
    best = row.type;
    length = row.prefix.size();
  }
  return best;
}

}  // namespace zext::object
