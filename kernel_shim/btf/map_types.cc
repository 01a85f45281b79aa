// What a map's types must be, and what in its values the runtime itself uses.
#include <errno.h>
#include <linux/bpf.h>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/btf/records.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

constexpr uint32_t kNone = ~uint32_t{0};

// A struct that the runtime knows by its name.
struct Wanted {
  const char* name;
  uint32_t size;
  uint32_t alignment;
};
constexpr Wanted kSpinLock{"bpf_spin_lock", sizeof(bpf_spin_lock), alignof(bpf_spin_lock)};
constexpr Wanted kTimer{"bpf_timer", sizeof(bpf_timer), alignof(bpf_timer)};

// Looks at fields one after another, and knows in the end where the wanted one is.
class Search {
 public:
  Search(const BtfObject& btf, const Wanted& wanted) : btf_(btf), wanted_(wanted) {}

  bool has_name(const btf_type& type) const {
    return __builtin_strcmp(btf_.string(type.name_off), wanted_.name) == 0;
  }
  void see(const btf_type& type, uint32_t offset) {
    if (offset % wanted_.alignment != 0) spoilt_ = true;
    if (kind_of(type) != BTF_KIND_STRUCT || type.size != wanted_.size) return;
    if (found_ != kNone) spoilt_ = true;
    found_ = offset;
  }
  void spoil() { spoilt_ = true; }
  uint32_t offset() const { return spoilt_ ? kNone : found_; }

 private:
  const BtfObject& btf_;
  const Wanted& wanted_;
  uint32_t found_ = kNone;
  bool spoilt_ = false;
};

uint32_t find(const BtfObject& btf, const btf_type& value, const Wanted& wanted) {
  Search search(btf, wanted);
  if (kind_of(value) == BTF_KIND_STRUCT) {
    for (const btf_member& member : members_of(value)) {
      const btf_type* type = btf.type(member.type);
      if (type == nullptr || !search.has_name(*type)) continue;
      const uint32_t bits = bit_offset(value, member);
      if (bits % 8 != 0) search.spoil();
      search.see(*type, bits / 8);
    }
  } else if (kind_of(value) == BTF_KIND_DATASEC) {
    for (const btf_var_secinfo& entry : variables_of(value)) {
      const btf_type* variable = btf.type(entry.type);
      const btf_type* type = variable == nullptr ? nullptr : btf.type(variable->type);
      if (type == nullptr || !search.has_name(*type) || entry.size != wanted.size) continue;
      search.see(*type, entry.offset);
    }
  }
  return search.offset();
}

// The type that has a key's or value's size, if it is the map's; null: not.
const btf_type* of_size(const BtfObject& btf, uint32_t id, uint32_t size) {
  const btf_type* type = btf.type(id);
  if (type == nullptr || is_sizeless(*type)) return nullptr;
  if (kind_of(*type) == BTF_KIND_VAR) id = type->type;
  type = btf.type(btf.resolve(id));
  if (type == nullptr || is_sizeless(*type) || kind_of(*type) == BTF_KIND_DECL_TAG) return nullptr;
  return btf.size_of(id) == size ? type : nullptr;
}

// An array's index is an int of 32 bits; without one it is a section of global data.
int check_array(const btf_type* key, const btf_type& value, uint32_t map_type) {
  if (key == nullptr) {
    const bool is_section = map_type == BPF_MAP_TYPE_ARRAY && kind_of(value) == BTF_KIND_DATASEC;
    return is_section ? 0 : -EINVAL;
  }
  if (kind_of(*key) != BTF_KIND_INT) return -EINVAL;
  const uint32_t description = int_of(*key);
  return BTF_INT_BITS(description) == 32 && BTF_INT_OFFSET(description) == 0 ? 0 : -EINVAL;
}

int check_kind(const btf_type* key, const btf_type& value, uint32_t map_type) {
  switch (map_type) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
      return check_array(key, value, map_type);
    case BPF_MAP_TYPE_LPM_TRIE:
      return key != nullptr && kind_of(*key) == BTF_KIND_STRUCT ? 0 : -EINVAL;
    case BPF_MAP_TYPE_BLOOM_FILTER:
      return key == nullptr ? 0 : -EINVAL;
    case BPF_MAP_TYPE_STACK_TRACE:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS:
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_CGROUP_ARRAY:
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
    case BPF_MAP_TYPE_CPUMAP:
    case BPF_MAP_TYPE_XSKMAP:
    case BPF_MAP_TYPE_SOCKMAP:
      return -kNotSupported;
    default:
      return key == nullptr ? -EINVAL : 0;
  }
}

}  // namespace

int btf_check_map(const BtfObject& btf, uint32_t map_type, uint32_t key_id, uint32_t value_id,
                  uint32_t key_size, uint32_t value_size, ValueFields* fields) {
  const btf_type* key = nullptr;
  if (key_id != 0) {
    key = of_size(btf, key_id, key_size);
    if (key == nullptr) return -EINVAL;
  }
  const btf_type* value = of_size(btf, value_id, value_size);
  if (value == nullptr) return -EINVAL;
  fields->spin_lock = find(btf, *value, kSpinLock);
  fields->timer = find(btf, *value, kTimer);
  return check_kind(key, *value, map_type);
}

}  // namespace zext::shim
