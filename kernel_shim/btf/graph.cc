// What refers to what: every type ends somewhere, has a size where one is needed, and none contains
// itself. A search in depth with its own stack, in Linux's order, which decides what is told.
#include <errno.h>

#include "kernel_shim/btf/check.h"

namespace zext::shim {
namespace {

constexpr uint32_t kPointerSize = 8;

bool is_tag_target(const btf_type& type) {
  const uint32_t kind = kind_of(type);
  return kind == BTF_KIND_FUNC || is_struct(type) || kind == BTF_KIND_VAR ||
         kind == BTF_KIND_TYPEDEF;
}

}  // namespace

// Nothing may refer to these but what is made for it: tags and sections.
bool Check::is_source_only(const btf_type& type) {
  const uint32_t kind = kind_of(type);
  return kind == BTF_KIND_VAR || kind == BTF_KIND_DECL_TAG || kind == BTF_KIND_DATASEC;
}

bool Check::needs_resolve(const btf_type& type) {
  const uint32_t kind = kind_of(type);
  return is_modifier(type) || kind == BTF_KIND_PTR || is_struct(type) || kind == BTF_KIND_ARRAY ||
         kind == BTF_KIND_FUNC || is_source_only(type);
}

Check::~Check() {
  const uint64_t count = btf_.type_count;
  kernel_.host().free(resolved_ids_, count * sizeof *resolved_ids_);
  kernel_.host().free(resolved_sizes_, count * sizeof *resolved_sizes_);
  kernel_.host().free(states_, count * sizeof *states_);
}

int Check::allocate() {
  const uint64_t count = btf_.type_count;
  const Host& host = kernel_.host();
  resolved_ids_ = static_cast<uint32_t*>(host.alloc(count * sizeof *resolved_ids_));
  resolved_sizes_ = static_cast<uint32_t*>(host.alloc(count * sizeof *resolved_sizes_));
  states_ = static_cast<State*>(host.alloc(count * sizeof *states_));
  if (resolved_ids_ == nullptr || resolved_sizes_ == nullptr || states_ == nullptr) return -ENOMEM;
  __builtin_memset(resolved_ids_, 0, count * sizeof *resolved_ids_);
  __builtin_memset(resolved_sizes_, 0, count * sizeof *resolved_sizes_);
  __builtin_memset(states_, 0, count * sizeof *states_);
  return 0;
}

int Check::graph() {
  int error = allocate();
  if (error == 0) error = check_types();
  return error != 0 ? error : check_tags();
}

int Check::check_types() {
  report_.begin_graph();
  for (uint32_t id = 1; id < btf_.type_count; ++id) {
    const btf_type& type = *btf_.types[id];
    report_.at(id);
    int error = 0;
    if (needs_resolve(type) && !is_resolved(id)) error = resolve(type, id);
    if (error == 0 && kind_of(type) == BTF_KIND_FUNC_PROTO) error = check_prototype_types(type);
    if (error != 0) return error;
  }
  return 0;
}

int Check::resolve(const btf_type& type, uint32_t id) {
  const uint32_t before = report_.id();
  mode_ = Mode::kAny;
  depth_ = 0;
  push(id);
  int error = 0;
  while (error == 0 && depth_ != 0) {
    report_.at(stack_[depth_ - 1].id);
    error = resolve_vertex(stack_[depth_ - 1]);
  }
  report_.at(id);
  if (error == -E2BIG) report_.type(type, "Exceeded max resolving depth:", kDepth);
  if (error == -EEXIST) report_.type(type, "Loop detected");
  if (error == 0 && !is_resolve_valid(type, id)) error = refuse(type, "Invalid resolve state");
  report_.at(before);
  return error;
}

int Check::resolve_vertex(const Vertex& vertex) {
  switch (kind_of(*vertex.type)) {
    case BTF_KIND_PTR:
      return resolve_pointer(vertex);
    case BTF_KIND_ARRAY:
      return resolve_array(vertex);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return resolve_struct(vertex);
    case BTF_KIND_VAR:
      return resolve_variable(vertex);
    case BTF_KIND_DATASEC:
      return resolve_section(vertex);
    case BTF_KIND_FUNC:
      return resolve_function(vertex);
    case BTF_KIND_DECL_TAG:
      return resolve_declaration_tag(vertex);
    default:
      return resolve_modifier(vertex);
  }
}

// A pointer does not look into structs, and a struct not behind pointers: so lists that point to
// themselves are no loops.
bool Check::is_sink(const btf_type& type) const {
  switch (mode_) {
    case Mode::kAny:
      return !needs_resolve(type);
    case Mode::kPointer:
      return !is_modifier(type) && kind_of(type) != BTF_KIND_PTR;
    case Mode::kStructOrArray:
      return !is_modifier(type) && kind_of(type) != BTF_KIND_ARRAY && !is_struct(type);
  }
  return true;
}

int Check::push(uint32_t id) {
  if (depth_ == kDepth) return -E2BIG;
  if (states_[id] != State::kNew) return -EEXIST;
  const btf_type& type = *btf_.types[id];
  states_[id] = State::kOpen;
  stack_[depth_++] = {.type = &type, .id = id};
  if (mode_ != Mode::kAny) return 0;
  if (kind_of(type) == BTF_KIND_PTR) mode_ = Mode::kPointer;
  if (is_struct(type) || kind_of(type) == BTF_KIND_ARRAY) mode_ = Mode::kStructOrArray;
  return 0;
}

void Check::pop(uint32_t id, uint32_t size) {
  const uint32_t own = stack_[--depth_].id;
  resolved_ids_[own] = id;
  resolved_sizes_[own] = size;
  states_[own] = State::kResolved;
}

const btf_type* Check::sized(uint32_t* id, uint32_t* size) const {
  uint32_t behind = *id;
  const btf_type* type = btf_.type(behind);
  if (type == nullptr || is_sizeless(*type)) return nullptr;
  if (is_modifier(*type) || kind_of(*type) == BTF_KIND_VAR) {
    behind = resolved_ids_[behind];
    type = btf_.type(behind);
  }
  uint32_t bytes = 0;
  if (type == nullptr || is_sizeless(*type)) return nullptr;
  if (has_size(*type)) {
    bytes = type->size;
  } else if (kind_of(*type) == BTF_KIND_ARRAY) {
    bytes = resolved_sizes_[behind];
  } else if (kind_of(*type) == BTF_KIND_PTR) {
    bytes = kPointerSize;
  } else {
    return nullptr;
  }
  *id = behind;
  if (size != nullptr) *size = bytes;
  return type;
}

bool Check::may_be_sizeless(const btf_type& type, uint32_t* id) const {
  const btf_type* behind = &type;
  if (is_resolved(*id)) {
    *id = resolved_ids_[*id];
    behind = btf_.types[*id];
  }
  const uint32_t kind = kind_of(*behind);
  return kind == BTF_KIND_UNKN || kind == BTF_KIND_FWD || kind == BTF_KIND_FUNC_PROTO;
}

uint32_t Check::open_pointer(const btf_type& type, uint32_t id) const {
  if (!is_modifier(type)) return 0;
  const uint32_t behind = resolved_ids_[id];
  const btf_type& pointer = *btf_.types[behind];
  const bool open = kind_of(pointer) == BTF_KIND_PTR && is_open(pointer, behind);
  return open ? behind : 0;
}

int Check::resolve_modifier(const Vertex& vertex) {
  uint32_t id = vertex.type->type;
  const btf_type* next = btf_.type(id);
  if (next == nullptr || is_source_only(*next)) return refuse(*vertex.type, "Invalid type_id");
  if (is_open(*next, id)) return push(id);
  if (sized(&id) == nullptr && !may_be_sizeless(*next, &id)) {
    return refuse(*vertex.type, "Invalid type_id");
  }
  pop(id, 0);
  return 0;
}

int Check::resolve_pointer(const Vertex& vertex) {
  uint32_t id = vertex.type->type;
  const btf_type* next = btf_.type(id);
  if (next == nullptr || is_source_only(*next)) return refuse(*vertex.type, "Invalid type_id");
  if (is_open(*next, id)) return push(id);
  // A modifier that was resolved for a struct ended at a pointer, which may lead back to this one.
  const uint32_t pointer = open_pointer(*next, id);
  if (pointer != 0) return push(pointer);
  if (sized(&id) == nullptr && !may_be_sizeless(*next, &id)) {
    return refuse(*vertex.type, "Invalid type_id");
  }
  pop(id, 0);
  return 0;
}

int Check::resolve_variable(const Vertex& vertex) {
  uint32_t id = vertex.type->type;
  const btf_type* next = btf_.type(id);
  if (next == nullptr || is_source_only(*next)) return refuse(*vertex.type, "Invalid type_id");
  if (is_open(*next, id)) return push(id);
  const uint32_t pointer = open_pointer(*next, id);
  if (pointer != 0) return push(pointer);
  if (sized(&id) == nullptr) return refuse(*vertex.type, "Invalid type_id");
  pop(id, 0);
  return 0;
}

int Check::resolve_array(const Vertex& vertex) {
  bool waits = false;
  const int error = resolve_index(vertex, &waits);
  return error != 0 || waits ? error : resolve_element(vertex);
}

int Check::resolve_index(const Vertex& vertex, bool* waits) {
  uint32_t id = array_of(*vertex.type).index_type;
  const btf_type* index = btf_.type(id);
  if (index == nullptr || is_sizeless(*index) || is_source_only(*index)) {
    return refuse(*vertex.type, "Invalid index");
  }
  if (is_open(*index, id)) {
    *waits = true;
    return push(id);
  }
  index = sized(&id);
  const bool is_int = index != nullptr && kind_of(*index) == BTF_KIND_INT && is_regular_int(*index);
  return is_int ? 0 : refuse(*vertex.type, "Invalid index");
}

int Check::resolve_element(const Vertex& vertex) {
  const btf_array& array = array_of(*vertex.type);
  uint32_t id = array.type;
  const btf_type* element = btf_.type(id);
  if (element == nullptr || is_sizeless(*element) || is_source_only(*element)) {
    return refuse(*vertex.type, "Invalid elem");
  }
  if (is_open(*element, id)) return push(id);
  uint32_t size = 0;
  element = sized(&id, &size);
  if (element == nullptr) return refuse(*vertex.type, "Invalid elem");
  if (kind_of(*element) == BTF_KIND_INT && !is_regular_int(*element)) {
    return refuse(*vertex.type, "Invalid array of int");
  }
  const uint64_t bytes = uint64_t{size} * array.nelems;
  if (bytes > ~uint32_t{0}) return refuse(*vertex.type, "Array size overflows U32_MAX");
  pop(id, static_cast<uint32_t>(bytes));
  return 0;
}

int Check::resolve_struct(const Vertex& vertex) {
  const btf_type& outer = *vertex.type;
  const auto members = members_of(outer);
  uint32_t at = vertex.next;
  if (at != 0) {
    // The one that was waited for.
    const btf_member& member = members[at - 1];
    if (!is_resolved(member.type)) return -EINVAL;
    const int error = place(outer, member, *btf_.types[member.type]);
    if (error != 0) return error;
  }
  for (; at < members.size(); ++at) {
    const btf_member& member = members[at];
    const btf_type* type = btf_.type(member.type);
    if (type == nullptr || is_sizeless(*type) || is_source_only(*type)) {
      report_.member(outer, member, "Invalid member");
      return -EINVAL;
    }
    if (is_open(*type, member.type)) {
      stack_[depth_ - 1].next = at + 1;
      return push(member.type);
    }
    const int error = place(outer, member, *type);
    if (error != 0) return error;
  }
  pop(0, 0);
  return 0;
}

int Check::resolve_section(const Vertex& vertex) {
  const btf_type& section = *vertex.type;
  const auto variables = variables_of(section);
  for (uint32_t at = vertex.next; at < variables.size(); ++at) {
    const btf_var_secinfo& entry = variables[at];
    const btf_type* variable = btf_.type(entry.type);
    if (variable == nullptr || kind_of(*variable) != BTF_KIND_VAR) {
      report_.variable(section, entry, "Not a VAR kind member");
      return -EINVAL;
    }
    if (is_open(*variable, entry.type)) {
      // As in Linux, what had to be waited for is not looked at again.
      stack_[depth_ - 1].next = at + 1;
      return push(entry.type);
    }
    uint32_t id = variable->type;
    uint32_t size = 0;
    const char* wrong = nullptr;
    if (sized(&id, &size) == nullptr) {
      wrong = "Invalid type";
    } else if (entry.size < size) {
      wrong = "Invalid size";
    }
    if (wrong != nullptr) {
      report_.variable(section, entry, wrong);
      return -EINVAL;
    }
  }
  pop(0, 0);
  return 0;
}

int Check::resolve_function(const Vertex& vertex) {
  const btf_type& function = *vertex.type;
  const btf_type* prototype = btf_.type(function.type);
  if (prototype == nullptr || kind_of(*prototype) != BTF_KIND_FUNC_PROTO) {
    return refuse(function, "Invalid type_id");
  }
  const auto parameters = parameters_of(*prototype);
  for (uint32_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].name_off == 0 && parameters[i].type != 0) {
      return refuse_parameter(function, i + 1);
    }
  }
  pop(function.type, 0);
  return 0;
}

