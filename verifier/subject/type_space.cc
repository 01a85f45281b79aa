#include "verifier/subject/type_space.h"

#include <algorithm>
#include <string>

namespace zext::verifier {
namespace {

using object::Btf;

constexpr int kMaxDepth = 32;
constexpr uint64_t kMaxBytes = UINT32_MAX;

// The element of arrays of arrays of ... `id`.
uint32_t innermost(const Btf& btf, uint32_t id) {
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const btf_type* type = btf.resolved(id);
    if (type == nullptr || !btf_is_array(type)) break;
    id = btf_array(type)->type;
  }
  return id;
}

// Pointers that the kernel promises more of, from Linux's lists of safe fields.
struct Promise {
  std::string_view type;
  std::string_view member;
  Member::Keeps keeps = Member::Keeps::kNothing;
  bool nullable = false;
};
constexpr Promise kPromises[] = {
    {"task_struct", "cpus_ptr", Member::Keeps::kRcu},
    {"task_struct", "cgroups", Member::Keeps::kRcu},
    {"task_struct", "real_parent", Member::Keeps::kRcu},
    {"task_struct", "group_leader", Member::Keeps::kRcu},
    {"cgroup", "kn", Member::Keeps::kRcu},
    {"css_set", "dfl_cgrp", Member::Keeps::kRcu},
    {"mm_struct", "exe_file", Member::Keeps::kRcu, true},
    {"sk_buff", "sk", Member::Keeps::kRcu, true},
    {"request_sock", "sk", Member::Keeps::kRcu, true},
    {"bpf_iter_meta", "seq", Member::Keeps::kTrusted},
    {"bpf_iter__task", "meta", Member::Keeps::kTrusted},
    {"bpf_iter__task", "task", Member::Keeps::kTrusted},
    {"linux_binprm", "file", Member::Keeps::kTrusted},
    {"file", "f_inode", Member::Keeps::kTrusted},
    {"dentry", "d_inode", Member::Keeps::kTrusted},
    {"socket", "sk", Member::Keeps::kTrusted, true},
};

void keep(std::string_view type, std::string_view name, Member& member) {
  for (const Promise& promise : kPromises) {
    if (promise.type != type || promise.member != name) continue;
    member.keeps = promise.keeps;
    member.nullable = promise.nullable;
  }
}

uint32_t clamped(uint64_t bytes) { return static_cast<uint32_t>(std::min(bytes, kMaxBytes)); }

}  // namespace

uint32_t composite(const Btf& btf, uint32_t id) {
  for (int depth = 0; depth < kMaxDepth && id != 0; ++depth) {
    const btf_type* type = btf.type(id);
    if (type == nullptr) return 0;
    if (btf_is_composite(type) || btf_is_fwd(type)) return id;
    if (!btf_is_mod(type) && !btf_is_typedef(type)) return 0;
    id = type->type;
  }
  return 0;
}

bool has_tag(const Btf& btf, uint32_t target, std::string_view tag) {
  for (int depth = 0; depth < kMaxDepth && target != 0; ++depth) {
    const btf_type* type = btf.type(target);
    if (type == nullptr || !btf_is_mod(type)) return false;
    if (btf_is_type_tag(type) && btf.string(type->name_off) == tag) return true;
    target = type->type;
  }
  return false;
}

TypeSpace::TypeSpace(const Btf* object, const Btf* kernel)
    : object_(object), kernel_(kernel), object_base_(kernel == nullptr ? 0 : kernel->count()) {}

Types TypeSpace::types() {
  return {.find = [](void* self, uint32_t id) { return static_cast<TypeSpace*>(self)->find(id); },
          .by_name = [](void* self,
                        const char* name) { return static_cast<TypeSpace*>(self)->named(name); },
          .context = this};
}

uint32_t TypeSpace::named(std::string_view name) const {
  if (name.empty()) return kNoType;
  const auto [known, fresh] = names_.try_emplace(std::string(name), kNoType);
  if (fresh) known->second = search(name);
  return known->second;
}

uint32_t TypeSpace::search(std::string_view name) const {
  for (const uint32_t kind : {BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_FWD}) {
    const uint32_t known = kernel_ == nullptr ? 0 : kernel_->find(name, kind);
    if (known != 0) return known;
    const uint32_t own = object_ == nullptr ? 0 : object_->find(name, kind);
    if (own != 0) return object_base_ + own;
  }
  return kNoType;
}

