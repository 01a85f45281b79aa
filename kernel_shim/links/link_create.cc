// LINK_CREATE and RAW_TRACEPOINT_OPEN: a program is attached, and a link is what it is attached by.
#include <errno.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/links/attach_point.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/links/perf_event.h"

namespace zext::shim {
namespace {

constexpr uint32_t kTrampolinePrograms = 38;
// uapi/linux/if_link.h: XDP_FLAGS_SKB_MODE, _DRV_MODE, _HW_MODE.
constexpr uint32_t kXdpModes = 0xe;

// The program type of an attach type, as 5.19 has it for links.
uint32_t program_type_of(uint32_t attach_type) {
  switch (attach_type) {
    case BPF_CGROUP_INET_INGRESS:
    case BPF_CGROUP_INET_EGRESS:
      return BPF_PROG_TYPE_CGROUP_SKB;
    case BPF_CGROUP_INET_SOCK_CREATE:
    case BPF_CGROUP_INET_SOCK_RELEASE:
    case BPF_CGROUP_INET4_POST_BIND:
    case BPF_CGROUP_INET6_POST_BIND:
      return BPF_PROG_TYPE_CGROUP_SOCK;
    case BPF_CGROUP_INET4_BIND:
    case BPF_CGROUP_INET6_BIND:
    case BPF_CGROUP_INET4_CONNECT:
    case BPF_CGROUP_INET6_CONNECT:
    case BPF_CGROUP_INET4_GETPEERNAME:
    case BPF_CGROUP_INET6_GETPEERNAME:
    case BPF_CGROUP_INET4_GETSOCKNAME:
    case BPF_CGROUP_INET6_GETSOCKNAME:
    case BPF_CGROUP_UDP4_SENDMSG:
    case BPF_CGROUP_UDP6_SENDMSG:
    case BPF_CGROUP_UDP4_RECVMSG:
    case BPF_CGROUP_UDP6_RECVMSG:
      return BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
    case BPF_CGROUP_SOCK_OPS:
      return BPF_PROG_TYPE_SOCK_OPS;
    case BPF_CGROUP_DEVICE:
      return BPF_PROG_TYPE_CGROUP_DEVICE;
    case BPF_CGROUP_SYSCTL:
      return BPF_PROG_TYPE_CGROUP_SYSCTL;
    case BPF_CGROUP_GETSOCKOPT:
    case BPF_CGROUP_SETSOCKOPT:
      return BPF_PROG_TYPE_CGROUP_SOCKOPT;
    case BPF_SK_MSG_VERDICT:
      return BPF_PROG_TYPE_SK_MSG;
    case BPF_SK_SKB_STREAM_PARSER:
    case BPF_SK_SKB_STREAM_VERDICT:
    case BPF_SK_SKB_VERDICT:
      return BPF_PROG_TYPE_SK_SKB;
    case BPF_LIRC_MODE2:
      return BPF_PROG_TYPE_LIRC_MODE2;
    case BPF_FLOW_DISSECTOR:
      return BPF_PROG_TYPE_FLOW_DISSECTOR;
    case BPF_TRACE_ITER:
    case BPF_TRACE_RAW_TP:
    case BPF_TRACE_FENTRY:
    case BPF_TRACE_FEXIT:
    case BPF_MODIFY_RETURN:
      return BPF_PROG_TYPE_TRACING;
    case BPF_LSM_MAC:
      return BPF_PROG_TYPE_LSM;
    case BPF_SK_LOOKUP:
      return BPF_PROG_TYPE_SK_LOOKUP;
    case BPF_XDP:
      return BPF_PROG_TYPE_XDP;
    default:
      return BPF_PROG_TYPE_UNSPEC;
  }
}

// What the program was loaded for must fit: 0, -EINVAL, -EPERM.
int check_expected(Kernel& kernel, const Program& program, uint32_t attach_type) {
  switch (program.type) {
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_SK_LOOKUP:
      return attach_type == program.attach_type ? 0 : -EINVAL;
    case BPF_PROG_TYPE_CGROUP_SKB:
      // Anybody may load them.
      return has_capability(kernel, KSHIM_CAP_NET_ADMIN) ? 0 : -EPERM;
    default:
      return 0;
  }
}

int check_attach_type(const Program& program, uint32_t attach_type) {
  bool fits = false;
  switch (program.type) {
    case BPF_PROG_TYPE_EXT:
      fits = true;
      break;
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_TRACEPOINT:
      fits = attach_type == BPF_PERF_EVENT;
      break;
    case BPF_PROG_TYPE_KPROBE:
      fits = attach_type == BPF_PERF_EVENT || attach_type == BPF_TRACE_KPROBE_MULTI;
      break;
    default:
      fits = program_type_of(attach_type) == program.type;
      break;
  }
  return fits ? 0 : -EINVAL;
}

Ref<Link> make_link(Kernel& kernel, uint32_t type, uint32_t attach_type) {
  auto* link = kernel.make<Link>(KSHIM_LINK);
  if (link != nullptr) {
    link->type = type;
    link->attach_type = attach_type;
  }
  return Ref<Link>::take(kernel, link);
}

// The link has the program from now on.
void give_program(Link& link, Program& program) {
  get(program);
  link.program = &program;
}

// An id and a descriptor for a link that is attached. If that fails the link goes, and detaches.
long publish(Kernel& kernel, Link& link) {
  const int error = kernel.ids(KSHIM_LINK).add(kernel, link);
  return error != 0 ? error : install_fd(kernel, link);
}

// Opens the point and adds the program, so that link_destroy undoes both.
int attach(Kernel& kernel, Link& link, Program& program, const PointRequest& request,
           const AddRules& rules) {
  AttachPoint* point = nullptr;
  int error = point_open(kernel, request, &point);
  if (error != 0) return error;
  error = point_add(kernel, *point, program, link.cookie, rules);
  if (error != 0) {
    point_close(kernel, point);
    return error;
  }
  link.point = point;
  give_program(link, program);
  return 0;
}

// --- raw tracepoints

long open_raw_tracepoint(Kernel& kernel, Program& program, const char* name) {
  const kshim_host& host = kernel.host().functions();
  kshim_tracepoint found{};
  if (host.tracepoint_find == nullptr || host.tracepoint_find(host.context, name, 0, &found) != 0) {
    return -ENOENT;
  }
  // No host says of a tracepoint that its first argument can be written.
  if (program.uses_buffer) return -EINVAL;
  const Ref<Link> link = make_link(kernel, BPF_LINK_TYPE_RAW_TRACEPOINT, program.attach_type);
  if (!link) return -ENOMEM;
  found.name[sizeof found.name - 1] = 0;
  __builtin_memcpy(link->target, found.name, sizeof link->target);
  const int error =
      attach(kernel, *link, program, {.kind = PointKind::kRawTracepoint, .target = found.id},
             {.twice = -EEXIST});
  return error != 0 ? error : publish(kernel, *link);
}

// --- trampolines: fentry, fexit, fmod_ret, LSM

bool has_trampoline(const Program& program) {
  switch (program.type) {
    case BPF_PROG_TYPE_TRACING:
      return program.attach_type == BPF_TRACE_FENTRY || program.attach_type == BPF_TRACE_FEXIT ||
             program.attach_type == BPF_MODIFY_RETURN;
    case BPF_PROG_TYPE_LSM:
      return program.attach_type == BPF_LSM_MAC;
    default:
      return false;
  }
}

long attach_tracing(Kernel& kernel, Program& program, uint32_t target_fd, uint32_t target_id,
                    uint64_t cookie) {
  // Programs that replace others' functions need a target; there are none of them here.
  if (!has_trampoline(program) || target_fd != 0 || target_id != 0) return -EINVAL;
  const Ref<Link> link = make_link(kernel, BPF_LINK_TYPE_TRACING, program.attach_type);
  if (!link) return -ENOMEM;
  link->cookie = cookie;
  link->target_id = program.attach_btf_id;
  link->target_object = program.attach_btf == nullptr ? 0 : program.attach_btf->id;
  const int error = attach(
      kernel, *link, program,
      {.kind = PointKind::kAttach, .type = program.attach_type, .target = program.attach_btf_id},
      {.most = kTrampolinePrograms, .full = -E2BIG, .twice = -EBUSY});
  return error != 0 ? error : publish(kernel, *link);
}

// --- others

long attach_perf_event(Call& call, Program& program) {
  const auto& attr = call.attr.link_create;
  if (attr.flags != 0) return -EINVAL;
  Kernel& kernel = call.kernel;
  Ref<PerfEvent> event;
  // A descriptor of something else is as bad as none.
  const int found =
      object_of_fd(kernel, static_cast<int>(attr.target_fd), KSHIM_PERF_EVENT, &event);
  if (found != 0) return -EBADF;
  const Ref<Link> link = make_link(kernel, BPF_LINK_TYPE_PERF_EVENT, BPF_PERF_EVENT);
  if (!link) return -ENOMEM;
  link->cookie = attr.perf_event.bpf_cookie;
  const int error = perf_event_attach(kernel, *event, program, link->cookie);
  if (error != 0) return error;
  give_program(*link, program);
  link->event = event.release();
  return publish(kernel, *link);
}

long attach_xdp(Call& call, Program& program) {
  const auto& attr = call.attr.link_create;
  Kernel& kernel = call.kernel;
  const Ref<Link> link = make_link(kernel, BPF_LINK_TYPE_XDP, BPF_XDP);
  if (!link) return -ENOMEM;
  link->target_id = attr.target_ifindex;
  if ((attr.flags & ~kXdpModes) != 0 || (attr.flags & (attr.flags - 1)) != 0) return -EINVAL;
  if (program.attach_type == BPF_XDP_DEVMAP || program.attach_type == BPF_XDP_CPUMAP) {
    return -EINVAL;
  }
  const int error =
      attach(kernel, *link, program,
             {.kind = PointKind::kAttach, .type = BPF_XDP, .target = attr.target_ifindex},
             {.most = 1, .full = -EBUSY});
  // A host without interfaces, and one that has not got this one.
  if (error == -kNotSupported || error == -ENOENT || error == -ENODEV) return -EINVAL;
  return error != 0 ? error : publish(kernel, *link);
}

// Cgroups and network namespaces, which the host knows by their descriptors.
long attach_to_fd(Call& call, Program& program, uint32_t link_type, const AddRules& rules) {
  const auto& attr = call.attr.link_create;
  if (attr.flags != 0) return -EINVAL;
  Kernel& kernel = call.kernel;
  const Ref<Link> link = make_link(kernel, link_type, attr.attach_type);
  if (!link) return -ENOMEM;
  const int error = attach(
      kernel, *link, program,
      {.kind = PointKind::kAttach, .type = attr.attach_type, .target = attr.target_fd}, rules);
  // As without CONFIG_CGROUP_BPF.
  if (error == -kNotSupported) return -EINVAL;
  return error != 0 ? error : publish(kernel, *link);
}

// There are no iterators to attach to: what is checked before that is found out.
long attach_iterator(Call& call) {
  const auto& attr = call.attr.link_create;
  if (attr.target_fd != 0 || attr.flags != 0) return -EINVAL;
  if ((attr.iter_info == 0) != (attr.iter_info_len == 0)) return -EINVAL;
  return -ENOENT;
}

long create(Call& call, Program& program) {
  const auto& attr = call.attr.link_create;
  switch (program.type) {
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_SOCK_OPS:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
      return attach_to_fd(call, program, BPF_LINK_TYPE_CGROUP, {.most = 64, .full = -E2BIG});
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_TRACING:
      if (attr.attach_type != program.attach_type) return -EINVAL;
      if (program.attach_type == BPF_TRACE_RAW_TP) {
        return open_raw_tracepoint(call.kernel, program, program.attach_name);
      }
      if (program.attach_type == BPF_TRACE_ITER) return attach_iterator(call);
      return attach_tracing(call.kernel, program, attr.target_fd, attr.target_btf_id,
                            attr.tracing.cookie);
    case BPF_PROG_TYPE_EXT:
      return attach_tracing(call.kernel, program, attr.target_fd, attr.target_btf_id,
                            attr.tracing.cookie);
    case BPF_PROG_TYPE_FLOW_DISSECTOR:
    case BPF_PROG_TYPE_SK_LOOKUP:
      return attach_to_fd(call, program, BPF_LINK_TYPE_NETNS, {.most = 1, .full = -E2BIG});
    case BPF_PROG_TYPE_XDP:
      return attach_xdp(call, program);
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_TRACEPOINT:
      return attach_perf_event(call, program);
    case BPF_PROG_TYPE_KPROBE:
      // Many probes at once need CONFIG_FPROBE.
      return attr.attach_type == BPF_PERF_EVENT ? attach_perf_event(call, program) : -EOPNOTSUPP;
    default:
      return -EINVAL;
  }
}

}  // namespace

long command_link_create(Call& call) {
  const auto& attr = call.attr.link_create;
  Ref<Program> program;
  int error = object_of_fd(call.kernel, static_cast<int>(attr.prog_fd), KSHIM_PROGRAM, &program);
  if (error != 0) return error;
  error = check_expected(call.kernel, *program, attr.attach_type);
  if (error == 0) error = check_attach_type(*program, attr.attach_type);
  return error != 0 ? error : create(call, *program);
}

long command_raw_tracepoint_open(Call& call) {
  const auto& attr = call.attr.raw_tracepoint;
  Kernel& kernel = call.kernel;
  Ref<Program> program;
  const int error = object_of_fd(kernel, static_cast<int>(attr.prog_fd), KSHIM_PROGRAM, &program);
  if (error != 0) return error;
  switch (program->type) {
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_EXT:
    case BPF_PROG_TYPE_LSM:
      // They know their place since they were loaded.
      if (attr.name != 0) return -EINVAL;
      if (program->type == BPF_PROG_TYPE_TRACING && program->attach_type == BPF_TRACE_RAW_TP) {
        return open_raw_tracepoint(kernel, *program, program->attach_name);
      }
      return attach_tracing(kernel, *program, 0, 0, 0);
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: {
      char name[128] = {};
      if (kernel.host().strncpy_from_user(name, attr.name, sizeof name - 1) < 0) return -EFAULT;
      name[sizeof name - 1] = 0;
      return open_raw_tracepoint(kernel, *program, name);
    }
    default:
      return -EINVAL;
  }
}

}  // namespace zext::shim
