// MAP_CREATE.
#include <errno.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

int check_types(const bpf_attr& attr) {
  // Only BPF_MAP_TYPE_STRUCT_OPS, which does not exist here, has a type of the kernel's.
  if (attr.btf_vmlinux_value_type_id != 0) return -EINVAL;
  return attr.btf_key_type_id != 0 && attr.btf_value_type_id == 0 ? -EINVAL : 0;
}

// The only memory node there is: 0.
bool is_node(const bpf_attr& attr) {
  return (attr.map_flags & BPF_F_NUMA_NODE) == 0 || attr.numa_node == 0 ||
         attr.numa_node == ~uint32_t{0};
}

// Types whose complexity, or whose memory, Linux keeps from the unprivileged.
bool needs_cap_bpf(uint32_t type) {
  switch (type) {
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_LPM_TRIE:
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER:
    case BPF_MAP_TYPE_STACK_TRACE:
      return true;
    default:
      return false;
  }
}

bool is_hash(uint32_t type) {
  return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
         type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

int check_permission(const Kernel& kernel, const bpf_attr& attr) {
  if (needs_cap_bpf(attr.map_type) && !has_capability(kernel, KSHIM_CAP_BPF)) return -EPERM;
  const bool fixed_seed = is_hash(attr.map_type) && (attr.map_flags & BPF_F_ZERO_SEED) != 0;
  return fixed_seed && !kernel.host().capable(KSHIM_CAP_SYS_ADMIN) ? -EPERM : 0;
}

int find_inner(Kernel& kernel, const bpf_attr& attr, Ref<Map>* inner) {
  if (!is_map_of_maps(attr.map_type)) return 0;
  OpenMap open;
  const int error = open_map(kernel, attr.inner_map_fd, &open);
  if (error == 0) *inner = std::move(open.map);
  return error;
}

int find_btf(Kernel& kernel, const bpf_attr& attr, Ref<BtfObject>* btf) {
  if (attr.btf_key_type_id == 0 && attr.btf_value_type_id == 0) return 0;
  return object_of_fd(kernel, static_cast<int>(attr.btf_fd), KSHIM_BTF, btf);
}

MapAttributes attributes_of(const bpf_attr& attr) {
  return {.type = attr.map_type,
          .key_size = attr.key_size,
          .value_size = attr.value_size,
          .max_entries = attr.max_entries,
          .flags = attr.map_flags,
          .node = attr.numa_node,
          .extra = attr.map_extra,
          .ifindex = attr.map_ifindex,
          .btf_key = attr.btf_key_type_id,
          .btf_value = attr.btf_value_type_id};
}

}  // namespace

long command_map_create(Call& call) {
  Kernel& kernel = call.kernel;
  const bpf_attr& attr = call.attr;
  if (check_types(attr) != 0) return -EINVAL;
  if (attr.map_type != BPF_MAP_TYPE_BLOOM_FILTER && attr.map_extra != 0) return -EINVAL;
  uint32_t access = 0;
  int error = access_flag(attr.map_flags, &access);
  if (error != 0) return error;
  if (!is_node(attr) || map_ops(attr.map_type) == nullptr) return -EINVAL;
  error = check_permission(kernel, attr);
  MapAttributes attributes = attributes_of(attr);
  if (error != 0) return error;
  __builtin_memcpy(attributes.name, attr.map_name, sizeof attributes.name);
  Ref<Map> inner;
  Ref<BtfObject> btf;
  // What is wrong with these two is told behind what is wrong with the sizes.
  attributes.inner_error = find_inner(kernel, attr, &inner);
  attributes.btf_error = find_btf(kernel, attr, &btf);
  attributes.inner = inner.get();
  attributes.btf = btf.get();
  Map* map = nullptr;
  error = map_create(kernel, attributes, &map);
  if (error != 0) return error;
  const Ref<Map> created = Ref<Map>::take(kernel, map);
  return install_fd(kernel, *map, access);
}

}  // namespace zext::shim
