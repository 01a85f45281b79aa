// Linux 5.19's program types, one row where contexts, helpers and results agree.
#include "verifier/platform/helper_sets.h"
#include "verifier/platform/other_contexts.h"
#include "verifier/platform/skb_contexts.h"
#include "verifier/platform/socket_contexts.h"
#include "verifier/platform/variants.h"

namespace zext::verifier {
namespace {

constexpr uint64_t kPacketMax = 0xffff;
constexpr uint64_t kMetaMax = 0xff;
constexpr ResultRange kBoolean{.low = 0, .high = 1};

constexpr Platform xdp(const char* name, uint8_t attach_type, std::span<const Field> context) {
  return {.name = name,
          .type = 6,
          .attach_type = attach_type,
          .context = context,
          .packet = PacketAccess::kWrite,
          .packet_max = kPacketMax,
          .meta_max = kMetaMax,
          .helpers = helper_sets::kXdp,
          .updates_sockets = true};
}

constexpr Platform sched(const char* name, uint8_t type) {
  return {.name = name,
          .type = type,
          .context = contexts::kSchedCls,
          .packet = PacketAccess::kWrite,
          .packet_max = kPacketMax,
          .meta_max = kMetaMax,
          .helpers = helper_sets::kSchedCls,
          .packet_loads = true,
          .updates_sockets = true};
}

// Egress may also say that the packet met congestion: 2 and 3.
constexpr Platform cgroup_skb(const char* name, uint8_t attach_type, int64_t high) {
  return {.name = name,
          .type = 8,
          .attach_type = attach_type,
          .context = contexts::kCgroupSkb,
          .packet = PacketAccess::kRead,
          .packet_max = kPacketMax,
          .result = {.low = 0, .high = high},
          .helpers = helper_sets::kCgroupSkb};
}

constexpr Platform cgroup_sock(const char* name, uint8_t attach_type,
                               std::span<const Field> context) {
  return {.name = name,
          .type = 9,
          .attach_type = attach_type,
          .context = context,
          .result = kBoolean,
          .helpers = helper_sets::kCgroupSock,
          .own_helpers = variants::kCgroupSock};
}

constexpr Platform lwt(const char* name, uint8_t type, PacketAccess packet,
                       const HelperSet& helpers) {
  return {.name = name,
          .type = type,
          .context = contexts::kLwt,
          .packet = packet,
          .packet_max = kPacketMax,
          .helpers = helpers};
}

constexpr Platform sock_addr(const char* name, uint8_t attach_type, std::span<const Field> context,
                             ResultRange result,
                             const HelperSet& helpers = helper_sets::kSockAddr) {
  return {.name = name,
          .type = 18,
          .attach_type = attach_type,
          .context = context,
          .result = result,
          .helpers = helpers,
          .own_helpers = variants::kTask};
}

constexpr Platform cgroup(const char* name, uint8_t type, std::span<const Field> context,
                          const HelperSet& helpers) {
  return {.name = name,
          .type = type,
          .context = context,
          .result = kBoolean,
          .helpers = helpers,
          .own_helpers = variants::kTask};
}

// The option's value is to the program what a packet is to others.
constexpr Platform sockopt(const char* name, uint8_t attach_type, std::span<const Field> context,
                           const HelperSet& helpers, std::span<const Helper> variants) {
  return {.name = name,
          .type = 25,
          .attach_type = attach_type,
          .context = context,
          .packet = PacketAccess::kWrite,
          .packet_arguments = PacketArguments::kAlways,
          .packet_max = kPacketMax,
          .result = kBoolean,
          .helpers = helpers,
          .own_helpers = variants};
}

constexpr Platform probe(const char* name, uint8_t type, std::span<const Field> context,
                         const HelperSet& helpers, bool may_sleep = false) {
  return {.name = name,
          .type = type,
          .context = context,
          .helpers = helpers,
          .may_sleep = may_sleep,
          .tracing = true};
}

constexpr Platform typed(const char* name, uint8_t type, uint8_t attach_type, ResultRange result,
                         const HelperSet& helpers, bool may_sleep) {
  return {.name = name,
          .type = type,
          .attach_type = attach_type,
          .entry = Entry::kBtf,
          .context = contexts::kTracing,
          .result = result,
          .helpers = helpers,
          .may_sleep = may_sleep,
          .own_helpers = variants::kTracing};
}

constexpr ResultRange kAnyResult{};
constexpr ResultRange kOne{.low = 1, .high = 1};
constexpr ResultRange kZero{.low = 0, .high = 0};
// May also keep the port's capability from being asked for: 2 and 3.
constexpr ResultRange kBind{.low = 0, .high = 3};
constexpr HelperSet kDecides = helper_sets::kSockAddrDecides;
constexpr HelperSet kConnect = helper_sets::kSockAddrConnect;

constexpr Platform kPlatforms[] = {
    {.name = "socket_filter",
     .type = 1,
     .context = contexts::kSocketFilter,
     .helpers = helper_sets::kSocketFilter,
     .spin_locks = false,
     .packet_loads = true,
     .updates_sockets = true},
    probe("kprobe", 2, contexts::kKprobe, helper_sets::kKprobe, true),
    sched("sched_cls", 3),
    sched("sched_act", 4),
    probe("tracepoint", 5, contexts::kTracepoint, helper_sets::kTracepoint),
    xdp("xdp", kAnyAttachType, contexts::kXdp),
    xdp("xdp_devmap", 33, contexts::kXdpDevmap),
    xdp("xdp_cpumap", 35, contexts::kXdp),
    probe("perf_event", 7, contexts::kPerfEvent, helper_sets::kPerfEvent),
    cgroup_skb("cgroup_skb/ingress", 0, 1),
    cgroup_skb("cgroup_skb/egress", 1, 3),
    cgroup_sock("cgroup_sock/create", 2, contexts::kSockCreate),
    cgroup_sock("cgroup_sock/release", 34, contexts::kSockCreate),
    cgroup_sock("cgroup_sock/post_bind4", 12, contexts::kSockPostBind4),
    cgroup_sock("cgroup_sock/post_bind6", 13, contexts::kSockPostBind6),
    lwt("lwt_in", 10, PacketAccess::kRead, helper_sets::kLwtIn),
    lwt("lwt_out", 11, PacketAccess::kRead, helper_sets::kLwtOut),
    lwt("lwt_xmit", 12, PacketAccess::kWrite, helper_sets::kLwtXmit),
    {.name = "sock_ops",
     .type = 13,
     .context = contexts::kSockOps,
     .packet = PacketAccess::kRead,
     .packet_arguments = PacketArguments::kNever,
     .packet_max = kPacketMax,
     .result = kBoolean,
     .helpers = helper_sets::kSockOps,
     .deletes_sockets = true},
    {.name = "sk_skb",
     .type = 14,
     .context = contexts::kSkSkb,
     .packet = PacketAccess::kWrite,
     .packet_max = kPacketMax,
     .helpers = helper_sets::kSkSkb},
    cgroup("cgroup_device", 15, contexts::kCgroupDevice, helper_sets::kCgroupDevice),
    {.name = "sk_msg",
     .type = 16,
     .context = contexts::kSkMsg,
     .packet = PacketAccess::kWrite,
     .packet_max = kPacketMax,
     .helpers = helper_sets::kSkMsg,
     .own_helpers = variants::kTask},
    probe("raw_tracepoint", 17, contexts::kRawTracepoint, helper_sets::kRawTracepoint),
    sock_addr("cgroup_sock_addr/bind4", 8, contexts::kSockAddr4, kBind, kDecides),
    sock_addr("cgroup_sock_addr/bind6", 9, contexts::kSockAddr6, kBind, kDecides),
    sock_addr("cgroup_sock_addr/connect4", 10, contexts::kSockAddr4, kBoolean, kConnect),
    sock_addr("cgroup_sock_addr/connect6", 11, contexts::kSockAddr6, kBoolean, kConnect),
    sock_addr("cgroup_sock_addr/sendmsg4", 14, contexts::kSockAddr4Send, kBoolean, kDecides),
    sock_addr("cgroup_sock_addr/sendmsg6", 15, contexts::kSockAddr6Send, kBoolean, kDecides),
    sock_addr("cgroup_sock_addr/recvmsg4", 19, contexts::kSockAddr4, kOne),
    sock_addr("cgroup_sock_addr/recvmsg6", 20, contexts::kSockAddr6, kOne),
    sock_addr("cgroup_sock_addr/getpeername4", 29, contexts::kSockAddr4, kOne),
    sock_addr("cgroup_sock_addr/getpeername6", 30, contexts::kSockAddr6, kOne),
    sock_addr("cgroup_sock_addr/getsockname4", 31, contexts::kSockAddr4, kOne),
    sock_addr("cgroup_sock_addr/getsockname6", 32, contexts::kSockAddr6, kOne),
    lwt("lwt_seg6local", 19, PacketAccess::kRead, helper_sets::kLwtSeg6),
    {.name = "lirc_mode2", .type = 20, .context = contexts::kLirc, .helpers = helper_sets::kLirc},
    {.name = "sk_reuseport",
     .type = 21,
     .context = contexts::kSkReuseport,
     .packet = PacketAccess::kRead,
     .packet_max = kPacketMax,
     .helpers = helper_sets::kSkReuseport,
     .updates_sockets = true,
     .own_helpers = variants::kSkReuseport},
    {.name = "flow_dissector",
     .type = 22,
     .context = contexts::kFlowDissector,
     .packet = PacketAccess::kRead,
     .packet_max = kPacketMax,
     .helpers = helper_sets::kFlowDissector,
     .updates_sockets = true},
    cgroup("cgroup_sysctl", 23, contexts::kSysctl, helper_sets::kCgroupSysctl),
    probe("raw_tracepoint_writable", 24, contexts::kRawTracepointWritable,
          helper_sets::kRawTracepoint),
    sockopt("cgroup_sockopt/get", 21, contexts::kGetSockopt, helper_sets::kGetSockopt,
            variants::kTask),
    sockopt("cgroup_sockopt/set", 22, contexts::kSetSockopt, helper_sets::kSetSockopt,
            variants::kSetSockopt),
    typed("tracing/raw_tp", 26, 23, kAnyResult, helper_sets::kTracing, false),
    typed("tracing/fentry", 26, 24, kZero, helper_sets::kFunction, true),
    typed("tracing/fexit", 26, 25, kZero, helper_sets::kFunction, true),
    typed("tracing/modify_return", 26, 26, kAnyResult, helper_sets::kFunction, true),
    [] {
      Platform iterator = typed("tracing/iter", 26, 28, kBoolean, helper_sets::kIterator, true);
      iterator.updates_sockets = true;
      return iterator;
    }(),
    {.name = "struct_ops",
     .type = 27,
     .entry = Entry::kBtf,
     .context = contexts::kTracing,
     .helpers = helper_sets::kStructOps,
     .own_helpers = variants::kStructOps},
    // What it replaces decides on its context and helpers; on its own it may only compute.
    {.name = "extension", .type = 28},
    typed("lsm", 29, kAnyAttachType, kAnyResult, helper_sets::kLsm, true),
    typed("lsm_cgroup", 29, 43, kBoolean, helper_sets::kLsmCgroup, false),
    {.name = "sk_lookup",
     .type = 30,
     .context = contexts::kSkLookup,
     .result = kBoolean,
     .helpers = helper_sets::kSkLookup,
     .updates_sockets = true,
     .own_helpers = variants::kSkLookup},
    {.name = "syscall",
     .type = 31,
     .context = contexts::kSyscall,
     .helpers = helper_sets::kSyscall,
     .may_sleep = true,
     .own_helpers = variants::kTracing},
    {.name = "plain_memory", .type = 255, .entry = Entry::kMemory, .memory_max = uint64_t{1} << 28},
};

}  // namespace

std::span<const Platform> platforms() { return kPlatforms; }

}  // namespace zext::verifier
