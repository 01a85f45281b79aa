#include "object/core_value.h"

#include <linux/bpf.h>

#include <bit>

#include "object/core_path.h"

namespace zext::object {
namespace {

constexpr uint32_t kTypeMatches = 12;  // BPF_CORE_TYPE_MATCHES, which some headers lack

enum class Class : uint8_t { kField, kType, kEnumerator, kUnknown };

Class class_of(uint32_t kind) {
  switch (kind) {
    case BPF_CORE_FIELD_BYTE_OFFSET:
    case BPF_CORE_FIELD_BYTE_SIZE:
    case BPF_CORE_FIELD_EXISTS:
    case BPF_CORE_FIELD_SIGNED:
    case BPF_CORE_FIELD_LSHIFT_U64:
    case BPF_CORE_FIELD_RSHIFT_U64:
      return Class::kField;
    case BPF_CORE_TYPE_ID_LOCAL:
    case BPF_CORE_TYPE_ID_TARGET:
    case BPF_CORE_TYPE_EXISTS:
    case BPF_CORE_TYPE_SIZE:
    case kTypeMatches:
      return Class::kType;
    case BPF_CORE_ENUMVAL_EXISTS:
    case BPF_CORE_ENUMVAL_VALUE:
      return Class::kEnumerator;
    default:
      return Class::kUnknown;
  }
}

// Where a bit field is loaded from: the aligned unit of its type, or a larger one that holds it
// all.
struct Unit {
  uint64_t byte = 0;
  uint64_t bytes = 0;
  uint64_t bit = 0;   // of the field, from the root's begin
  uint64_t bits = 0;  // of the field
};

std::optional<Unit> unit_of(const CorePath& path, const btf_type* type, uint32_t bitfield,
                            uint32_t field) {
  Unit unit{.bit = path.bits};
  if (bitfield == 0) {
    const auto size = path.btf->size_of(field);
    if (!size) return std::nullopt;
    unit.byte = path.bits / 8;
    unit.bytes = *size;
    unit.bits = *size * 8;
    return unit;
  }
  unit.bits = bitfield;
  for (unit.bytes = type->size; unit.bytes != 0 && unit.bytes <= 8; unit.bytes *= 2) {
    unit.byte = path.bits / 8 / unit.bytes * unit.bytes;
    if (path.bits + bitfield <= (unit.byte + unit.bytes) * 8) return unit;
  }
  return std::nullopt;
}

bool is_signed(const btf_type* type) {
  if (btf_is_any_enum(type)) return btf_kflag(type);
  return btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED) != 0;
}

CoreValue described(const btf_type* type, const Unit& unit, uint64_t value) {
  return {.value = value,
          .bytes = unit.bytes,
          .pointer = btf_is_ptr(type),
          .is_unsigned = btf_is_int(type) && btf_int_encoding(type) != BTF_INT_SIGNED};
}

// Of the element that a path ends at.
std::optional<CoreValue> element_value(const CorePath& path, uint32_t kind) {
  const uint32_t id = path.steps.back().type;
  const auto size = path.btf->size_of(id);
  const btf_type* type = path.btf->type(id);
  if (!size || type == nullptr) return std::nullopt;
  if (kind == BPF_CORE_FIELD_BYTE_SIZE) return CoreValue{.value = *size};
  if (kind != BPF_CORE_FIELD_BYTE_OFFSET) return std::nullopt;
  return described(type, {.bytes = *size}, path.bits / 8);
}

std::optional<CoreValue> field_value(const CorePath& path, uint32_t kind) {
  if (kind == BPF_CORE_FIELD_EXISTS) return CoreValue{.value = 1};
  const PathStep& last = path.steps.back();
  if (last.member.empty()) return element_value(path, kind);
  const btf_type* parent = path.btf->type(last.type);
  const uint32_t field = path.btf->resolved_id(btf_members(parent)[last.index].type);
  const btf_type* type = field == 0 ? nullptr : path.btf->type(field);
  const uint32_t bitfield = btf_member_bitfield_size(parent, last.index);
  const auto unit = type == nullptr ? std::nullopt : unit_of(path, type, bitfield, field);
  if (!unit) return std::nullopt;
  // Compilers may choose another unit for a bit field.
  const bool exact = bitfield == 0;
  switch (kind) {
    case BPF_CORE_FIELD_BYTE_OFFSET: {
      if (bitfield != 0) return CoreValue{.value = unit->byte, .exact = exact};
      return described(type, *unit, unit->byte);
    }
    case BPF_CORE_FIELD_BYTE_SIZE:
      return CoreValue{.value = unit->bytes, .exact = exact};
    case BPF_CORE_FIELD_SIGNED:
      return CoreValue{.value = is_signed(type)};
    case BPF_CORE_FIELD_LSHIFT_U64:
      return CoreValue{.value = 64 - (unit->bit + unit->bits - unit->byte * 8), .exact = exact};
    case BPF_CORE_FIELD_RSHIFT_U64:
      return CoreValue{.value = 64 - unit->bits};
    default:
      return std::nullopt;
  }
}

std::optional<CoreValue> type_value(const Btf& btf, uint32_t id, uint32_t kind) {
  switch (kind) {
    case BPF_CORE_TYPE_ID_LOCAL:
    case BPF_CORE_TYPE_ID_TARGET:
      return CoreValue{.value = id, .exact = false};
    case BPF_CORE_TYPE_SIZE: {
      const auto size = btf.size_of(id);
      if (!size) return std::nullopt;
      return CoreValue{.value = *size};
    }
    default:
      return CoreValue{.value = 1};
  }
}

struct Enumerator {
  std::string_view name;
  uint64_t value = 0;
};

Enumerator enumerator(const Btf& btf, const btf_type* type, uint32_t index) {
  if (btf_is_enum64(type)) {
    const auto* found = btf_enum64(type) + index;
    return {btf.string(found->name_off), btf_enum64_value(found)};
  }
  const auto* found = btf_enum(type) + index;
  const bool negative = btf_kflag(type);
  return {btf.string(found->name_off), negative ? static_cast<uint64_t>(int64_t{found->val})
                                                : uint64_t{static_cast<uint32_t>(found->val)}};
}

std::optional<Enumerator> local_enumerator(const CoreQuery& query) {
  const auto numbers = read_access(query.access);
  const btf_type* type = query.btf.resolved(query.root);
  if (!numbers || numbers->size() != 1 || type == nullptr || !btf_is_any_enum(type) ||
      numbers->front() >= btf_vlen(type)) {
    return std::nullopt;
  }
  return enumerator(query.btf, type, numbers->front());
}

CoreValue enumerator_value(const Enumerator& found, uint32_t kind) {
  return {.value = kind == BPF_CORE_ENUMVAL_EXISTS ? 1 : found.value};
}

// What a type of the kernel says; none where it is not the one that is meant.
std::optional<CoreValue> value_in(const CoreQuery& query, const Btf& kernel, uint32_t id,
                                  CoreWork& work) {
  switch (class_of(query.kind)) {
    case Class::kField: {
      const auto local = read_path(query.btf, query.root, query.access);
      const auto path = local ? find_path(*local, kernel, id, work) : std::nullopt;
      return path ? field_value(*path, query.kind) : std::nullopt;
    }
    case Class::kType: {
      const TypePlace local{query.btf, query.root};
      const TypePlace target{kernel, id};
      const bool fits = query.kind == kTypeMatches ? types_match(local, target, work)
                                                   : types_compatible(local, target, work);
      return fits ? type_value(kernel, id, query.kind) : std::nullopt;
    }
    case Class::kEnumerator: {
      const btf_type* type = kernel.resolved(id);
      const auto local = local_enumerator(query);
      if (!local || type == nullptr || !btf_is_any_enum(type)) return std::nullopt;
      for (uint32_t i = 0; i < btf_vlen(type); ++i) {
        const Enumerator found = enumerator(kernel, type, i);
        if (without_flavour(found.name) == without_flavour(local->name)) {
          return enumerator_value(found, query.kind);
        }
      }
      return std::nullopt;
    }
    case Class::kUnknown:
      break;
  }
  return std::nullopt;
}

// Types that do not exist have size 0 and id 0, and say so; fields and enumerators have no value.
CoreValue absent(uint32_t kind) {
  const bool harmless = class_of(kind) == Class::kType || kind == BPF_CORE_FIELD_EXISTS ||
                        kind == BPF_CORE_ENUMVAL_EXISTS;
  return {.value = 0, .missing = !harmless};
}

}  // namespace

