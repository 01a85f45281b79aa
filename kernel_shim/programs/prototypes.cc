#include "kernel_shim/programs/prototypes.h"

#include <linux/bpf.h>

namespace zext::shim {
namespace {

using verifier::Parameter;
using Kind = Parameter::Kind;

constexpr uint64_t kMaxMemory = uint64_t{1} << 29;
constexpr int kMaxDepth = 32;

struct ContextName {
  uint32_t program_type;
  const char* name;
};

// The struct, or typedef, by which C names the context of a type of program.
constexpr ContextName kContextNames[] = {
    {BPF_PROG_TYPE_SOCKET_FILTER, "__sk_buff"},
    {BPF_PROG_TYPE_SCHED_CLS, "__sk_buff"},
    {BPF_PROG_TYPE_SCHED_ACT, "__sk_buff"},
    {BPF_PROG_TYPE_CGROUP_SKB, "__sk_buff"},
    {BPF_PROG_TYPE_LWT_IN, "__sk_buff"},
    {BPF_PROG_TYPE_LWT_OUT, "__sk_buff"},
    {BPF_PROG_TYPE_LWT_XMIT, "__sk_buff"},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL, "__sk_buff"},
    {BPF_PROG_TYPE_SK_SKB, "__sk_buff"},
    {BPF_PROG_TYPE_FLOW_DISSECTOR, "__sk_buff"},
    {BPF_PROG_TYPE_XDP, "xdp_md"},
    {BPF_PROG_TYPE_KPROBE, "bpf_user_pt_regs_t"},
    {BPF_PROG_TYPE_KPROBE, "pt_regs"},
    {BPF_PROG_TYPE_KPROBE, "user_pt_regs"},
    {BPF_PROG_TYPE_KPROBE, "user_regs_struct"},
    {BPF_PROG_TYPE_PERF_EVENT, "bpf_perf_event_data"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT, "bpf_raw_tracepoint_args"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "bpf_raw_tracepoint_args"},
    {BPF_PROG_TYPE_SOCK_OPS, "bpf_sock_ops"},
    {BPF_PROG_TYPE_SK_MSG, "sk_msg_md"},
    {BPF_PROG_TYPE_CGROUP_SOCK, "bpf_sock"},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "bpf_sock_addr"},
    {BPF_PROG_TYPE_CGROUP_DEVICE, "bpf_cgroup_dev_ctx"},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, "bpf_sysctl"},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, "bpf_sockopt"},
    {BPF_PROG_TYPE_SK_REUSEPORT, "sk_reuseport_md"},
    {BPF_PROG_TYPE_SK_LOOKUP, "bpf_sk_lookup"},
};

uint32_t kind_of(const btf_type* type) { return type == nullptr ? 0 : BTF_INFO_KIND(type->info); }

bool is_qualifier(uint32_t kind) {
  return kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
         kind == BTF_KIND_TYPE_TAG || kind == BTF_KIND_TYPEDEF;
}

bool is_number(const btf_type* type) {
  const uint32_t kind = kind_of(type);
  return (kind == BTF_KIND_INT || kind == BTF_KIND_ENUM) && type->size <= sizeof(uint64_t);
}

bool names_context(const char* name, uint32_t program_type) {
  for (const ContextName& row : kContextNames) {
    if (row.program_type == program_type && __builtin_strcmp(row.name, name) == 0) return true;
  }
  return false;
}

bool is_context(const BtfObject& btf, uint32_t target, uint32_t program_type) {
  for (int depth = 0; depth < kMaxDepth && target != 0; ++depth) {
    const btf_type* type = btf.type(target);
    const uint32_t kind = kind_of(type);
    const bool named = kind == BTF_KIND_STRUCT || kind == BTF_KIND_TYPEDEF;
    if (named && names_context(btf.string(type->name_off), program_type)) return true;
    if (!is_qualifier(kind)) return false;
    target = type->type;
  }
  return false;
}

// A dynptr is not for programs to read.
Parameter memory(const BtfObject& btf, uint32_t target) {
  const btf_type* type = btf.type(btf.resolve(target));
  const uint64_t bytes = btf.size_of(target);
  const bool opaque = kind_of(type) == BTF_KIND_STRUCT &&
                      __builtin_strcmp(btf.string(type->name_off), "bpf_dynptr") == 0;
  if (bytes == 0 || bytes > kMaxMemory || opaque) return {.kind = Kind::kUnknown};
  return {.kind = Kind::kMemory, .bytes = static_cast<uint32_t>(bytes)};
}

Parameter parameter(const BtfObject& btf, uint32_t id, uint32_t program_type) {
  const btf_type* type = btf.type(btf.resolve(id));
  if (is_number(type)) return {.kind = Kind::kNumber, .bytes = type->size};
  if (kind_of(type) != BTF_KIND_PTR) return {.kind = Kind::kUnknown};
  if (is_context(btf, type->type, program_type)) {
    return {.kind = Kind::kContext, .nullable = false};
  }
  return memory(btf, type->type);
}

}  // namespace

void set_global(const BtfObject& btf, uint32_t type_id, uint32_t program_type,
                verifier::Function& function) {
  const btf_type* type = btf.type(type_id);
  if (kind_of(type) != BTF_KIND_FUNC || BTF_INFO_VLEN(type->info) != BTF_FUNC_GLOBAL) return;
  const btf_type* prototype = btf.type(type->type);
  if (kind_of(prototype) != BTF_KIND_FUNC_PROTO) return;
  function.global = true;
  function.returns_nothing = prototype->type == 0;
  function.returns_unknown =
      !function.returns_nothing && !is_number(btf.type(btf.resolve(prototype->type)));
  const uint32_t count = BTF_INFO_VLEN(prototype->info);
  // One more than there are registers for cannot be passed, whatever it is.
  if (count > function.parameters.size()) {
    function.returns_unknown = true;
    return;
  }
  const auto* parameters = reinterpret_cast<const btf_param*>(prototype + 1);
  function.parameter_count = static_cast<uint8_t>(count);
  for (uint32_t i = 0; i < count; ++i) {
    function.parameters[i] = parameter(btf, parameters[i].type, program_type);
  }
}

uint32_t traced_argument_count(const Program& program) {
  const auto* btf = static_cast<const BtfObject*>(program.attach_btf);
  const btf_type* type = btf == nullptr ? nullptr : btf->type(program.attach_btf_id);
  if (type == nullptr) return 0;
  const bool tracepoint = kind_of(type) == BTF_KIND_TYPEDEF;
  const btf_type* target = btf->type(type->type);
  // A tracepoint's typedef is of a pointer to its function, whose first argument is not the
  // event's.
  const btf_type* prototype = tracepoint && target != nullptr ? btf->type(target->type) : target;
  if (kind_of(prototype) != BTF_KIND_FUNC_PROTO) return 0;
  const uint32_t count = BTF_INFO_VLEN(prototype->info);
  if (tracepoint) return count == 0 ? 0 : count - 1;
  const bool sees_result = program.attach_type == BPF_TRACE_FEXIT ||
                           program.attach_type == BPF_MODIFY_RETURN ||
                           program.type == BPF_PROG_TYPE_LSM;
  return count + (sees_result && prototype->type != 0 ? 1 : 0);
}

}  // namespace zext::shim