uint32_t TypeSpace::of_object(uint32_t id) const {
  if (object_ == nullptr) return kNoType;
  const uint32_t found = composite(*object_, id);
  if (found == 0) return kNoType;
  const btf_type* type = object_->type(found);
  const std::string_view name = object::without_flavour(object_->string(type->name_off));
  // What is only declared is defined elsewhere, under this name.
  if (btf_is_fwd(type)) return named(name);
  if (kernel_ != nullptr && !name.empty()) {
    const uint32_t known = kernel_->find(name, btf_kind(type));
    if (known != 0) return known;
  }
  return object_base_ + found;
}

uint32_t TypeSpace::of_kernel(uint32_t id) const {
  const uint32_t found = kernel_ == nullptr ? 0 : composite(*kernel_, id);
  if (found == 0) return kNoType;
  const btf_type* type = kernel_->type(found);
  return btf_is_fwd(type) ? named(kernel_->string(type->name_off)) : found;
}

TypeSpace::Place TypeSpace::place(uint32_t id) const {
  if (id < object_base_) return {kernel_, id};
  return {object_, id - object_base_};
}

const TypeInfo* TypeSpace::find(uint32_t id) {
  if (const auto known = cache_.find(id); known != cache_.end()) {
    return known->second == nullptr ? nullptr : &known->second->info;
  }
  const Place at = place(id);
  const btf_type* type = at.btf == nullptr || at.id == 0 ? nullptr : at.btf->type(at.id);
  std::unique_ptr<Converted>& converted = cache_[id];
  if (type == nullptr || (!btf_is_composite(type) && !btf_is_fwd(type))) return nullptr;
  converted = std::make_unique<Converted>();
  convert(at, *converted);
  return &converted->info;
}

void TypeSpace::convert(const Place& place, Converted& converted) const {
  const btf_type* type = place.btf->type(place.id);
  converted.info.name = place.btf->name(type->name_off);
  if (btf_is_fwd(type)) return;
  for (uint32_t i = 0; i < btf_vlen(type); ++i) {
    Member member = convert_member(*place.btf, type, i);
    const bool pointer = member.kind == Member::Kind::kPointer && place.btf == kernel_;
    if (pointer)
      keep(converted.info.name, place.btf->string(btf_members(type)[i].name_off), member);
    // A member beyond its struct is none: BTF of an object may lie.
    if (uint64_t{member.offset} + member.bytes <= type->size) converted.members.push_back(member);
  }
  std::ranges::stable_sort(converted.members, {}, &Member::offset);
  converted.info = {
      .name = place.btf->name(type->name_off), .bytes = type->size, .members = converted.members};
}

Member TypeSpace::convert_member(const Btf& btf, const btf_type* parent, uint32_t index) const {
  const uint32_t id = btf_members(parent)[index].type;
  const uint32_t bit = btf_member_bit_offset(parent, index);
  Member member{.offset = bit / 8};
  if (const uint32_t bits = btf_member_bitfield_size(parent, index); bits != 0) {
    member.bytes = member.element = (bit % 8 + bits + 7) / 8;
    return member;
  }
  const uint32_t element = innermost(btf, id);
  member.bytes = clamped(btf.size_of(id).value_or(0));
  member.element = clamped(btf.size_of(element).value_or(0));
  const btf_type* type = btf.resolved(element);
  if (type != nullptr && btf_is_composite(type)) {
    member.kind = Member::Kind::kStruct;
    // Of this very BTF: what is inside has no name of its own often enough.
    member.type = composite(btf, element) + (&btf == kernel_ ? 0 : object_base_);
  } else if (type != nullptr && btf_is_ptr(type)) {
    member.kind = kind_of_pointer(btf, type->type, member.type);
  }
  return member;
}

Member::Kind TypeSpace::kind_of_pointer(const Btf& btf, uint32_t target, uint32_t& type) const {
  if (has_tag(btf, target, "user") || has_tag(btf, target, "percpu")) return Member::Kind::kUser;
  type = of(btf, target);
  return type == kNoType ? Member::Kind::kAddress : Member::Kind::kPointer;
}

}  // namespace zext::verifier
