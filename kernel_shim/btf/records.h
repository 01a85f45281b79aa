// How a type's record is laid out: the common part, and by its kind what follows.
//
//   kind_of(*type), vlen_of(*type), members_of(*type)[i].name_off
#pragma once

#include <linux/btf.h>

#include <cstdint>
#include <span>

namespace zext::shim {

// The last kind that 5.19 knows. ENUM64 is newer.
inline constexpr uint32_t kLastKind = BTF_KIND_TYPE_TAG;
// Which bits of btf_type::info and of an integer's description have a meaning.
inline constexpr uint32_t kInfoMask = 0x9f00'ffff;
inline constexpr uint32_t kIntMask = 0x0fff'ffff;

inline uint32_t kind_of(const btf_type& type) { return BTF_INFO_KIND(type.info); }
inline uint32_t vlen_of(const btf_type& type) { return BTF_INFO_VLEN(type.info); }
inline bool flag_of(const btf_type& type) { return BTF_INFO_KFLAG(type.info) != 0; }

template <typename T>
const T& after(const btf_type& type) {
  return *reinterpret_cast<const T*>(&type + 1);
}
template <typename T>
std::span<const T> all_after(const btf_type& type) {
  return {reinterpret_cast<const T*>(&type + 1), vlen_of(type)};
}
inline uint32_t int_of(const btf_type& type) { return after<uint32_t>(type); }
inline const btf_array& array_of(const btf_type& type) { return after<btf_array>(type); }
inline std::span<const btf_member> members_of(const btf_type& type) {
  return all_after<btf_member>(type);
}
inline std::span<const btf_param> parameters_of(const btf_type& type) {
  return all_after<btf_param>(type);
}
inline std::span<const btf_var_secinfo> variables_of(const btf_type& type) {
  return all_after<btf_var_secinfo>(type);
}

// Bytes behind the common part; ~0 for a kind that does not exist.
uint64_t bytes_after(const btf_type& type);

inline bool is_void(const btf_type& type) { return kind_of(type) == BTF_KIND_UNKN; }
inline bool is_struct(const btf_type& type) {
  return kind_of(type) == BTF_KIND_STRUCT || kind_of(type) == BTF_KIND_UNION;
}
// Typedefs, qualifiers, tags of types: they have another type's size.
bool is_modifier(const btf_type& type);
// btf_type::size counts.
bool has_size(const btf_type& type);
// What nothing can be: void, functions and their prototypes, forward declarations.
bool is_sizeless(const btf_type& type);

// Bits from a struct's begin.
inline uint32_t bit_offset(const btf_type& outer, const btf_member& member) {
  return flag_of(outer) ? BTF_MEMBER_BIT_OFFSET(member.offset) : member.offset;
}
inline uint32_t whole_bytes(uint32_t bits) { return bits / 8 + (bits % 8 != 0 ? 1 : 0); }

// An int of 1, 2, 4, 8 or 16 bytes, all of whose bits count.
bool is_regular_int(const btf_type& type);

}  // namespace zext::shim
