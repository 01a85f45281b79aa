#include "object/btf.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <string>
#include <utility>

namespace zext::object {
namespace {

// libbpf has functions of these names.
using Array = struct btf_array;
using Enum = struct btf_enum;
using Enum64 = struct btf_enum64;
using Var = struct btf_var;
using DeclTag = struct btf_decl_tag;

constexpr char kHint[] = "compile again with -g, or remove it with `llvm-objcopy -R .BTF`";

std::unexpected<Error> error(const std::string& part, std::string what) {
  return std::unexpected(Error{".BTF" + part, std::move(what), kHint});
}

// The bytes behind a type's common part; none for kinds that do not exist.
std::optional<uint64_t> size_of_rest(uint32_t kind, uint64_t length) {
  switch (kind) {
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
      return sizeof(Array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return length * sizeof(btf_member);
    case BTF_KIND_ENUM:
      return length * sizeof(Enum);
    case BTF_KIND_ENUM64:
      return length * sizeof(Enum64);
    case BTF_KIND_FUNC_PROTO:
      return length * sizeof(btf_param);
    case BTF_KIND_VAR:
      return sizeof(Var);
    case BTF_KIND_DATASEC:
      return length * sizeof(btf_var_secinfo);
    case BTF_KIND_DECL_TAG:
      return sizeof(DeclTag);
    default:
      return std::nullopt;
  }
}

// Whether the common part's last word is another type's id, not a size.
bool refers(uint32_t kind) {
  switch (kind) {
    case BTF_KIND_PTR:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FUNC_PROTO:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
    case BTF_KIND_TYPE_TAG:
      return true;
    default:
      return false;
  }
}

// The type section, once its types are known to be inside: their ids and names.
class TypeChecker {
 public:
  TypeChecker(Bytes types, Bytes strings) : types_(types), strings_(strings) {}

  // What is wrong, or nothing.
  std::optional<Error> check() {
    for (uint64_t at = 0; at < types_.size(); ++count_) {
      const auto size = size_at(at);
      if (!size) return wrong(count_, "is of an unknown kind or goes beyond the section");
      at += *size;
    }
    uint32_t id = 1;
    for (uint64_t at = 0; at < types_.size(); at += *size_at(at), ++id) {
      if (const char* what = check_type(at)) return wrong(id, what);
    }
    return std::nullopt;
  }

 private:
  static Error wrong(uint32_t id, const char* what) {
    return {".BTF type " + std::to_string(id), what, kHint};
  }

  std::optional<uint64_t> size_at(uint64_t at) const {
    const auto type = read<btf_type>(types_, at);
    if (!type) return std::nullopt;
    const auto rest = size_of_rest(BTF_INFO_KIND(type->info), BTF_INFO_VLEN(type->info));
    if (!rest || !slice(types_, at + sizeof(btf_type), *rest)) return std::nullopt;
    return sizeof(btf_type) + *rest;
  }

  bool is_id(uint32_t id) const { return id < count_; }
  bool is_name(uint32_t offset) const { return string_at(strings_, offset).has_value(); }

  const char* check_type(uint64_t at) const {
    const btf_type type = *read<btf_type>(types_, at);
    const uint32_t kind = BTF_INFO_KIND(type.info);
    if (!is_name(type.name_off)) return "has no readable name";
    if (refers(kind) && !is_id(type.type)) return "refers to a type that does not exist";
    const uint64_t rest = at + sizeof(btf_type);
    if (kind == BTF_KIND_ARRAY) {
      const Array array = *read<Array>(types_, rest);
      if (!is_id(array.type) || !is_id(array.index_type)) return "has elements of no type";
      return nullptr;
    }
    for (uint64_t i = 0; i < BTF_INFO_VLEN(type.info); ++i) {
      if (!check_element(kind, rest, i)) return "has a member without a type or a readable name";
    }
    return nullptr;
  }

  bool check_element(uint32_t kind, uint64_t rest, uint64_t i) const {
    switch (kind) {
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION: {
        const btf_member member = *read<btf_member>(types_, rest + i * sizeof(btf_member));
        return is_name(member.name_off) && is_id(member.type);
      }
      case BTF_KIND_FUNC_PROTO: {
        const btf_param param = *read<btf_param>(types_, rest + i * sizeof(btf_param));
        return is_name(param.name_off) && is_id(param.type);
      }
      case BTF_KIND_ENUM:
        return is_name(read<Enum>(types_, rest + i * sizeof(Enum))->name_off);
      case BTF_KIND_ENUM64:
        return is_name(read<Enum64>(types_, rest + i * sizeof(Enum64))->name_off);
      case BTF_KIND_DATASEC:
        return is_id(read<btf_var_secinfo>(types_, rest + i * sizeof(btf_var_secinfo))->type);
      default:
        return true;
    }
  }

  Bytes types_;
  Bytes strings_;
  uint32_t count_ = 1;  // of ids, void included
};

struct Parts {
  Bytes types;
  Bytes strings;
};

std::expected<Parts, Error> split(Bytes section) {
  const auto header = read<btf_header>(section, 0);
  if (!header) return error(" header", "the section ends inside it");
  if (header->magic != BTF_MAGIC || header->version != BTF_VERSION || header->flags != 0) {
    return error(" header", "magic, version or flags are not BTF's");
  }
  if (header->hdr_len != sizeof(btf_header)) {
    return error(" header", "its length is " + std::to_string(header->hdr_len) + " instead of 24");
  }
  const Bytes body = section.subspan(sizeof(btf_header));
  const auto types = slice(body, header->type_off, header->type_len);
  const auto strings = slice(body, header->str_off, header->str_len);
  if (!types) return error(" header", "the types go beyond the section");
  if (!strings) return error(" header", "the strings go beyond the section");
  if (uint64_t{header->type_off} + header->type_len > header->str_off || header->type_off % 4) {
    return error(" header", "types and strings are not one after the other");
  }
  if (strings->empty() || strings->front() != 0 || strings->back() != 0) {
    return error(" strings", "do not begin and end with a NUL");
  }
  return Parts{*types, *strings};
}

}  // namespace

std::expected<Btf, Error> Btf::parse(Bytes section) {
  const auto parts = split(section);
  if (!parts) return std::unexpected(parts.error());
  if (auto wrong = TypeChecker(parts->types, parts->strings).check()) {
    return std::unexpected(*std::move(wrong));
  }
  btf* handle = btf__new(section.data(), static_cast<uint32_t>(section.size()));
  if (handle == nullptr) return error("", "libbpf cannot read it");
  return Btf(handle, parts->strings);
}

uint32_t Btf::resolved_id(uint32_t id) const {
  for (int depth = 0; depth < 32 && id != 0; ++depth) {
    const btf_type* found = type(id);
    if (found == nullptr) return 0;
    if (!btf_is_mod(found) && !btf_is_typedef(found)) return id;
    id = found->type;
  }
  return 0;
}

std::optional<uint64_t> Btf::size_of(uint32_t id) const {
  const int64_t size = id == 0 ? -1 : btf__resolve_size(btf_.get(), id);
  if (size < 0) return std::nullopt;
  return static_cast<uint64_t>(size);
}

uint32_t Btf::alignment_of(uint32_t id) const {
  const btf_type* type = resolved(id);
  for (int depth = 0; type != nullptr && btf_is_array(type) && depth < 32; ++depth) {
    type = resolved(btf_array(type)->type);
  }
  if (type == nullptr) return 0;
  if (btf_is_ptr(type)) return sizeof(uint64_t);
  const bool number = btf_is_int(type) || btf_is_any_enum(type);
  return number && std::has_single_bit(type->size) && type->size <= 16 ? type->size : 0;
}

std::string_view Btf::string(uint32_t offset) const {
  return string_at(strings_, offset).value_or("");
}

uint32_t Btf::find(std::string_view name, uint32_t kind) const {
  for (const uint32_t id : named(without_flavour(name))) {
    const btf_type* candidate = type(id);
    if (btf_kind(candidate) == kind && string(candidate->name_off) == name) return id;
  }
  return 0;
}

std::vector<uint32_t> Btf::named(std::string_view name) const {
  const auto essential = [this](uint32_t id) {
    return without_flavour(string(type(id)->name_off));
  };
  constexpr std::hash<std::string_view> kHash;
  if (index_.empty() && count() > 1) {
    index_.reserve(count() - 1);
    for (uint32_t id = 1; id < count(); ++id) index_.push_back({kHash(essential(id)), id});
    std::ranges::sort(index_);
  }
  std::vector<uint32_t> found;
  for (const Entry& entry : std::ranges::equal_range(index_, kHash(name), {}, &Entry::hash)) {
    if (essential(entry.id) == name) found.push_back(entry.id);
  }
  return found;
}

std::string_view without_flavour(std::string_view name) {
  const size_t at = name.rfind("___");
  return at == std::string_view::npos || at == 0 ? name : name.substr(0, at);
}

}  // namespace zext::object
