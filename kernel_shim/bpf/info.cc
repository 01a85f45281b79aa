// OBJ_GET_INFO_BY_FD: what it says of maps and BTF.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/user_memory.h"
#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

// Copies the BTF's name out: -EINVAL, -EFAULT; -ENOSPC: as much of it as the caller has room for.
int put_name(const Host& host, const BtfObject& btf, kshim_uptr to, uint32_t room) {
  if ((to == 0) != (room == 0)) return -EINVAL;
  if (to == 0) return 0;
  const uint64_t length = __builtin_strlen(btf.name);
  const uint64_t copied = length < room ? length : room - 1;
  if (host.copy_to_user(to, btf.name, copied) != 0) return -EFAULT;
  if (host.copy_to_user(to + copied, "", 1) != 0) return -EFAULT;
  return copied < length ? -ENOSPC : 0;
}

}  // namespace

int map_info(Call& call, Map& map) {
  bpf_map_info info{};
  const int error = check_zero_tail(call.kernel.host(), call.attr.info.info, sizeof info,
                                    call.attr.info.info_len);
  if (error != 0) return error;
  const uint32_t asked = call.attr.info.info_len;
  const uint32_t info_len = asked < sizeof info ? asked : sizeof info;
  info.type = map.type;
  info.id = map.id;
  info.key_size = map.key_size;
  info.value_size = map.value_size;
  info.max_entries = map.max_entries;
  info.map_flags = map.flags;
  info.map_extra = map.extra;
  __builtin_memcpy(info.name, map.name, sizeof info.name);
  if (map.btf != nullptr) {
    info.btf_id = map.btf->id;
    info.btf_key_type_id = map.btf_key;
    info.btf_value_type_id = map.btf_value;
  }
  return info_out(call, &info, sizeof info, info_len);
}

int btf_info(Call& call, BtfObject& btf) {
  bpf_btf_info info{};
  uint32_t info_len = 0;
  int error = info_in(call, &info, sizeof info, &info_len);
  if (error != 0) return error;
  const Host& host = call.kernel.host();
  const uint64_t copied = btf.size < info.btf_size ? btf.size : info.btf_size;
  if (host.copy_to_user(info.btf, btf.data, copied) != 0) return -EFAULT;
  const kshim_uptr name = info.name;
  const uint32_t room = info.name_len;
  info.id = btf.id;
  info.btf_size = static_cast<uint32_t>(btf.size);
  info.kernel_btf = btf.of_kernel ? 1 : 0;
  info.name_len = static_cast<uint32_t>(__builtin_strlen(btf.name));
  const int named = put_name(host, btf, name, room);
  if (named != 0 && named != -ENOSPC) return named;
  error = info_out(call, &info, sizeof info, info_len);
  return error != 0 ? error : named;
}

}  // namespace zext::shim
