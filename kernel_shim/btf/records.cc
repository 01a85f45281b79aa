#include "kernel_shim/btf/records.h"

namespace zext::shim {

uint64_t bytes_after(const btf_type& type) {
  const uint64_t count = vlen_of(type);
  switch (kind_of(type)) {
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    case BTF_KIND_INT:
      return sizeof(uint32_t);
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return count * sizeof(btf_member);
    case BTF_KIND_ENUM:
      return count * sizeof(btf_enum);
    case BTF_KIND_FUNC_PROTO:
      return count * sizeof(btf_param);
    case BTF_KIND_VAR:
      return sizeof(btf_var);
    case BTF_KIND_DATASEC:
      return count * sizeof(btf_var_secinfo);
    case BTF_KIND_DECL_TAG:
      return sizeof(btf_decl_tag);
    case BTF_KIND_ENUM64:
      return count * sizeof(btf_enum64);
    default:
      return ~uint64_t{0};
  }
}

bool is_modifier(const btf_type& type) {
  switch (kind_of(type)) {
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
      return true;
    default:
      return false;
  }
}

bool has_size(const btf_type& type) {
  switch (kind_of(type)) {
    case BTF_KIND_INT:
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
    case BTF_KIND_DATASEC:
    case BTF_KIND_FLOAT:
      return true;
    default:
      return false;
  }
}

bool is_sizeless(const btf_type& type) {
  switch (kind_of(type)) {
    case BTF_KIND_UNKN:
    case BTF_KIND_FWD:
    case BTF_KIND_FUNC:
    case BTF_KIND_FUNC_PROTO:
      return true;
    default:
      return false;
  }
}

bool is_regular_int(const btf_type& type) {
  const uint32_t description = int_of(type);
  if (BTF_INT_OFFSET(description) != 0) return false;
  switch (BTF_INT_BITS(description)) {
    case 8:
    case 16:
    case 32:
    case 64:
    case 128:
      return true;
    default:
      return false;
  }
}

}  // namespace zext::shim
