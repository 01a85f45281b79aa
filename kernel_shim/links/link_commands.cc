// What can be done with a link that is there: LINK_UPDATE, LINK_DETACH, its information, its end.
#include <errno.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/links/attach_point.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/links/perf_event.h"

namespace zext::shim {
namespace {

bool can_update(const Link& link) {
  return link.type == BPF_LINK_TYPE_CGROUP || link.type == BPF_LINK_TYPE_XDP ||
         link.type == BPF_LINK_TYPE_NETNS;
}

bool is_attached(Kernel& kernel, Link& link) {
  const Guard guard(kernel.host(), attach_state(kernel).lock);
  return link.point != nullptr;
}

// Takes the point away from the link, if it still has one: by whoever comes first.
AttachPoint* take_point(Kernel& kernel, Link& link) {
  const Guard guard(kernel.host(), attach_state(kernel).lock);
  return std::exchange(link.point, nullptr);
}

void detach(Kernel& kernel, Link& link) {
  AttachPoint* point = take_point(kernel, link);
  if (point == nullptr) return;
  point_remove(kernel, *point, *link.program);
  point_close(kernel, point);
}

// What may stand in the link's place for what it has.
int check_update(const Link& link, const Program& fresh, const Program* old) {
  if (link.point == nullptr) return -ENOLINK;
  if (old != nullptr && old != link.program) return -EPERM;
  if (fresh.type != link.program->type) return -EINVAL;
  if (link.type == BPF_LINK_TYPE_XDP && fresh.attach_type != link.program->attach_type) {
    return -EINVAL;
  }
  return 0;
}

// The link has `fresh` from now on; `*old` is what it had.
int exchange_program(Kernel& kernel, Link& link, Program& fresh, const Program* expected,
                     Program** old) {
  const Guard guard(kernel.host(), attach_state(kernel).lock);
  const int error = check_update(link, fresh, expected);
  if (error != 0) return error;
  point_replace(*link.point, *link.program, fresh);
  *old = std::exchange(link.program, &fresh);
  return 0;
}

long update(Kernel& kernel, Link& link, Program& fresh, const Program* expected) {
  if (!can_update(link)) return -EINVAL;
  get(fresh);
  Program* old = &fresh;
  const int error = exchange_program(kernel, link, fresh, expected, &old);
  if (error == 0) kernel.synchronise();
  put(kernel, *old);
  return error;
}

// A name for LINK_INFO: as much as the caller has room for, with a NUL.
int name_out(Call& call, const char* name, kshim_uptr to, uint32_t room) {
  const uint32_t length = static_cast<uint32_t>(__builtin_strlen(name));
  const Host& host = call.kernel.host();
  if (room >= length + 1) return host.copy_to_user(to, name, length + 1) != 0 ? -EFAULT : 0;
  if (host.copy_to_user(to, name, room - 1) != 0) return -EFAULT;
  if (host.copy_to_user(to + room - 1, "", 1) != 0) return -EFAULT;
  return -ENOSPC;
}

int raw_tracepoint_info(Call& call, const Link& link, bpf_link_info& info) {
  const kshim_uptr to = info.raw_tracepoint.tp_name;
  const uint32_t room = info.raw_tracepoint.tp_name_len;
  if ((to == 0) != (room == 0)) return -EINVAL;
  info.raw_tracepoint.tp_name_len = static_cast<uint32_t>(__builtin_strlen(link.target)) + 1;
  return to == 0 ? 0 : name_out(call, link.target, to, room);
}

}  // namespace

long command_link_update(Call& call) {
  const auto& attr = call.attr.link_update;
  Kernel& kernel = call.kernel;
  if ((attr.flags & ~uint32_t{BPF_F_REPLACE}) != 0) return -EINVAL;
  Ref<Link> link;
  int error = object_of_fd(kernel, static_cast<int>(attr.link_fd), KSHIM_LINK, &link);
  if (error != 0) return error;
  Ref<Program> fresh;
  error = object_of_fd(kernel, static_cast<int>(attr.new_prog_fd), KSHIM_PROGRAM, &fresh);
  if (error != 0) return error;
  Ref<Program> old;
  if ((attr.flags & BPF_F_REPLACE) != 0) {
    error = object_of_fd(kernel, static_cast<int>(attr.old_prog_fd), KSHIM_PROGRAM, &old);
    if (error != 0) return error;
  } else if (attr.old_prog_fd != 0) {
    return -EINVAL;
  }
  return update(kernel, *link, *fresh, old.get());
}

long command_link_detach(Call& call) {
  Kernel& kernel = call.kernel;
  Ref<Link> link;
  const int error =
      object_of_fd(kernel, static_cast<int>(call.attr.link_detach.link_fd), KSHIM_LINK, &link);
  if (error != 0) return error;
  if (!can_update(*link)) return -EOPNOTSUPP;
  detach(kernel, *link);
  return 0;
}

int link_info(Call& call, Link& link) {
  bpf_link_info info{};
  uint32_t length = 0;
  int error = info_in(call, &info, sizeof info, &length);
  if (error != 0) return error;
  info.type = link.type;
  info.id = link.id;
  info.prog_id = link_program(call.kernel, link)->id;
  switch (link.type) {
    case BPF_LINK_TYPE_RAW_TRACEPOINT:
      error = raw_tracepoint_info(call, link, info);
      break;
    case BPF_LINK_TYPE_TRACING:
      info.tracing.attach_type = link.attach_type;
      info.tracing.target_obj_id = link.target_object;
      info.tracing.target_btf_id = static_cast<uint32_t>(link.target_id);
      break;
    case BPF_LINK_TYPE_CGROUP:
      info.cgroup.attach_type = link.attach_type;
      break;
    case BPF_LINK_TYPE_NETNS:
      info.netns.attach_type = link.attach_type;
      break;
    case BPF_LINK_TYPE_XDP:
      info.xdp.ifindex = is_attached(call.kernel, link) ? static_cast<uint32_t>(link.target_id) : 0;
      break;
    default:
      break;
  }
  return error != 0 ? error : info_out(call, &info, sizeof info, length);
}

Ref<Program> link_program(Kernel& kernel, Link& link) {
  const Guard guard(kernel.host(), attach_state(kernel).lock);
  return link.program == nullptr ? Ref<Program>() : Ref<Program>::share(kernel, *link.program);
}

void link_destroy(Kernel& kernel, Object& object) {
  auto& link = static_cast<Link&>(object);
  detach(kernel, link);
  if (link.event != nullptr) {
    perf_event_detach(kernel, *link.event);
    put(kernel, *link.event);
  }
  if (link.program != nullptr) put(kernel, *link.program);
  kernel.destroy(link);
}

}  // namespace zext::shim
