#include "object/core_types.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace zext::object {
namespace {

constexpr int kMaxDepth = 32;

bool is_bitfield(const btf_type* integer) { return btf_int_offset(integer) != 0; }

bool both_void(TypePlace local, TypePlace target) { return local.id == 0 && target.id == 0; }

bool compatible_fields(TypePlace local, TypePlace target, int depth) {
  const TypePlace a = local.resolved();
  const TypePlace b = target.resolved();
  if (a.type() == nullptr || b.type() == nullptr || depth > kMaxDepth) return false;
  if (btf_is_composite(a.type()) && btf_is_composite(b.type())) return true;
  if (!same_kind(a.type(), b.type())) return false;
  switch (btf_kind(a.type())) {
    case BTF_KIND_PTR:
    case BTF_KIND_FLOAT:
      return true;
    case BTF_KIND_FWD:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return a.name().empty() || b.name().empty() || a.name() == b.name();
    case BTF_KIND_INT:
      return !is_bitfield(a.type()) && !is_bitfield(b.type());
    case BTF_KIND_ARRAY:
      return compatible_fields(a.at(btf_array(a.type())->type), b.at(btf_array(b.type())->type),
                               depth + 1);
    default:
      return false;
  }
}

class Compatible {
 public:
  explicit Compatible(CoreWork& work) : work_(work) {}

  bool types(TypePlace local, TypePlace target, int depth) {
    if (depth > kMaxDepth || !work_.spend()) return false;
    const TypePlace a = local.resolved();
    const TypePlace b = target.resolved();
    if (a.type() == nullptr || b.type() == nullptr) return both_void(a, b);
    if (!same_kind(a.type(), b.type())) return false;
    switch (btf_kind(a.type())) {
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
      case BTF_KIND_FWD:
        return true;
      case BTF_KIND_INT:
        return !is_bitfield(a.type()) && !is_bitfield(b.type());
      case BTF_KIND_PTR:
        return types(a.at(a.type()->type), b.at(b.type()->type), depth + 1);
      case BTF_KIND_ARRAY:
        return types(a.at(btf_array(a.type())->type), b.at(btf_array(b.type())->type), depth + 1);
      case BTF_KIND_FUNC_PROTO:
        return prototypes(a, b, depth);
      default:
        return false;
    }
  }

 private:
  bool prototypes(TypePlace a, TypePlace b, int depth) {
    if (btf_vlen(a.type()) != btf_vlen(b.type())) return false;
    for (uint32_t i = 0; i < btf_vlen(a.type()); ++i) {
      const uint32_t local = btf_params(a.type())[i].type;
      const uint32_t target = btf_params(b.type())[i].type;
      if (!types(a.at(local), b.at(target), depth + 1)) return false;
    }
    return types(a.at(a.type()->type), b.at(b.type()->type), depth + 1);
  }

  CoreWork& work_;
};

class Matching {
 public:
  explicit Matching(CoreWork& work) : work_(work) {}

  bool types(TypePlace local, TypePlace target, bool behind_pointer, int depth) {
    if (depth > kMaxDepth || !work_.spend()) return false;
    const TypePlace a = local.resolved();
    const TypePlace b = target.resolved();
    if (a.type() == nullptr || b.type() == nullptr) return both_void(a, b);
    if (a.name() != b.name()) return false;
    if (!same_kind(a.type(), b.type())) return behind_pointer && declares(a.type(), b.type());
    switch (btf_kind(a.type())) {
      case BTF_KIND_FWD:
        return btf_kflag(a.type()) == btf_kflag(b.type());
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        return behind_pointer || enumerations(a, b);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        return behind_pointer || composites(a, b, depth);
      case BTF_KIND_INT:
        return !is_bitfield(a.type()) && !is_bitfield(b.type()) &&
               a.type()->size == b.type()->size &&
               (btf_int_encoding(a.type()) & BTF_INT_SIGNED) ==
                   (btf_int_encoding(b.type()) & BTF_INT_SIGNED);
      case BTF_KIND_PTR:
        return types(a.at(a.type()->type), b.at(b.type()->type), true, depth + 1);
      case BTF_KIND_ARRAY: {
        const auto* x = btf_array(a.type());
        const auto* y = btf_array(b.type());
        return x->nelems == y->nelems &&
               types(a.at(x->type), b.at(y->type), behind_pointer, depth + 1);
      }
      case BTF_KIND_FUNC_PROTO:
        return prototypes(a, b, depth);
      default:
        return false;
    }
  }

 private:
  // A struct or union that one of the two only declares.
  static bool declares(const btf_type* a, const btf_type* b) {
    const auto fits = [](const btf_type* declared, const btf_type* defined) {
      return btf_is_fwd(declared) &&
             btf_kind(defined) == (btf_kflag(declared) ? BTF_KIND_UNION : BTF_KIND_STRUCT);
    };
    return fits(a, b) || fits(b, a);
  }

  static std::vector<std::string_view> enumerators(TypePlace place) {
    std::vector<std::string_view> names;
    for (uint32_t i = 0; i < btf_vlen(place.type()); ++i) {
      const uint32_t name = btf_is_enum64(place.type()) ? btf_enum64(place.type())[i].name_off
                                                        : btf_enum(place.type())[i].name_off;
      names.push_back(without_flavour(place.btf.string(name)));
    }
    std::ranges::sort(names);
    return names;
  }

  static bool enumerations(TypePlace a, TypePlace b) {
    return a.type()->size == b.type()->size &&
           std::ranges::includes(enumerators(b), enumerators(a));
  }

  bool composites(TypePlace a, TypePlace b, int depth) {
    const std::span targets(btf_members(b.type()), btf_vlen(b.type()));
    for (uint32_t i = 0; i < btf_vlen(a.type()); ++i) {
      const btf_member& member = btf_members(a.type())[i];
      const std::string_view name = without_flavour(a.btf.string(member.name_off));
      const bool found = std::ranges::any_of(targets, [&](const btf_member& other) {
        return work_.spend() && without_flavour(b.btf.string(other.name_off)) == name &&
               types(a.at(member.type), b.at(other.type), false, depth + 1);
      });
      if (!found) return false;
    }
    return true;
  }

  bool prototypes(TypePlace a, TypePlace b, int depth) {
    if (btf_vlen(a.type()) != btf_vlen(b.type())) return false;
    for (uint32_t i = 0; i < btf_vlen(a.type()); ++i) {
      const uint32_t local = btf_params(a.type())[i].type;
      const uint32_t target = btf_params(b.type())[i].type;
      if (!types(a.at(local), b.at(target), false, depth + 1)) return false;
    }
    return types(a.at(a.type()->type), b.at(b.type()->type), false, depth + 1);
  }

  CoreWork& work_;
};

}  // namespace

std::string_view TypePlace::name() const {
  const btf_type* found = type();
  return found == nullptr ? "" : without_flavour(btf.string(found->name_off));
}

bool same_kind(const btf_type* local, const btf_type* target) {
  return btf_kind(local) == btf_kind(target) || (btf_is_any_enum(local) && btf_is_any_enum(target));
}

bool fields_compatible(TypePlace local, TypePlace target) {
  return compatible_fields(local, target, 0);
}

bool types_compatible(TypePlace local, TypePlace target, CoreWork& work) {
  return Compatible(work).types(local, target, 0);
}

bool types_match(TypePlace local, TypePlace target, CoreWork& work) {
  return Matching(work).types(local, target, false, 0);
}

}  // namespace zext::object
