// What functions take and give, and tags of types.
#include <errno.h>

#include "kernel_shim/btf/check.h"

namespace zext::shim {
namespace {

constexpr uint32_t kMostTags = 32;

}  // namespace

int Check::refuse_parameter(const btf_type& type, uint32_t number) {
  report_.type(type, "Invalid arg#", number);
  return -EINVAL;
}

int Check::check_prototype_types(const btf_type& type) {
  int error = check_result(type);
  auto parameters = parameters_of(type);
  if (error != 0 || parameters.empty()) return error;
  if (parameters.back().type == 0) {
    // "..."
    const auto count = static_cast<uint32_t>(parameters.size());
    if (parameters.back().name_off != 0) return refuse_parameter(type, count);
    parameters = parameters.first(count - 1);
  }
  for (uint32_t i = 0; i < parameters.size() && error == 0; ++i) {
    error = check_parameter(type, i + 1, parameters[i]);
  }
  return error;
}

int Check::check_result(const btf_type& type) {
  uint32_t id = type.type;
  if (id == 0) return 0;
  const btf_type* result = btf_.type(id);
  if (result == nullptr || is_source_only(*result)) return refuse(type, "Invalid return type");
  const int error = resolve_used(id);
  if (error != 0) return error;
  return sized(&id) == nullptr ? refuse(type, "Invalid return type") : 0;
}

int Check::check_parameter(const btf_type& type, uint32_t number, const btf_param& parameter) {
  uint32_t id = parameter.type;
  const btf_type* own = btf_.type(id);
  if (own == nullptr || is_source_only(*own)) return refuse_parameter(type, number);
  const uint32_t name = parameter.name_off;
  if (name != 0 && (!is_offset(name) || !is_identifier(name))) {
    return refuse_parameter(type, number);
  }
  const int error = resolve_used(id);
  if (error != 0) return error;
  return sized(&id) == nullptr ? refuse_parameter(type, number) : 0;
}

int Check::resolve_used(uint32_t id) {
  const btf_type& type = *btf_.types[id];
  return needs_resolve(type) && !is_resolved(id) ? resolve(type, id) : 0;
}

// Tags of types come before qualifiers and typedefs, as `const` comes behind `__user` in C.
int Check::check_tags() {
  uint32_t good = 0;
  for (uint32_t id = 1; id < btf_.type_count; ++id) {
    if (!is_modifier(*btf_.types[id])) continue;
    const int error = check_tag_chain(id, good);
    if (error != 0) return error;
    good = id;
  }
  return 0;
}

int Check::check_tag_chain(uint32_t id, uint32_t good) {
  const btf_type* type = btf_.types[id];
  bool in_tags = kind_of(*type) == BTF_KIND_TYPE_TAG;
  for (uint32_t length = 0; is_modifier(*type); ++length) {
    if (length == kMostTags) {
      report_.text("Max chain length or cycle detected");
      return -ELOOP;
    }
    if (kind_of(*type) != BTF_KIND_TYPE_TAG) {
      in_tags = false;
    } else if (!in_tags) {
      report_.text("Type tags don't precede modifiers");
      return -EINVAL;
    }
    if (id <= good) break;
    id = type->type;
    type = btf_.type(id);
    if (type == nullptr) return -EINVAL;
  }
  return 0;
}

}  // namespace zext::shim