int Check::resolve_declaration_tag(const Vertex& vertex) {
  const btf_type& tag = *vertex.type;
  const btf_type* target = btf_.type(tag.type);
  if (target == nullptr || !is_tag_target(*target)) return refuse(tag, "Invalid type_id");
  if (is_open(*target, tag.type)) return push(tag.type);
  const int error = check_component(tag, *target);
  if (error != 0) return error;
  pop(tag.type, 0);
  return 0;
}

// Which member or parameter of the target is meant; -1: the target itself.
int Check::check_component(const btf_type& tag, const btf_type& target) {
  const int32_t component = after<btf_decl_tag>(tag).component_idx;
  if (component == -1) return 0;
  uint32_t count = 0;
  if (is_struct(target)) count = vlen_of(target);
  if (kind_of(target) == BTF_KIND_FUNC) {
    const btf_type* prototype = btf_.type(target.type);
    count = prototype == nullptr ? 0 : vlen_of(*prototype);
  }
  return static_cast<uint32_t>(component) < count ? 0 : refuse(tag, "Invalid component_idx");
}

bool Check::is_resolve_valid(const btf_type& type, uint32_t id) const {
  if (!is_resolved(id)) return false;
  const uint32_t kind = kind_of(type);
  if (is_struct(type) || kind == BTF_KIND_DATASEC) {
    return resolved_ids_[id] == 0 && resolved_sizes_[id] == 0;
  }
  if (kind == BTF_KIND_DECL_TAG || kind == BTF_KIND_FUNC) {
    return resolved_ids_[id] != 0 && resolved_sizes_[id] == 0;
  }
  if (kind == BTF_KIND_ARRAY) {
    uint32_t element = array_of(type).type;
    uint32_t size = 0;
    const btf_type* behind = sized(&element, &size);
    return behind != nullptr && !is_modifier(*behind) &&
           array_of(type).nelems * size == resolved_sizes_[id];
  }
  const btf_type* behind = btf_.type(resolved_ids_[id]);
  return behind != nullptr && !is_modifier(*behind) && kind_of(*behind) != BTF_KIND_VAR &&
         kind_of(*behind) != BTF_KIND_DATASEC;
}

}  // namespace zext::shim
