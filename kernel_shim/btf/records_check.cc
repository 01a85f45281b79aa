// Each type's record by itself: what its kind demands of names, sizes and flags.
#include <errno.h>

#include "kernel_shim/btf/check.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

constexpr uint32_t kMostIntBits = 128;

bool is_type_id(uint32_t id) { return id <= BTF_MAX_TYPE; }

}  // namespace

int Check::records() {
  const uint8_t* at = body_ + header_.type_off;
  const uint8_t* end = at + header_.type_len;
  if ((header_.type_off & 3) != 0) {
    report_.text("Unaligned type_off");
    return -EINVAL;
  }
  if (header_.type_len == 0) {
    report_.text("No type found");
    return -EINVAL;
  }
  while (at < end) {
    report_.at(btf_.type_count);
    const auto& type = *reinterpret_cast<const btf_type*>(at);
    const int error = check_record(type, static_cast<uint32_t>(end - at));
    if (error != 0) return error;
    if (btf_.type_count > BTF_MAX_TYPE) {
      report_.text("Exceeded max num of types");
      return -E2BIG;
    }
    btf_.types[btf_.type_count++] = &type;
    at += sizeof type + bytes_after(type);
  }
  return 0;
}

int Check::check_record(const btf_type& type, uint32_t left) {
  if (left < sizeof type) {
    report_.text("[", report_.id(), "] meta_left:", left, " meta_needed:", sizeof type);
    return -EINVAL;
  }
  if ((type.info & ~kInfoMask) != 0) {
    report_.text("[", report_.id(), "] Invalid btf_info:");
    report_.hex(type.info);
    return -EINVAL;
  }
  if (kind_of(type) > kLastKind || kind_of(type) == BTF_KIND_UNKN) {
    report_.text("[", report_.id(), "] Invalid kind:", kind_of(type));
    return -EINVAL;
  }
  if (!is_offset(type.name_off)) {
    report_.text("[", report_.id(), "] Invalid name_offset:", type.name_off);
    return -EINVAL;
  }
  left -= sizeof type;
  if (left < bytes_after(type)) {
    report_.basic(type, "meta_left:", left, " meta_needed:", bytes_after(type));
    return -EINVAL;
  }
  return check_kind(type);
}

int Check::check_kind(const btf_type& type) {
  switch (kind_of(type)) {
    case BTF_KIND_INT:
      return check_int(type);
    case BTF_KIND_ARRAY:
      return check_array(type);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return check_struct(type);
    case BTF_KIND_ENUM:
      return check_enum(type);
    case BTF_KIND_FWD:
      return check_forward(type);
    case BTF_KIND_FUNC:
      return check_function(type);
    case BTF_KIND_FUNC_PROTO:
      return check_prototype(type);
    case BTF_KIND_VAR:
      return check_variable(type);
    case BTF_KIND_DATASEC:
      return check_section(type);
    case BTF_KIND_FLOAT:
      return check_float(type);
    case BTF_KIND_DECL_TAG:
      return check_declaration_tag(type);
    default:
      return check_reference(type);
  }
}

int Check::refuse(const btf_type& type, const char* why) {
  report_.type(type, why);
  return -EINVAL;
}

int Check::check_int(const btf_type& type) {
  if (vlen_of(type) != 0) return refuse(type, "vlen != 0");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  const uint32_t value = int_of(type);
  if ((value & ~kIntMask) != 0) {
    if (report_.wanted()) {
      report_.begin_basic(type);
      report_.text(" Invalid int_data:");
      report_.hex(value);
      report_.text("\n");
    }
    return -EINVAL;
  }
  const uint32_t bits = BTF_INT_BITS(value) + BTF_INT_OFFSET(value);
  if (bits > kMostIntBits) return refuse(type, "nr_bits exceeds 128");
  if (whole_bytes(bits) > type.size) return refuse(type, "nr_bits exceeds type_size");
  const uint32_t encoding = BTF_INT_ENCODING(value);
  if (encoding != 0 && encoding != BTF_INT_SIGNED && encoding != BTF_INT_CHAR &&
      encoding != BTF_INT_BOOL) {
    report_.type(type, "Unsupported encoding");
    return -kNotSupported;
  }
  report_.type(type);
  return 0;
}

// Pointers, typedefs, qualifiers, tags of types.
int Check::check_reference(const btf_type& type) {
  if (vlen_of(type) != 0) return refuse(type, "vlen != 0");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  if (!is_type_id(type.type)) return refuse(type, "Invalid type_id");
  bool named = type.name_off == 0;
  if (kind_of(type) == BTF_KIND_TYPEDEF) named = is_identifier(type.name_off);
  if (kind_of(type) == BTF_KIND_TYPE_TAG) named = btf_.string(type.name_off)[0] != 0;
  if (!named) return refuse(type, "Invalid name");
  report_.type(type);
  return 0;
}

int Check::check_array(const btf_type& type) {
  if (type.name_off != 0) return refuse(type, "Invalid name");
  if (vlen_of(type) != 0) return refuse(type, "vlen != 0");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  if (type.size != 0) return refuse(type, "size != 0");
  const btf_array& array = array_of(type);
  if (array.type == 0 || !is_type_id(array.type)) return refuse(type, "Invalid elem");
  if (array.index_type == 0 || !is_type_id(array.index_type)) return refuse(type, "Invalid index");
  report_.type(type);
  return 0;
}

int Check::check_struct(const btf_type& type) {
  if (type.name_off != 0 && !is_identifier(type.name_off)) return refuse(type, "Invalid name");
  report_.type(type);
  uint32_t last_offset = 0;
  for (const btf_member& member : members_of(type)) {
    const int error = check_member(type, member, &last_offset);
    if (error != 0) return error;
  }
  return 0;
}

