// BTF, the types of a BPF object: libbpf's reader behind a check of every byte it will trust.
//
//   auto btf = Btf::parse(section.bytes);
//   const btf_type* type = btf->type(id);            // null for an id that does not exist
//   std::optional<uint64_t> size = btf->size_of(id);
//
// The format is Linux's Documentation/bpf/btf.rst.
#pragma once

#include <bpf/btf.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "object/bytes.h"
#include "object/error.h"

namespace zext::object {

class Btf {
 public:
  // Errors: a header, type or string that is malformed or points outside; the message says which.
  static std::expected<Btf, Error> parse(Bytes section);

  // Ids run from 1 to count() - 1; 0 is void.
  uint32_t count() const { return btf__type_cnt(btf_.get()); }
  const btf_type* type(uint32_t id) const { return btf__type_by_id(btf_.get(), id); }
  // The type behind typedefs and qualifiers; null for void, for ids that do not exist and for
  // chains beyond 32.
  const btf_type* resolved(uint32_t id) const {
    const uint32_t found = resolved_id(id);
    return found == 0 ? nullptr : type(found);
  }
  // Its id, or 0.
  uint32_t resolved_id(uint32_t id) const;
  // In bytes; none for functions, incomplete types and what is larger than 4 GiB.
  std::optional<uint64_t> size_of(uint32_t id) const;
  // Of a number, a pointer or an array of those, in bytes; 0 for other types.
  uint32_t alignment_of(uint32_t id) const;
  // The string at an offset of the string section; empty where there is none.
  std::string_view string(uint32_t offset) const;
  // A name of the type section, NUL-terminated, as long as the Btf lives.
  const char* name(uint32_t offset) const {
    const char* found = btf__name_by_offset(btf_.get(), offset);
    return found == nullptr ? "" : found;
  }
  // The first type of this kind and name, or 0.
  uint32_t find(std::string_view name, uint32_t kind) const;
  // The types of this name, ascending by id, whatever their flavour: "task___old" is a "task".
  std::vector<uint32_t> named(std::string_view name) const;

 private:
  struct Entry {
    size_t hash;  // of the name less its flavour
    uint32_t id;
    auto operator<=>(const Entry&) const = default;
  };

  struct Free {
    void operator()(btf* handle) const { btf__free(handle); }
  };
  explicit Btf(btf* handle, Bytes strings) : btf_(handle), strings_(strings) {}

  std::unique_ptr<btf, Free> btf_;
  Bytes strings_;  // in the section
  // Made by the first look-up, in the order of Entry: so look-ups of one Btf are for one thread.
  mutable std::vector<Entry> index_;
};

// The name less what follows its last "___", by which CO-RE tells variants of a type apart.
std::string_view without_flavour(std::string_view name);

}  // namespace zext::object
