// TypeSpace: the types of a kernel and of an object under one numbering, for Subject::types.
//
//   TypeSpace space(object_btf, kernel_btf);       // either may be null
//   const uint32_t task = space.named("task_struct");
//   space.types()[task]->members                   // converted when first asked for
//
// Ids of the kernel's types are its own; the object's follow them. Where both know a struct by one
// name, the kernel's is meant. Without a kernel, the object's declarations are taken for true. A
// struct that is declared only has no members and no bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "object/btf.h"
#include "verifier/subject.h"

namespace zext::verifier {

class TypeSpace {
 public:
  TypeSpace(const object::Btf* object, const object::Btf* kernel);

  // For a Subject; valid as long as this.
  Types types();
  // Of a struct or union, or kNoType.
  uint32_t named(std::string_view name) const;
  // The id, here, of a struct or union that is behind typedefs and qualifiers; kNoType for others.
  uint32_t of_object(uint32_t id) const;
  uint32_t of_kernel(uint32_t id) const;
  uint32_t of(const object::Btf& btf, uint32_t id) const {
    return &btf == kernel_ ? of_kernel(id) : of_object(id);
  }

 private:
  struct Converted {
    TypeInfo info;
    std::vector<Member> members;
  };
  struct Place {
    const object::Btf* btf;
    uint32_t id;
  };

  const TypeInfo* find(uint32_t id);
  uint32_t search(std::string_view name) const;
  Place place(uint32_t id) const;
  void convert(const Place& place, Converted& converted) const;
  Member convert_member(const object::Btf& btf, const btf_type* parent, uint32_t index) const;
  Member::Kind kind_of_pointer(const object::Btf& btf, uint32_t target, uint32_t& type) const;

  const object::Btf* object_;
  const object::Btf* kernel_;
  uint32_t object_base_;  // what is added to the object's ids
  std::unordered_map<uint32_t, std::unique_ptr<Converted>> cache_;
  mutable std::unordered_map<std::string, uint32_t> names_;  // what named() found
};

// The id of the struct or union behind typedefs, qualifiers and tags, if only declared; or 0.
uint32_t composite(const object::Btf& btf, uint32_t id);
// Whether one of the type tags between a pointer and its target is this one: "user", "kptr".
bool has_tag(const object::Btf& btf, uint32_t target, std::string_view tag);

}  // namespace zext::verifier