int Check::check_member(const btf_type& outer, const btf_member& member, uint32_t* last_offset) {
  if (!is_offset(member.name_off)) {
    report_.member(outer, member, "Invalid member name_offset:", member.name_off);
    return -EINVAL;
  }
  const uint32_t offset = bit_offset(outer, member);
  const char* wrong = nullptr;
  if (member.name_off != 0 && !is_identifier(member.name_off)) {
    wrong = "Invalid name";
  } else if (member.type == 0 || !is_type_id(member.type)) {
    wrong = "Invalid type_id";
  } else if (kind_of(outer) == BTF_KIND_UNION && offset != 0) {
    wrong = "Invalid member bits_offset";
  } else if (*last_offset > offset) {
    wrong = "Invalid member bits_offset";
  } else if (whole_bytes(offset) > outer.size) {
    wrong = "Member bits_offset exceeds its struct size";
  }
  if (wrong != nullptr) {
    report_.member(outer, member, wrong);
    return -EINVAL;
  }
  report_.member(outer, member);
  *last_offset = offset;
  return 0;
}

int Check::check_enum(const btf_type& type) {
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  const bool power_of_two = type.size != 0 && (type.size & (type.size - 1)) == 0;
  if (type.size > 8 || !power_of_two) return refuse(type, "Unexpected size");
  if (type.name_off != 0 && !is_identifier(type.name_off)) return refuse(type, "Invalid name");
  report_.type(type);
  for (const btf_enum& value : all_after<btf_enum>(type)) {
    if (!is_offset(value.name_off)) {
      report_.text("\tInvalid name_offset:", value.name_off);
      return -EINVAL;
    }
    if (!is_identifier(value.name_off)) return refuse(type, "Invalid name");
    report_.enumerator(value);
  }
  return 0;
}

int Check::check_forward(const btf_type& type) {
  if (vlen_of(type) != 0) return refuse(type, "vlen != 0");
  if (type.type != 0) return refuse(type, "type != 0");
  if (!is_identifier(type.name_off)) return refuse(type, "Invalid name");
  report_.type(type);
  return 0;
}

int Check::check_function(const btf_type& type) {
  if (!is_identifier(type.name_off)) return refuse(type, "Invalid name");
  // BTF_FUNC_EXTERN is for linkers.
  if (vlen_of(type) > BTF_FUNC_GLOBAL) return refuse(type, "Invalid func linkage");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  report_.type(type);
  return 0;
}

int Check::check_prototype(const btf_type& type) {
  if (type.name_off != 0) return refuse(type, "Invalid name");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  report_.type(type);
  return 0;
}

int Check::check_variable(const btf_type& type) {
  if (vlen_of(type) != 0) return refuse(type, "vlen != 0");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  // LLVM names variables in functions "function.variable".
  if (!is_section_name(type.name_off)) return refuse(type, "Invalid name");
  if (type.type == 0 || !is_type_id(type.type)) return refuse(type, "Invalid type_id");
  const uint32_t linkage = after<btf_var>(type).linkage;
  if (linkage != BTF_VAR_STATIC && linkage != BTF_VAR_GLOBAL_ALLOCATED) {
    return refuse(type, "Linkage not supported");
  }
  report_.type(type);
  return 0;
}

int Check::check_section(const btf_type& type) {
  if (type.size == 0) return refuse(type, "size == 0");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  if (!is_section_name(type.name_off)) return refuse(type, "Invalid name");
  report_.type(type);
  uint64_t last_end = 0;
  uint64_t sum = 0;
  for (const btf_var_secinfo& variable : variables_of(type)) {
    const int error = check_section_variable(type, variable, &last_end);
    if (error != 0) return error;
    sum += variable.size;
  }
  return type.size < sum ? refuse(type, "Invalid btf_info size") : 0;
}

int Check::check_section_variable(const btf_type& type, const btf_var_secinfo& variable,
                                  uint64_t* last_end) {
  // Offset and size are added in 32 bits, as Linux does.
  const uint32_t end = variable.offset + variable.size;
  const char* wrong = nullptr;
  if (variable.type == 0 || !is_type_id(variable.type)) {
    wrong = "Invalid type_id";
  } else if (variable.offset < *last_end || variable.offset >= type.size) {
    wrong = "Invalid offset";
  } else if (variable.size == 0 || variable.size > type.size) {
    wrong = "Invalid size";
  } else if (end > type.size) {
    wrong = "Invalid offset+size";
  }
  if (wrong != nullptr) {
    report_.variable(type, variable, wrong);
    return -EINVAL;
  }
  report_.variable(type, variable);
  *last_end = end;
  return 0;
}

int Check::check_float(const btf_type& type) {
  if (vlen_of(type) != 0) return refuse(type, "vlen != 0");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  const uint32_t size = type.size;
  if (size != 2 && size != 4 && size != 8 && size != 12 && size != 16) {
    return refuse(type, "Invalid type_size");
  }
  report_.type(type);
  return 0;
}

int Check::check_declaration_tag(const btf_type& type) {
  if (btf_.string(type.name_off)[0] == 0) return refuse(type, "Invalid value");
  if (vlen_of(type) != 0) return refuse(type, "vlen != 0");
  if (flag_of(type)) return refuse(type, "Invalid btf_info kind_flag");
  if (after<btf_decl_tag>(type).component_idx < -1) return refuse(type, "Invalid component_idx");
  report_.type(type);
  return 0;
}

}  // namespace zext::shim
