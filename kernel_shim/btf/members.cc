// How a member lies in its struct: on its bits or bytes, and inside.
#include <errno.h>

#include "kernel_shim/btf/check.h"

namespace zext::shim {
namespace {

constexpr uint32_t kMostBits = 128;
constexpr uint32_t kPointerSize = 8;
constexpr uint32_t kEnumBits = 32;

}  // namespace

int Check::place(const btf_type& outer, const btf_member& member, const btf_type& type) {
  const bool flagged = flag_of(outer);
  uint32_t id = member.type;
  uint32_t size = 0;
  const btf_type* behind = is_modifier(type) ? sized(&id, &size) : &type;
  if (behind == nullptr) {
    report_.member(outer, member, "Invalid member");
    return -EINVAL;
  }
  // Messages tell of the member as if it had the type behind the modifiers.
  btf_member resolved = member;
  resolved.type = id;
  const uint32_t kind = kind_of(*behind);
  if (kind == BTF_KIND_INT) {
    return flagged ? place_bits(outer, resolved, *behind) : place_int(outer, resolved, *behind);
  }
  if (kind == BTF_KIND_ENUM && flagged) return place_enum_bits(outer, resolved);
  const bool is_whole = kind == BTF_KIND_PTR || kind == BTF_KIND_ARRAY || is_struct(*behind) ||
                        kind == BTF_KIND_FLOAT || kind == BTF_KIND_ENUM;
  if (!is_whole) {
    report_.basic(outer, flagged ? "Unsupported check_kflag_member" : "Unsupported check_member");
    return -EINVAL;
  }
  if (flagged && BTF_MEMBER_BITFIELD_SIZE(resolved.offset) != 0) {
    report_.member(outer, resolved, "Invalid member bitfield_size");
    return -EINVAL;
  }
  if (kind == BTF_KIND_FLOAT) return place_float(outer, resolved, *behind);
  if (kind == BTF_KIND_PTR) return place_bytes(outer, resolved, kPointerSize);
  uint32_t array = resolved.type;
  if (kind == BTF_KIND_ARRAY) sized(&array, &size);
  return place_bytes(outer, resolved, kind == BTF_KIND_ARRAY ? size : behind->size);
}

int Check::check_copied_bits(const btf_type& outer, const btf_member& member, uint32_t offset,
                             uint32_t bits) {
  const uint32_t copied = bits + offset % 8;
  if (copied > kMostBits) {
    report_.member(outer, member, "nr_copy_bits exceeds 128");
    return -EINVAL;
  }
  const uint32_t bytes = offset / 8;
  if (outer.size < bytes || outer.size - bytes < whole_bytes(copied)) {
    report_.member(outer, member, "Member exceeds struct_size");
    return -EINVAL;
  }
  return 0;
}

int Check::place_int(const btf_type& outer, const btf_member& member, const btf_type& type) {
  const uint32_t value = int_of(type);
  const uint32_t shift = BTF_INT_OFFSET(value);
  if (~uint32_t{0} - member.offset < shift) {
    report_.member(outer, member, "bits_offset exceeds U32_MAX");
    return -EINVAL;
  }
  return check_copied_bits(outer, member, member.offset + shift, BTF_INT_BITS(value));
}

int Check::place_bits(const btf_type& outer, const btf_member& member, const btf_type& type) {
  if (!is_regular_int(type)) {
    report_.member(outer, member, "Invalid member base type");
    return -EINVAL;
  }
  const uint32_t offset = BTF_MEMBER_BIT_OFFSET(member.offset);
  const uint32_t all = BTF_INT_BITS(int_of(type));
  uint32_t bits = BTF_MEMBER_BITFIELD_SIZE(member.offset);
  if (bits == 0) {
    if (offset % 8 != 0) {
      report_.member(outer, member, "Invalid member offset");
      return -EINVAL;
    }
    bits = all;
  } else if (bits > all) {
    report_.member(outer, member, "Invalid member bitfield_size");
    return -EINVAL;
  }
  return check_copied_bits(outer, member, offset, bits);
}

int Check::place_enum_bits(const btf_type& outer, const btf_member& member) {
  const uint32_t offset = BTF_MEMBER_BIT_OFFSET(member.offset);
  uint32_t bits = BTF_MEMBER_BITFIELD_SIZE(member.offset);
  const char* wrong = nullptr;
  if (bits == 0) {
    if (offset % 8 != 0) wrong = "Member is not byte aligned";
    bits = kEnumBits;
  } else if (bits > kEnumBits) {
    wrong = "Invalid member bitfield_size";
  }
  if (wrong == nullptr && outer.size < whole_bytes(offset + bits)) {
    wrong = "Member exceeds struct_size";
  }
  if (wrong == nullptr) return 0;
  report_.member(outer, member, wrong);
  return -EINVAL;
}

int Check::place_bytes(const btf_type& outer, const btf_member& member, uint64_t size) {
  if (member.offset % 8 != 0) {
    report_.member(outer, member, "Member is not byte aligned");
    return -EINVAL;
  }
  // That it begins inside was seen when its record was checked.
  if (outer.size - member.offset / 8 < size) {
    report_.member(outer, member, "Member exceeds struct_size");
    return -EINVAL;
  }
  return 0;
}

int Check::place_float(const btf_type& outer, const btf_member& member, const btf_type& type) {
  // Architectures differ in what they demand; this is the least of them.
  const uint32_t alignment = type.size < kPointerSize ? type.size : kPointerSize;
  if (member.offset % (alignment * 8) != 0) {
    report_.member(outer, member, "Member is not properly aligned");
    return -EINVAL;
  }
  if (uint64_t{member.offset / 8} + type.size > outer.size) {
    report_.member(outer, member, "Member exceeds struct_size");
    return -EINVAL;
  }
  return 0;
}

}  // namespace zext::shim
