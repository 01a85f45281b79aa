#include "verifier/subject/special_fields.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace zext::verifier {
namespace {

using object::Btf;
using Kind = SpecialField::Kind;

constexpr int kMaxDepth = 16;
constexpr size_t kMaxFields = 1024;
constexpr size_t kMaxKnown = 11;  // Linux's BTF_FIELDS_MAX

constexpr std::pair<std::string_view, Kind> kStructs[] = {
    {"bpf_spin_lock", Kind::kSpinLock},
    {"bpf_timer", Kind::kTimer},
    {"bpf_wq", Kind::kOther},
    {"bpf_list_head", Kind::kOther},
    {"bpf_list_node", Kind::kOther},
    {"bpf_rb_root", Kind::kOther},
    {"bpf_rb_node", Kind::kOther},
    {"bpf_refcount", Kind::kOther},
    {"bpf_res_spin_lock", Kind::kOther},
    {"bpf_task_work", Kind::kOther},
};

class Finder {
 public:
  Finder(const Btf& btf, const TypeSpace& types, bool old_names, uint32_t value_size,
         unsigned& visits)
      : btf_(btf), types_(types), old_names_(old_names), value_size_(value_size), visits_(visits) {}

  void find(uint32_t id, uint64_t offset, int depth) {
    const btf_type* type = btf_.resolved(id);
    if (type == nullptr) return;
    const uint64_t bytes = btf_.size_of(id).value_or(0);
    // What is too much to look at is closed as a whole.
    if (visits_ != 0) --visits_;
    if (depth > kMaxDepth || visits_ == 0 || found_.size() >= kMaxFields) {
      if (!btf_is_int(type)) add(Kind::kOther, offset, bytes);
    } else if (btf_is_struct(type)) {
      find_in_struct(type, offset, bytes, depth);
    } else if (btf_is_array(type)) {
      find_in_array(type, offset, bytes, depth);
    } else if (btf_is_ptr(type)) {
      find_pointer(type->type, offset);
    }
  }

  std::vector<SpecialField> take() {
    // Of a value with more, Linux knows none.
    if (found_.size() > kMaxKnown) {
      for (SpecialField& field : found_) field.kind = Kind::kOther;
    }
    std::ranges::stable_sort(found_, {}, &SpecialField::offset);
    return std::move(found_);
  }

 private:
  void add(Kind kind, uint64_t offset, uint64_t bytes, uint32_t type = kNoType) {
    // BTF of an object may lie about where members are.
    if (offset > value_size_ || bytes > value_size_ - offset) return;
    found_.push_back({.kind = kind,
                      .offset = static_cast<uint32_t>(offset),
                      .bytes = static_cast<uint32_t>(bytes),
                      .type = type});
  }

  void find_in_struct(const btf_type* type, uint64_t offset, uint64_t bytes, int depth) {
    const std::string_view name = btf_.string(type->name_off);
    for (const auto& [special, kind] : kStructs) {
      if (name == special) return add(kind, offset, bytes);
    }
    for (uint32_t i = 0; i < btf_vlen(type); ++i) {
      const uint64_t at = offset + btf_member_bit_offset(type, i) / 8;
      find(btf_members(type)[i].type, at, depth + 1);
    }
  }

  void find_in_array(const btf_type* type, uint64_t offset, uint64_t bytes, int depth) {
    const uint32_t element = btf_array(type)->type;
    const uint64_t size = btf_.size_of(element).value_or(0);
    const size_t before = found_.size();
    for (uint64_t i = 0; size != 0 && i < bytes / size; ++i) {
      if (found_.size() >= kMaxFields)
        return add(Kind::kOther, offset + i * size, bytes - i * size);
      find(element, offset + i * size, depth + 1);
      // What one element has not, no other has.
      if (found_.size() == before) return;
    }
  }

  void find_pointer(uint32_t target, uint64_t offset) {
    const bool plain = has_tag(btf_, target, "kptr");
    const bool referenced = has_tag(btf_, target, "kptr_ref") || (plain && !old_names_);
    const bool untrusted = has_tag(btf_, target, "kptr_untrusted") || (plain && old_names_);
    const uint32_t type = types_.of_object(target);
    if (has_tag(btf_, target, "percpu_kptr") || has_tag(btf_, target, "uptr") ||
        ((referenced || untrusted) && type == kNoType)) {
      return add(Kind::kOther, offset, sizeof(uint64_t));
    }
    if (referenced) return add(Kind::kReferencedKptr, offset, sizeof(uint64_t), type);
    if (untrusted) add(Kind::kKptr, offset, sizeof(uint64_t), type);
  }

  const Btf& btf_;
  const TypeSpace& types_;
  bool old_names_;
  uint32_t value_size_;
  unsigned& visits_;
  std::vector<SpecialField> found_;
};

}  // namespace

// Linux 5.19 to 6.3 called them "kptr" and "kptr_ref", later ones "kptr_untrusted" and "kptr".
SpecialFields::SpecialFields(const Btf* btf, const TypeSpace& types)
    : btf_(btf),
      types_(types),
      old_names_(btf != nullptr && btf->find("kptr_ref", BTF_KIND_TYPE_TAG) != 0) {}

std::vector<SpecialField> SpecialFields::of(const object::Map& map) {
  const btf_type* type = btf_ == nullptr ? nullptr : btf_->resolved(map.value_btf_id);
  if (type == nullptr) return {};
  Finder finder(*btf_, types_, old_names_, map.value_size, visits_);
  if (btf_is_datasec(type)) {
    for (const object::Variable& variable : map.variables) {
      finder.find(variable.btf_id, variable.offset, 0);
    }
  } else {
    finder.find(map.value_btf_id, 0, 0);
  }
  return finder.take();
}

}  // namespace zext::verifier