std::expected<CoreValue, std::string> local_value(const CoreQuery& query) {
  std::optional<CoreValue> value;
  switch (class_of(query.kind)) {
    case Class::kField:
      if (const auto path = read_path(query.btf, query.root, query.access)) {
        value = field_value(*path, query.kind);
      }
      break;
    case Class::kType:
      if (query.access == "0") value = type_value(query.btf, query.root, query.kind);
      break;
    case Class::kEnumerator:
      if (const auto found = local_enumerator(query)) {
        value = enumerator_value(*found, query.kind);
      }
      break;
    case Class::kUnknown:
      return std::unexpected("is of kind " + std::to_string(query.kind) + ", which is not known");
  }
  if (!value) return std::unexpected("does not fit the type that it is about");
  return *value;
}

std::expected<CoreValue, std::string> target_value(const CoreQuery& query, const Btf& kernel,
                                                   CoreWork& work) {
  const btf_type* local = query.btf.type(query.root);
  const std::string_view name = without_flavour(query.btf.string(local->name_off));
  if (name.empty()) return std::unexpected("is about a type without a name");
  std::optional<CoreValue> value;
  for (const uint32_t id : kernel.named(name)) {
    if (!same_kind(local, kernel.type(id))) continue;
    const auto found = value_in(query, kernel, id, work);
    if (!found) continue;
    if (value && !value->same_as(*found)) {
      return std::unexpected("fits several types of the kernel, which differ");
    }
    value = found;
  }
  if (!work.spend()) return std::unexpected("takes more time than types of real programs do");
  return value.value_or(absent(query.kind));
}

}  // namespace zext::object
