#include "object/core_path.h"

#include <charconv>

namespace zext::object {
namespace {

constexpr size_t kMaxSteps = 64;
constexpr int kMaxDepth = 16;

// Whether the array that `path` has led to may have more elements than its type says: it has none,
// and is the last member of its struct.
bool is_flexible(const CorePath& path, const btf_type* array) {
  const PathStep& step = path.steps.back();
  if (step.member.empty() || btf_array(array)->nelems != 0) return false;
  return step.index + 1 == btf_vlen(path.btf->type(step.type));
}

// Goes to an element of the array `id`, or of as many as one likes of the root.
bool add_element(CorePath& path, uint32_t element, uint32_t index) {
  const uint32_t type = path.btf->resolved_id(element);
  const auto size = path.btf->size_of(element);
  if (!size) return false;
  path.bits += uint64_t{index} * *size * 8;
  path.steps.push_back({.type = type, .index = index});
  return true;
}

bool enter_array(CorePath& path, const btf_type* array, uint32_t index) {
  if (index >= btf_array(array)->nelems && !is_flexible(path, array)) return false;
  return add_element(path, btf_array(array)->type, index);
}

// Looks for the local member's name, in what is anonymous as well.
class MemberSearch {
 public:
  MemberSearch(CorePath& path, TypePlace member, std::string_view name, CoreWork& work)
      : path_(path), member_(member), name_(name), work_(work) {}

  // The member's type, or none.
  std::optional<uint32_t> find(uint32_t composite, int depth) {
    const uint32_t id = path_.btf->resolved_id(composite);
    const btf_type* type = id == 0 ? nullptr : path_.btf->type(id);
    if (type == nullptr || !btf_is_composite(type) || depth > kMaxDepth) return std::nullopt;
    for (uint32_t i = 0; i < btf_vlen(type) && !decided_; ++i) {
      if (!work_.spend()) return std::nullopt;
      const btf_member& member = btf_members(type)[i];
      const uint64_t bits = btf_member_bit_offset(type, i);
      if (member.name_off == 0) {
        const auto found = find(member.type, depth + 1);
        if (found) path_.bits += bits;
        if (found) return found;
      } else if (path_.btf->string(member.name_off) == name_) {
        decided_ = true;
        if (!fields_compatible(member_, {*path_.btf, member.type})) return std::nullopt;
        path_.bits += bits;
        path_.steps.push_back({.type = id, .index = i, .member = name_});
        return member.type;
      }
    }
    return std::nullopt;
  }

 private:
  CorePath& path_;
  TypePlace member_;
  std::string_view name_;
  CoreWork& work_;
  bool decided_ = false;
};

}  // namespace

std::optional<std::vector<uint32_t>> read_access(std::string_view access) {
  std::vector<uint32_t> numbers;
  const char* at = access.data();
  const char* end = at + access.size();
  while (true) {
    uint32_t number = 0;
    const auto [next, wrong] = std::from_chars(at, end, number);
    if (wrong != std::errc() || numbers.size() == kMaxSteps) return std::nullopt;
    numbers.push_back(number);
    if (next == end) return numbers;
    if (*next != ':') return std::nullopt;
    at = next + 1;
  }
}

std::optional<CorePath> read_path(const Btf& btf, uint32_t root, std::string_view access) {
  const auto numbers = read_access(access);
  CorePath path{.btf = &btf, .steps = {}};
  if (!numbers || !add_element(path, root, numbers->front())) return std::nullopt;
  uint32_t id = root;
  for (size_t i = 1; i < numbers->size(); ++i) {
    const uint32_t index = (*numbers)[i];
    const uint32_t place = btf.resolved_id(id);
    const btf_type* type = place == 0 ? nullptr : btf.type(place);
    if (type == nullptr) return std::nullopt;
    if (btf_is_composite(type)) {
      if (index >= btf_vlen(type)) return std::nullopt;
      const btf_member& member = btf_members(type)[index];
      path.bits += btf_member_bit_offset(type, index);
      const std::string_view name = btf.string(member.name_off);
      if (!name.empty()) path.steps.push_back({.type = place, .index = index, .member = name});
      id = member.type;
    } else if (btf_is_array(type)) {
      if (!enter_array(path, type, index)) return std::nullopt;
      id = btf_array(type)->type;
    } else {
      return std::nullopt;
    }
  }
  return path;
}

std::optional<CorePath> find_path(const CorePath& local, const Btf& target, uint32_t root,
                                  CoreWork& work) {
  CorePath path{.btf = &target, .steps = {}};
  if (!add_element(path, root, local.steps.front().index)) return std::nullopt;
  uint32_t id = root;
  for (size_t i = 1; i < local.steps.size(); ++i) {
    const PathStep& step = local.steps[i];
    if (!step.member.empty()) {
      const uint32_t type = btf_members(local.btf->type(step.type))[step.index].type;
      const auto next = MemberSearch(path, {*local.btf, type}, step.member, work).find(id, 0);
      if (!next) return std::nullopt;
      id = *next;
      continue;
    }
    const btf_type* array = target.resolved(id);
    if (array == nullptr || !btf_is_array(array)) return std::nullopt;
    if (!enter_array(path, array, step.index)) return std::nullopt;
    id = btf_array(array)->type;
  }
  return path;
}

}  // namespace zext::object
