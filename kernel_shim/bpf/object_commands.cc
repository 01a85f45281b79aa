// The commands on objects of any kind: pins, ids, information.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/user_memory.h"
#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {
namespace {

constexpr uint32_t kOpenFlags = BPF_F_RDONLY | BPF_F_WRONLY;

// The object of a descriptor, of whatever kind: 0, or what the host says.
int object_of_any_fd(Kernel& kernel, uint32_t fd, Ref<Object>* object) {
  kshim_object* handle = nullptr;
  const int error = kernel.host().fd_get(static_cast<int>(fd), &handle);
  if (error != 0) return error;
  *object = Ref<Object>::share(kernel, object_of(handle));
  put_handle(kernel, handle_of(handle));
  return 0;
}

bool may_see_ids(const Call& call) { return call.kernel.host().capable(KSHIM_CAP_SYS_ADMIN); }

long next_id(Call& call, kshim_kind kind) {
  constexpr uint32_t kMostStart = 0x7fff'fffe;
  const uint32_t start = call.attr.start_id;
  if (start > kMostStart) return -EINVAL;
  if (!may_see_ids(call)) return -EPERM;
  Object* found = call.kernel.ids(kind).find_from(call.kernel, start + 1);
  if (found == nullptr) return -ENOENT;
  const uint32_t id = found->id;
  put(call.kernel, *found);
  const kshim_uptr to = call.user + offsetof(bpf_attr, next_id);
  return call.kernel.host().copy_to_user(to, &id, sizeof id) == 0 ? 0 : -EFAULT;
}

long fd_by_id(Call& call, kshim_kind kind, uint32_t id, uint32_t access = 0) {
  Object* found = id == 0 ? nullptr : call.kernel.ids(kind).find(call.kernel, id);
  if (found == nullptr) return -ENOENT;
  const Ref<Object> object = Ref<Object>::take(call.kernel, found);
  return install_fd(call.kernel, *found, access);
}

bool can_be_pinned(const Object& object) {
  return object.kind == KSHIM_MAP || object.kind == KSHIM_PROGRAM || object.kind == KSHIM_LINK;
}

}  // namespace

long command_prog_next_id(Call& call) { return next_id(call, KSHIM_PROGRAM); }
long command_map_next_id(Call& call) { return next_id(call, KSHIM_MAP); }
long command_btf_next_id(Call& call) { return next_id(call, KSHIM_BTF); }
long command_link_next_id(Call& call) { return next_id(call, KSHIM_LINK); }

long command_prog_fd_by_id(Call& call) {
  return may_see_ids(call) ? fd_by_id(call, KSHIM_PROGRAM, call.attr.prog_id) : -EPERM;
}

long command_btf_fd_by_id(Call& call) {
  return may_see_ids(call) ? fd_by_id(call, KSHIM_BTF, call.attr.btf_id) : -EPERM;
}

long command_link_fd_by_id(Call& call) {
  return may_see_ids(call) ? fd_by_id(call, KSHIM_LINK, call.attr.link_id) : -EPERM;
}

long command_map_fd_by_id(Call& call) {
  if ((call.attr.open_flags & ~kOpenFlags) != 0) return -EINVAL;
  if (!may_see_ids(call)) return -EPERM;
  uint32_t access = 0;
  const int error = access_flag(call.attr.open_flags, &access);
  if (error != 0) return error;
  return fd_by_id(call, KSHIM_MAP, call.attr.map_id, access);
}

long command_obj_pin(Call& call) {
  if (call.attr.file_flags != 0) return -EINVAL;
  Ref<Object> object;
  int error = object_of_any_fd(call.kernel, call.attr.bpf_fd, &object);
  if (error != 0 || !can_be_pinned(*object)) return -EINVAL;
  const Host& host = call.kernel.host();
  Buffer path(host);
  error = copy_path_in(host, call.attr.pathname, &path);
  if (error != 0) return error;
  return host.pin(reinterpret_cast<const char*>(path.data()), c_object(*object), object->kind);
}

long command_obj_get(Call& call) {
  if (call.attr.bpf_fd != 0 || (call.attr.file_flags & ~kOpenFlags) != 0) return -EINVAL;
  uint32_t access = 0;
  int error = access_flag(call.attr.file_flags, &access);
  if (error != 0) return error;
  const Host& host = call.kernel.host();
  Buffer path(host);
  error = copy_path_in(host, call.attr.pathname, &path);
  if (error != 0) return error;
  kshim_object* handle = nullptr;
  error = host.pin_get(reinterpret_cast<const char*>(path.data()), access != BPF_F_RDONLY, &handle);
  if (error != 0) return error;
  const Ref<Object> object = Ref<Object>::share(call.kernel, object_of(handle));
  put_handle(call.kernel, handle_of(handle));
  if (object->kind == KSHIM_LINK && access != 0) return -EINVAL;
  return install_fd(call.kernel, *object, object->kind == KSHIM_MAP ? access : 0);
}

long command_obj_info(Call& call) {
  Ref<Object> object;
  const int error = object_of_any_fd(call.kernel, call.attr.info.bpf_fd, &object);
  // Linux says so since 4.13, and clients have come to know it.
  if (error == -EBADF) return -EBADFD;
  if (error != 0) return error;
  switch (object->kind) {
    case KSHIM_MAP:
      return map_info(call, static_cast<Map&>(*object));
    case KSHIM_PROGRAM:
      return program_info(call, static_cast<Program&>(*object));
    case KSHIM_LINK:
      return link_info(call, static_cast<Link&>(*object));
    case KSHIM_BTF:
      return btf_info(call, static_cast<BtfObject&>(*object));
    case KSHIM_PERF_EVENT:
      return -EINVAL;
  }
  return -EINVAL;
}

}  // namespace zext::shim
