#include "kernel_shim/programs/attributes.h"

#include <errno.h>
#include <linux/btf.h>

#include "kernel_shim/bpf/command.h"

namespace zext::shim {
namespace {

// In enum bpf_prog_type of 5.19, whatever the headers at hand know.
constexpr uint32_t kProgramTypes = BPF_PROG_TYPE_SYSCALL + 1;

constexpr uint32_t kXdpHasFrags = 1u << 5;  // BPF_F_XDP_HAS_FRAGS, of 5.18
constexpr uint32_t kKnownFlags = BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT |
                                 BPF_F_TEST_RND_HI32 | BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE |
                                 kXdpHasFrags;

constexpr const char* kGplCompatible[] = {
    "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};

template <typename... Values>
constexpr bool is_one_of(uint32_t value, Values... values) {
  return ((value == static_cast<uint32_t>(values)) || ...);
}

constexpr bool needs_net_admin(uint32_t type) {
  return is_one_of(type, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT, BPF_PROG_TYPE_XDP,
                   BPF_PROG_TYPE_LWT_IN, BPF_PROG_TYPE_LWT_OUT, BPF_PROG_TYPE_LWT_XMIT,
                   BPF_PROG_TYPE_LWT_SEG6LOCAL, BPF_PROG_TYPE_SK_SKB, BPF_PROG_TYPE_SK_MSG,
                   BPF_PROG_TYPE_LIRC_MODE2, BPF_PROG_TYPE_FLOW_DISSECTOR,
                   BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_SOCK,
                   BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_PROG_TYPE_CGROUP_SOCKOPT,
                   BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_PROG_TYPE_SOCK_OPS, BPF_PROG_TYPE_EXT);
}

constexpr bool needs_perfmon(uint32_t type) {
  return is_one_of(type, BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT, BPF_PROG_TYPE_PERF_EVENT,
                   BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
                   BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_STRUCT_OPS,
                   BPF_PROG_TYPE_EXT);
}

// Whether programs of the type can be attached so; types that do not care take any.
constexpr bool takes_attach_type(uint32_t type, uint32_t attach) {
  switch (type) {
    case BPF_PROG_TYPE_CGROUP_SOCK:
      return is_one_of(attach, BPF_CGROUP_INET_SOCK_CREATE, BPF_CGROUP_INET_SOCK_RELEASE,
                       BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND);
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
      return is_one_of(
          attach, BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND, BPF_CGROUP_INET4_CONNECT,
          BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_INET4_GETPEERNAME, BPF_CGROUP_INET6_GETPEERNAME,
          BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_INET6_GETSOCKNAME, BPF_CGROUP_UDP4_SENDMSG,
          BPF_CGROUP_UDP6_SENDMSG, BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG);
    case BPF_PROG_TYPE_CGROUP_SKB:
      return is_one_of(attach, BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS);
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
      return is_one_of(attach, BPF_CGROUP_SETSOCKOPT, BPF_CGROUP_GETSOCKOPT);
    case BPF_PROG_TYPE_SK_LOOKUP:
      return attach == BPF_SK_LOOKUP;
    case BPF_PROG_TYPE_SK_REUSEPORT:
      return is_one_of(attach, BPF_SK_REUSEPORT_SELECT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE);
    case BPF_PROG_TYPE_SYSCALL:
    case BPF_PROG_TYPE_EXT:
      return attach == 0;
    default:
      return true;
  }
}

}  // namespace

int check_program_flags(uint32_t flags) { return (flags & ~kKnownFlags) == 0 ? 0 : -EINVAL; }

bool is_gpl_compatible(const char* license) {
  for (const char* known : kGplCompatible) {
    if (__builtin_strcmp(license, known) == 0) return true;
  }
  return false;
}

int check_length(const Kernel& kernel, uint32_t count) {
  const uint32_t most = has_capability(kernel, KSHIM_CAP_BPF) ? kMaxInsns : kMaxUnprivilegedInsns;
  return count == 0 || count > most ? -E2BIG : 0;
}

int check_type_allowed(const Kernel& kernel, uint32_t type) {
  const bool for_anybody = is_one_of(type, BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_CGROUP_SKB);
  if (!for_anybody && !has_capability(kernel, KSHIM_CAP_BPF)) return -EPERM;
  if (needs_net_admin(type) && !has_capability(kernel, KSHIM_CAP_NET_ADMIN)) return -EPERM;
  if (needs_perfmon(type) && !has_capability(kernel, KSHIM_CAP_PERFMON)) return -EPERM;
  return 0;
}

uint32_t default_attach_type(uint32_t type, uint32_t attach_type) {
  if (attach_type != 0) return attach_type;
  if (type == BPF_PROG_TYPE_CGROUP_SOCK) return BPF_CGROUP_INET_SOCK_CREATE;
  if (type == BPF_PROG_TYPE_SK_REUSEPORT) return BPF_SK_REUSEPORT_SELECT;
  return 0;
}

int check_attach_attributes(const AttachAttributes& attributes) {
  const uint32_t type = attributes.type;
  if (attributes.btf_id != 0) {
    if (attributes.btf_id > BTF_MAX_TYPE) return -EINVAL;
    if (!attributes.has_btf && !attributes.has_program) return -EINVAL;
    if (!is_one_of(type, BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_STRUCT_OPS,
                   BPF_PROG_TYPE_EXT)) {
      return -EINVAL;
    }
  }
  if (attributes.has_btf && (attributes.btf_id == 0 || attributes.has_program)) return -EINVAL;
  if (attributes.has_program && !is_one_of(type, BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_EXT)) {
    return -EINVAL;
  }
  return takes_attach_type(type, attributes.attach_type) ? 0 : -EINVAL;
}

int check_type_known(uint32_t type) {
  return type != BPF_PROG_TYPE_UNSPEC && type < kProgramTypes ? 0 : -EINVAL;
}

}  // namespace zext::shim
