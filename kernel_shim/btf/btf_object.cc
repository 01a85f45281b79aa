#include "kernel_shim/btf/btf_object.h"

#include "kernel_shim/btf/records.h"

namespace zext::shim {
namespace {

// Modifiers and arrays in arrays: more than Linux lets pass in BTF that is loaded.
constexpr uint32_t kDepth = 64;
constexpr uint64_t kPointerSize = 8;

}  // namespace

uint32_t BtfObject::find(const char* wanted, uint32_t kind) const {
  for (uint32_t id = 1; id < type_count; ++id) {
    const btf_type& type = *types[id];
    if (kind_of(type) == kind && __builtin_strcmp(string(type.name_off), wanted) == 0) return id;
  }
  return 0;
}

uint32_t BtfObject::resolve(uint32_t id) const {
  for (uint32_t i = 0; i < kDepth; ++i) {
    const btf_type* at = type(id);
    if (at == nullptr) return 0;
    if (!is_modifier(*at)) return id;
    id = at->type;
  }
  return 0;
}

uint64_t BtfObject::size_of(uint32_t id) const {
  uint64_t count = 1;
  for (uint32_t i = 0; i < kDepth; ++i) {
    const btf_type* at = type(id);
    if (at == nullptr) return 0;
    if (has_size(*at)) return count * at->size;
    if (kind_of(*at) == BTF_KIND_PTR) return count * kPointerSize;
    if (kind_of(*at) == BTF_KIND_ARRAY) {
      if (__builtin_mul_overflow(count, array_of(*at).nelems, &count)) return 0;
      id = array_of(*at).type;
    } else if (is_modifier(*at) || kind_of(*at) == BTF_KIND_VAR) {
      id = at->type;
    } else {
      return 0;
    }
  }
  return 0;
}

void btf_destroy(Kernel& kernel, Object& object) {
  auto& btf = static_cast<BtfObject&>(object);
  auto* types = static_cast<void*>(btf.types);
  const uint64_t size = btf.type_capacity * sizeof *btf.types;
  if (btf.of_kernel) {
    kernel.host().free(types, size);
  } else {
    kernel.free(btf, types, size);
  }
  kernel.free(btf, btf.copy, btf.copy_size);
  kernel.destroy(btf);
}

}  // namespace zext::shim
