#include "verifier/subject/prototypes.h"

#include <algorithm>
#include <string>
#include <utility>

namespace zext::verifier {
namespace {

using object::Btf;
using object::ProgramType;
using Kind = Parameter::Kind;

constexpr uint64_t kMaxMemory = uint64_t{1} << 29;

constexpr Parameter kUnknown = {.kind = Kind::kUnknown};

struct ContextName {
  ProgramType program;
  std::string_view name;
};

// The struct, or typedef, by which C names the context of a type of program.
constexpr ContextName kContextNames[] = {
    {ProgramType::kSocketFilter, "__sk_buff"},
    {ProgramType::kSchedCls, "__sk_buff"},
    {ProgramType::kSchedAct, "__sk_buff"},
    {ProgramType::kCgroupSkb, "__sk_buff"},
    {ProgramType::kLwtIn, "__sk_buff"},
    {ProgramType::kLwtOut, "__sk_buff"},
    {ProgramType::kLwtXmit, "__sk_buff"},
    {ProgramType::kLwtSeg6Local, "__sk_buff"},
    {ProgramType::kSkSkb, "__sk_buff"},
    {ProgramType::kFlowDissector, "__sk_buff"},
    {ProgramType::kXdp, "xdp_md"},
    {ProgramType::kKprobe, "bpf_user_pt_regs_t"},
    {ProgramType::kKprobe, "pt_regs"},
    {ProgramType::kKprobe, "user_pt_regs"},
    {ProgramType::kKprobe, "user_regs_struct"},
    {ProgramType::kPerfEvent, "bpf_perf_event_data"},
    {ProgramType::kRawTracepoint, "bpf_raw_tracepoint_args"},
    {ProgramType::kRawTracepointWritable, "bpf_raw_tracepoint_args"},
    {ProgramType::kSockOps, "bpf_sock_ops"},
    {ProgramType::kSkMsg, "sk_msg_md"},
    {ProgramType::kCgroupSock, "bpf_sock"},
    {ProgramType::kCgroupSockAddr, "bpf_sock_addr"},
    {ProgramType::kCgroupDevice, "bpf_cgroup_dev_ctx"},
    {ProgramType::kCgroupSysctl, "bpf_sysctl"},
    {ProgramType::kCgroupSockopt, "bpf_sockopt"},
    {ProgramType::kSkReuseport, "sk_reuseport_md"},
    {ProgramType::kSkLookup, "bpf_sk_lookup"},
    {ProgramType::kNetfilter, "bpf_nf_ctx"},
};

bool is_number(const btf_type* type) {
  return type != nullptr && (btf_is_int(type) || btf_is_any_enum(type)) && type->size <= 8;
}

bool names_context(std::string_view name, ProgramType program) {
  return std::ranges::any_of(kContextNames, [&](const ContextName& row) {
    return row.program == program && row.name == name;
  });
}

}  // namespace

const btf_type* Prototypes::prototype_of(uint32_t function_id) const {
  const btf_type* function = btf_.type(function_id);
  if (function == nullptr || !btf_is_func(function)) return nullptr;
  const btf_type* prototype = btf_.type(function->type);
  return prototype != nullptr && btf_is_func_proto(prototype) ? prototype : nullptr;
}

bool Prototypes::is_global(uint32_t function_id) const {
  const btf_type* function = btf_.type(function_id);
  return function != nullptr && btf_is_func(function) && btf_vlen(function) == BTF_FUNC_GLOBAL;
}

bool Prototypes::tagged(uint32_t function_id, int32_t parameter, std::string_view tag) const {
  return std::ranges::any_of(btf_.named(tag), [&](uint32_t id) {
    const btf_type* type = btf_.type(id);
    return btf_is_decl_tag(type) && type->type == function_id &&
           btf_decl_tag(type)->component_idx == parameter;
  });
}

void Prototypes::set_global(uint32_t function_id, ProgramType program, Function& function) const {
  const btf_type* prototype = prototype_of(function_id);
  function.global = prototype != nullptr && is_global(function_id);
  if (!function.global) return;
  const btf_type* result = btf_.resolved(prototype->type);
  function.returns_nothing = prototype->type == 0;
  function.returns_unknown = !function.returns_nothing && !is_number(result);
  const uint32_t count = btf_vlen(prototype);
  // One more than there are registers for cannot be passed, whatever it is.
  if (count > function.parameters.size()) {
    function.returns_unknown = true;
    return;
  }
  function.parameter_count = static_cast<uint8_t>(count);
  for (uint32_t i = 0; i < count; ++i) {
    function.parameters[i] = global_parameter(function_id, static_cast<int32_t>(i),
                                              btf_params(prototype)[i].type, program);
  }
}

Parameter Prototypes::global_parameter(uint32_t function_id, int32_t index, uint32_t type,
                                       ProgramType program) const {
  const btf_type* resolved = btf_.resolved(type);
  if (is_number(resolved)) return {.kind = Kind::kNumber, .bytes = resolved->size};
  if (resolved == nullptr || !btf_is_ptr(resolved)) return kUnknown;
  const auto has = [&](std::string_view tag) { return tagged(function_id, index, tag); };
  const bool nonnull = has("arg:nonnull");
  if (has("arg:ctx") || is_context(resolved->type, program)) {
    return {.kind = Kind::kContext, .nullable = false};
  }
  if (has("arg:arena") || has("arg:untrusted")) return kUnknown;
  if (has("arg:trusted")) {
    const uint32_t object = types_.of(btf_, resolved->type);
    if (object == kNoType) return kUnknown;
    return {.kind = Kind::kObject, .type = object, .nullable = has("arg:nullable")};
  }
  Parameter parameter = memory(resolved->type);
  parameter.nullable = !nonnull;
  return parameter;
}

bool Prototypes::is_context(uint32_t target, ProgramType program) const {
  for (int depth = 0; depth < 32; ++depth) {
    const btf_type* type = target == 0 ? nullptr : btf_.type(target);
    if (type == nullptr) return false;
    const bool named = btf_is_struct(type) || btf_is_typedef(type);
    if (named && names_context(btf_.string(type->name_off), program)) return true;
    if (!btf_is_mod(type) && !btf_is_typedef(type)) return false;
    target = type->type;
  }
  return false;
}

// Memory of a size that the type says. A dynptr is not for programs to read.
Parameter Prototypes::memory(uint32_t target) const {
  const btf_type* type = btf_.resolved(target);
  const auto bytes = btf_.size_of(target);
  if (type == nullptr || !bytes || *bytes == 0 || *bytes > kMaxMemory) return kUnknown;
  if (btf_is_struct(type) && btf_.string(type->name_off) == "bpf_dynptr") return kUnknown;
  return {.kind = Kind::kMemory, .bytes = static_cast<uint32_t>(*bytes)};
}

// As the kernel passes it: a number, or an object where the type of the pointer says which.
Parameter Prototypes::kernel_parameter(uint32_t type) const {
  const btf_type* resolved = btf_.resolved(type);
  if (resolved == nullptr) return kUnknown;
  if (is_number(resolved)) return {.kind = Kind::kNumber, .bytes = resolved->size};
  if (!btf_is_ptr(resolved)) return kUnknown;
  const uint32_t target = resolved->type;
  const uint32_t object = types_.of(btf_, target);
  if (object == kNoType || has_tag(btf_, target, "user") || has_tag(btf_, target, "percpu")) {
    return {.kind = Kind::kNumber};
  }
  return {.kind = Kind::kObject, .type = object, .nullable = has_tag(btf_, target, "rcu")};
}

void Prototypes::set_kernel(uint32_t function_id, KernelFunction& function) const {
  const btf_type* prototype = prototype_of(function_id);
  if (prototype == nullptr) {
    function.result = kUnknown;
    return;
  }
  function.returns_nothing = prototype->type == 0;
  if (!function.returns_nothing) function.result = kernel_parameter(prototype->type);
  if (function.result.kind == Kind::kObject) function.result.nullable = true;
  const uint32_t count =
      std::min<uint32_t>(btf_vlen(prototype), static_cast<uint32_t>(function.parameters.size()));
  function.parameter_count = static_cast<uint8_t>(count);
  for (uint32_t i = 0; i < count; ++i) {
    Parameter parameter = kernel_parameter(btf_params(prototype)[i].type);
    const btf_type* type = btf_.resolved(btf_params(prototype)[i].type);
    // A pointer to anything but a struct: to memory, of whatever size the function knows.
    if (type != nullptr && btf_is_ptr(type) && parameter.kind == Kind::kNumber) {
      parameter = memory(type->type);
    }
    function.parameters[i] = parameter;
  }
}

std::vector<Parameter> Prototypes::traced(uint32_t prototype_id, uint32_t skip,
                                          bool with_result) const {
  std::vector<Parameter> arguments;
  const btf_type* prototype = btf_.type(prototype_id);
  if (prototype == nullptr || !btf_is_func_proto(prototype)) return arguments;
  for (uint32_t i = skip; i < btf_vlen(prototype); ++i) {
    const btf_param& source = btf_params(prototype)[i];
    Parameter parameter = kernel_parameter(source.type);
    // A struct that is passed by its value takes a place for each 8 bytes.
    uint64_t places = 1;
    if (parameter.kind == Kind::kUnknown) {
      parameter = {.kind = Kind::kNumber};
      places = std::max<uint64_t>(1, (btf_.size_of(source.type).value_or(0) + 7) / 8);
    }
    if (btf_.string(source.name_off).ends_with("__nullable")) parameter.nullable = true;
    arguments.insert(arguments.end(), std::min<uint64_t>(places, 2), parameter);
  }
  if (with_result && prototype->type != 0) arguments.push_back(kernel_parameter(prototype->type));
  return arguments;
}

Parameter Prototypes::variable(uint32_t type_id) const {
  const uint32_t object = types_.of(btf_, type_id);
  if (object != kNoType) return {.kind = Kind::kObject, .type = object, .nullable = false};
  Parameter parameter = memory(type_id);
  parameter.nullable = false;
  return parameter;
}

namespace {

// Hooks of LSM programs whose arguments are just being made, or end.
constexpr std::string_view kFleetingHooks[] = {
    "bpf_lsm_bpf_map_free",       "bpf_lsm_bpf_prog_free",     "bpf_lsm_file_alloc_security",
    "bpf_lsm_file_free_security", "bpf_lsm_sk_alloc_security", "bpf_lsm_sk_free_security",
    "bpf_lsm_task_free",
};

// Where a program's arguments are described.
struct Traced {
  std::string name;         // of the typedef or function
  std::string better = {};  // of a function that says more, where there is one
  uint32_t kind = BTF_KIND_FUNC;
  uint32_t skip = 0;
  bool with_result = false;
  bool nullable = false;  // all but the first argument
};

// "TYPE.MEMBER": the kernel has a function TYPE__MEMBER that does nothing, whose parameters' names
// say which can be 0.
Traced struct_ops_function(const std::string& target) {
  const size_t dot = target.find('.');
  if (dot == std::string::npos) return {.name = target};
  return {.name = target,
          .better = target.substr(0, dot) + "__" + target.substr(dot + 1),
          .kind = BTF_KIND_STRUCT};
}

// By Linux's attach types.
Traced traced_function(const object::Program& program) {
  constexpr uint8_t kRawTp = 23;
  constexpr uint8_t kFexit = 25;
  constexpr uint8_t kModifyReturn = 26;
  constexpr uint8_t kIter = 28;
  const std::string& target = program.attach_target;
  if (program.type == ProgramType::kStructOps) return struct_ops_function(target);
  if (program.type == ProgramType::kLsm) {
    return {.name = "bpf_lsm_" + target, .with_result = true};
  }
  switch (program.attach_type) {
    case kRawTp:
      // The typedef's parameters have no names, and those may say that an argument can be 0.
      return {.name = "btf_trace_" + target,
              .better = "__bpf_trace_" + target,
              .kind = BTF_KIND_TYPEDEF,
              .skip = 1};
    case kIter:
      return {.name = "bpf_iter_" + target, .nullable = true};
    case kFexit:
    case kModifyReturn:
      return {.name = target, .with_result = true};
    default:
      return {.name = target};
  }
}

// The prototype of the function that "TYPE.MEMBER" points to.
uint32_t prototype_of_member(const Btf& btf, const std::string& name) {
  const size_t dot = name.find('.');
  const uint32_t id = btf.find(name.substr(0, dot), BTF_KIND_STRUCT);
  const btf_type* type = btf.type(id);
  for (uint32_t i = 0; id != 0 && i < btf_vlen(type); ++i) {
    const btf_member& member = btf_members(type)[i];
    if (btf.string(member.name_off) != name.substr(dot + 1)) continue;
    const btf_type* pointer = btf.resolved(member.type);
    return pointer != nullptr && btf_is_ptr(pointer) ? btf.resolved_id(pointer->type) : 0;
  }
  return 0;
}

uint32_t prototype_named(const Btf& btf, const Traced& traced) {
  const uint32_t better = traced.better.empty() ? 0 : btf.find(traced.better, BTF_KIND_FUNC);
  if (better != 0) return btf.type(better)->type;
  if (traced.kind == BTF_KIND_STRUCT) return prototype_of_member(btf, traced.name);
  const uint32_t id = btf.find(traced.name, traced.kind);
  if (id == 0) return 0;
  const uint32_t inner = btf.type(id)->type;
  if (traced.kind == BTF_KIND_FUNC) return inner;
  // A tracepoint's typedef is of a pointer to its function.
  const btf_type* pointer = btf.resolved(inner);
  return pointer != nullptr && btf_is_ptr(pointer) ? pointer->type : 0;
}

object::Error no_function(const object::Program& program, const Traced& traced, bool kernel) {
  object::Error error{"program '" + program.name + "', section '" + program.section + "'", {}, {}};
  if (program.attach_target.empty()) {
    error.what = "does not say which function of the kernel it is attached to";
    error.hint = program.type == ProgramType::kStructOps
                     ? "put it into a table in section .struct_ops"
                     : "name it in the section: SEC(\"fentry/tcp_v4_connect\")";
  } else if (kernel) {
    error.what = "the kernel's types have no '" + traced.name + "'";
    error.hint = "check the name, or give the types of the kernel that is meant by --btf";
  } else {
    error.what = "the arguments of '" + traced.name + "' are not known";
    error.hint = "give the kernel's types by --btf /sys/kernel/btf/vmlinux";
  }
  return error;
}

}  // namespace

std::expected<std::vector<Parameter>, object::Error> traced_arguments(
    const object::Program& program, const Btf* object, const Btf* kernel, const TypeSpace& types) {
  const Traced traced = traced_function(program);
  const Btf* btf = kernel != nullptr ? kernel : object;
  const uint32_t id =
      program.attach_target.empty() || btf == nullptr ? 0 : prototype_named(*btf, traced);
  const btf_type* prototype = id == 0 ? nullptr : btf->type(id);
  if (prototype == nullptr || !btf_is_func_proto(prototype)) {
    return std::unexpected(no_function(program, traced, kernel != nullptr));
  }
  std::vector<Parameter> arguments =
      Prototypes(*btf, types).traced(id, traced.skip, traced.with_result);
  for (size_t i = 1; traced.nullable && i < arguments.size(); ++i) arguments[i].nullable = true;
  const bool fleeting = std::ranges::find(kFleetingHooks, traced.name) != std::end(kFleetingHooks);
  for (Parameter& argument : arguments) argument.fleeting = fleeting;
  return arguments;
}

}  // namespace zext::verifier
