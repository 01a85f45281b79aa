#include "object/map_definition.h"

#include <array>
#include <string>
#include <utility>

namespace zext::object {
namespace {

constexpr uint64_t kMaxSize = UINT32_MAX;
constexpr uint32_t kMaxFields = 64;

class DefinitionReader {
 public:
  DefinitionReader(const Btf& btf, std::string_view name) : btf_(btf), name_(name) {}

  std::expected<MapDefinition, Error> read(uint32_t type_id, bool inner = false) {
    const btf_type* type = btf_.resolved(type_id);
    if (type == nullptr || !btf_is_struct(type)) {
      return error("", "is not a structure", "define it as libbpf's maps: struct { __uint(...) }");
    }
    if (btf_vlen(type) > kMaxFields) return error("", "has more than 64 fields", "remove some");
    MapDefinition definition;
    definition.map.name = std::string(name_) + (inner ? ".inner" : "");
    for (uint32_t i = 0; i < btf_vlen(type); ++i) {
      const btf_member& member = btf_members(type)[i];
      const std::string_view field = btf_.string(member.name_off);
      auto wrong = read_field(field, member.type, inner, definition);
      if (field == "values") definition.values_offset = btf_member_bit_offset(type, i) / 8;
      if (wrong) return std::unexpected(*std::move(wrong));
    }
    if (definition.map.type == 0) return error("", "has no type", "add __uint(type, ...)");
    return definition;
  }

 private:
  std::unexpected<Error> error(std::string_view field, std::string what, std::string hint) const {
    const std::string where = "map " + quoted(name_);
    return std::unexpected(Error{field.empty() ? where : where + ", field " + quoted(field),
                                 std::move(what), std::move(hint)});
  }

  std::optional<Error> read_field(std::string_view field, uint32_t type, bool inner,
                                  MapDefinition& definition) {
    Map& map = definition.map;
    const std::array<std::pair<std::string_view, uint32_t*>, 8> numbers = {{
        {"type", &map.type},
        {"key_size", &map.key_size},
        {"value_size", &map.value_size},
        {"max_entries", &map.max_entries},
        {"map_flags", &map.flags},
        {"pinning", &map.pinning},
        {"numa_node", &ignored_},
        {"map_extra", &ignored_},
    }};
    for (const auto& [name, place] : numbers) {
      if (field != name) continue;
      const auto value = number(type);
      const bool fits = value && (*value <= UINT32_MAX || field == "map_extra");
      if (!fits) return error(field, "is not a 32-bit number", "write __uint(field, n)").error();
      if (field == "map_extra") map.extra = *value;
      *place = static_cast<uint32_t>(*value);
      return std::nullopt;
    }
    if (field == "key") return read_type(field, type, map.key_btf_id, map.key_size);
    if (field == "value") return read_type(field, type, map.value_btf_id, map.value_size);
    if (field == "values" && !inner) return read_values(type, definition);
    return error(field, "is not one that libbpf knows", "remove it").error();
  }

  // __uint(field, n) declares a pointer to an array of n elements, __ulong(field, n) an enumerator.
  std::optional<uint64_t> number(uint32_t id) const {
    const btf_type* type = btf_.resolved(id);
    if (type == nullptr) return std::nullopt;
    if (btf_is_enum64(type) && btf_vlen(type) == 1) return btf_enum64_value(btf_enum64(type));
    if (btf_is_enum(type) && btf_vlen(type) == 1) {
      return static_cast<uint32_t>(btf_enum(type)[0].val);
    }
    const btf_type* array = btf_is_ptr(type) ? btf_.resolved(type->type) : nullptr;
    if (array == nullptr || !btf_is_array(array)) return std::nullopt;
    return btf_array(array)->nelems;
  }

  // __type(field, T) declares a pointer to T.
  std::optional<Error> read_type(std::string_view field, uint32_t id, uint32_t& type_id,
                                 uint32_t& size) const {
    const btf_type* pointer = btf_.resolved(id);
    if (pointer == nullptr || !btf_is_ptr(pointer)) {
      return error(field, "is not a type", "write __type(field, T)").error();
    }
    const auto bytes = btf_.size_of(pointer->type);
    if (!bytes || *bytes > kMaxSize) {
      return error(field, "is of a type without a size", "give the type's definition").error();
    }
    if (size != 0 && size != *bytes) {
      return error(field, "has a type and a size that differ", "remove the size").error();
    }
    type_id = pointer->type;
    size = static_cast<uint32_t>(*bytes);
    return std::nullopt;
  }

  // __array(values, T) declares an array of pointers to T: inner maps, or programs.
  std::optional<Error> read_values(uint32_t id, MapDefinition& definition) {
    const btf_type* array = btf_.resolved(id);
    const btf_type* pointer =
        array != nullptr && btf_is_array(array) ? btf_.resolved(btf_array(array)->type) : nullptr;
    const btf_type* target =
        pointer != nullptr && btf_is_ptr(pointer) ? btf_.resolved(pointer->type) : nullptr;
    if (target == nullptr) {
      return error("values", "is not an array of pointers", "write __array(values, T)").error();
    }
    definition.map.value_size = sizeof(uint32_t);  // a descriptor
    if (btf_is_func_proto(target)) return std::nullopt;
    auto inner = read(pointer->type, /*inner=*/true);
    if (!inner) return inner.error();
    definition.inner = std::move(inner->map);
    return std::nullopt;
  }

  const Btf& btf_;
  std::string_view name_;
  uint32_t ignored_ = 0;
};

}  // namespace

std::expected<MapDefinition, Error> read_map_definition(const Btf& btf, std::string_view name,
                                                        uint32_t type_id) {
  return DefinitionReader(btf, name).read(type_id);
}

}  // namespace zext::object
