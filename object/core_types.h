// When types of an object and of a kernel are taken for the same by CO-RE: libbpf's three
// relations.
//
//   fields_compatible(local, a, kernel, b)    // may a member of type a be found as one of type b?
//   types_compatible(...)                     // bpf_core_type_exists()
//   types_match(...)                          // bpf_core_type_matches(): members and all
#pragma once

#include <cstdint>

#include "object/btf.h"

namespace zext::object {

// Steps left for one object: a few bytes of BTF can describe types that cost any time to compare.
// Once they are spent, nothing is found any more.
struct CoreWork {
  uint64_t left = uint64_t{1} << 25;

  bool spend() {
    if (left != 0) --left;
    return left != 0;
  }
};

// A type in its BTF.
struct TypePlace {
  const Btf& btf;
  uint32_t id = 0;

  TypePlace resolved() const { return {btf, btf.resolved_id(id)}; }
  TypePlace at(uint32_t other) const { return {btf, other}; }
  const btf_type* type() const { return id == 0 ? nullptr : btf.type(id); }
  // Less its flavour.
  std::string_view name() const;
};

// Whether the kinds are one, where the two kinds of enumerations count as one.
bool same_kind(const btf_type* local, const btf_type* target);

bool fields_compatible(TypePlace local, TypePlace target);
bool types_compatible(TypePlace local, TypePlace target, CoreWork& work);
bool types_match(TypePlace local, TypePlace target, CoreWork& work);

}  // namespace zext::object
