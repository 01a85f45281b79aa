#include "object/section_type.h"

#include <cctype>
#include <cstddef>

namespace zext::object {
namespace {

struct Row {
  std::string_view prefix;
  ProgramType type;
  uint8_t attach_type = kNoAttachType;
  bool sleepable = false;
};

constexpr bool kSleepable = true;

// The longest prefix that fits decides; see fits(). Numbers are Linux's enum bpf_attach_type, of
// which Debian's headers do not have all.
constexpr Row kRows[] = {
    {"plain", ProgramType::kPlainMemory},
    {"socket", ProgramType::kSocketFilter},
    {"sk_reuseport", ProgramType::kSkReuseport, 39},
    {"sk_reuseport/migrate", ProgramType::kSkReuseport, 40},
    {"kprobe", ProgramType::kKprobe},
    {"kretprobe", ProgramType::kKprobe},
    {"kprobe.multi", ProgramType::kKprobe, 42},
    {"kretprobe.multi", ProgramType::kKprobe, 42},
    {"kprobe.session", ProgramType::kKprobe, 56},
    {"uprobe", ProgramType::kKprobe},
    {"uprobe.s", ProgramType::kKprobe, kNoAttachType, kSleepable},
    {"uretprobe", ProgramType::kKprobe},
    {"uretprobe.s", ProgramType::kKprobe, kNoAttachType, kSleepable},
    {"uprobe.multi", ProgramType::kKprobe, 48},
    {"uprobe.multi.s", ProgramType::kKprobe, 48, kSleepable},
    {"uretprobe.multi", ProgramType::kKprobe, 48},
    {"uretprobe.multi.s", ProgramType::kKprobe, 48, kSleepable},
    {"uprobe.session", ProgramType::kKprobe, 57},
    {"uprobe.session.s", ProgramType::kKprobe, 57, kSleepable},
    {"ksyscall", ProgramType::kKprobe},
    {"kretsyscall", ProgramType::kKprobe},
    {"usdt", ProgramType::kKprobe},
    {"usdt.s", ProgramType::kKprobe, kNoAttachType, kSleepable},
    {"tc", ProgramType::kSchedCls},
    {"tc/ingress", ProgramType::kSchedCls, 46},
    {"tc/egress", ProgramType::kSchedCls, 47},
    {"tcx", ProgramType::kSchedCls},
    {"tcx/ingress", ProgramType::kSchedCls, 46},
    {"tcx/egress", ProgramType::kSchedCls, 47},
    {"netkit", ProgramType::kSchedCls},
    {"netkit/primary", ProgramType::kSchedCls, 54},
    {"netkit/peer", ProgramType::kSchedCls, 55},
    {"classifier", ProgramType::kSchedCls},
    {"action", ProgramType::kSchedAct},
    {"tracepoint", ProgramType::kTracepoint},
    {"tp", ProgramType::kTracepoint},
    {"raw_tracepoint", ProgramType::kRawTracepoint},
    {"raw_tp", ProgramType::kRawTracepoint},
    {"raw_tracepoint.w", ProgramType::kRawTracepointWritable},
    {"raw_tp.w", ProgramType::kRawTracepointWritable},
    {"tp_btf", ProgramType::kTracing, 23},
    {"fentry", ProgramType::kTracing, 24},
    {"fentry.s", ProgramType::kTracing, 24, kSleepable},
    {"fexit", ProgramType::kTracing, 25},
    {"fexit.s", ProgramType::kTracing, 25, kSleepable},
    {"fmod_ret", ProgramType::kTracing, 26},
    {"fmod_ret.s", ProgramType::kTracing, 26, kSleepable},
    {"iter", ProgramType::kTracing, 28},
    {"iter.s", ProgramType::kTracing, 28, kSleepable},
    {"freplace", ProgramType::kExtension},
    {"lsm", ProgramType::kLsm, 27},
    {"lsm.s", ProgramType::kLsm, 27, kSleepable},
    {"lsm_cgroup", ProgramType::kLsm, 43},
    {"syscall", ProgramType::kSyscall, kNoAttachType, kSleepable},
    {"xdp", ProgramType::kXdp, 37},
    {"xdp/devmap", ProgramType::kXdp, 33},
    {"xdp.frags/devmap", ProgramType::kXdp, 33},
    {"xdp_devmap", ProgramType::kXdp, 33},
    {"xdp/cpumap", ProgramType::kXdp, 35},
    {"xdp.frags/cpumap", ProgramType::kXdp, 35},
    {"xdp_cpumap", ProgramType::kXdp, 35},
    {"perf_event", ProgramType::kPerfEvent},
    {"lwt_in", ProgramType::kLwtIn},
    {"lwt_out", ProgramType::kLwtOut},
    {"lwt_xmit", ProgramType::kLwtXmit},
    {"lwt_seg6local", ProgramType::kLwtSeg6Local},
    {"sockops", ProgramType::kSockOps, 3},
    {"sk_skb", ProgramType::kSkSkb},
    {"sk_skb/stream_parser", ProgramType::kSkSkb, 4},
    {"sk_skb/stream_verdict", ProgramType::kSkSkb, 5},
    {"sk_skb/verdict", ProgramType::kSkSkb, 38},
    {"sk_msg", ProgramType::kSkMsg, 7},
    {"lirc_mode2", ProgramType::kLircMode2, 16},
    {"flow_dissector", ProgramType::kFlowDissector, 17},
    {"cgroup_skb", ProgramType::kCgroupSkb, 0},
    {"cgroup_skb/ingress", ProgramType::kCgroupSkb, 0},
    {"cgroup_skb/egress", ProgramType::kCgroupSkb, 1},
    {"cgroup/skb", ProgramType::kCgroupSkb, 0},
    {"cgroup/sock", ProgramType::kCgroupSock, 2},
    {"cgroup/sock_create", ProgramType::kCgroupSock, 2},
    {"cgroup/sock_release", ProgramType::kCgroupSock, 34},
    {"cgroup/post_bind4", ProgramType::kCgroupSock, 12},
    {"cgroup/post_bind6", ProgramType::kCgroupSock, 13},
    {"cgroup/bind4", ProgramType::kCgroupSockAddr, 8},
    {"cgroup/bind6", ProgramType::kCgroupSockAddr, 9},
    {"cgroup/connect4", ProgramType::kCgroupSockAddr, 10},
    {"cgroup/connect6", ProgramType::kCgroupSockAddr, 11},
    {"cgroup/connect_unix", ProgramType::kCgroupSockAddr, 49},
    {"cgroup/sendmsg4", ProgramType::kCgroupSockAddr, 14},
    {"cgroup/sendmsg6", ProgramType::kCgroupSockAddr, 15},
    {"cgroup/sendmsg_unix", ProgramType::kCgroupSockAddr, 50},
    {"cgroup/recvmsg4", ProgramType::kCgroupSockAddr, 19},
    {"cgroup/recvmsg6", ProgramType::kCgroupSockAddr, 20},
    {"cgroup/recvmsg_unix", ProgramType::kCgroupSockAddr, 51},
    {"cgroup/getpeername4", ProgramType::kCgroupSockAddr, 29},
    {"cgroup/getpeername6", ProgramType::kCgroupSockAddr, 30},
    {"cgroup/getpeername_unix", ProgramType::kCgroupSockAddr, 52},
    {"cgroup/getsockname4", ProgramType::kCgroupSockAddr, 31},
    {"cgroup/getsockname6", ProgramType::kCgroupSockAddr, 32},
    {"cgroup/getsockname_unix", ProgramType::kCgroupSockAddr, 53},
    {"cgroup/sysctl", ProgramType::kCgroupSysctl, 18},
    {"cgroup/getsockopt", ProgramType::kCgroupSockopt, 21},
    {"cgroup/setsockopt", ProgramType::kCgroupSockopt, 22},
    {"cgroup/dev", ProgramType::kCgroupDevice, 6},
    {"struct_ops", ProgramType::kStructOps},
    {"struct_ops.s", ProgramType::kStructOps, kNoAttachType, kSleepable},
    {"sk_lookup", ProgramType::kSkLookup, 36},
    {"netfilter", ProgramType::kNetfilter, 45},
};

// A name continues its prefix with anything but a letter: "xdp", "xdp/cpumap", "xdp.frags",
// "xdp_filter", "socket1".
bool fits(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  return name.size() == prefix.size() ||
         std::isalpha(static_cast<unsigned char>(name[prefix.size()])) == 0;
}

}  // namespace

SectionType section_type(std::string_view name) {
  if (name.starts_with('?')) name.remove_prefix(1);
  SectionType best;
  size_t length = 0;
  for (const Row& row : kRows) {
    if (row.prefix.size() <= length || !fits(name, row.prefix)) continue;
    const std::string_view rest = name.substr(row.prefix.size());
    best = {.type = row.type,
            .attach_type = row.attach_type,
            .sleepable = row.sleepable,
            .target = rest.starts_with('/') ? rest.substr(1) : std::string_view()};
    length = row.prefix.size();
  }
  return best;
}

}  // namespace zext::object
