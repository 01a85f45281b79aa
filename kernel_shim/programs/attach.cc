#include "kernel_shim/programs/attach.h"

#include <errno.h>

#include "kernel_shim/programs/attributes.h"
#include "kernel_shim/programs/engine.h"
#include "kernel_shim/programs/sleepable_hooks.h"

namespace zext::shim {
namespace {

// What tracepoints are called in the kernel's types.
constexpr char kTracepoint[] = "btf_trace_";
constexpr char kHook[] = "bpf_lsm_";
constexpr char kIterator[] = "bpf_iter_";
constexpr char kSecurity[] = "security_";

// Functions that the code around a traced function itself calls.
constexpr const char* kNeverTraced[] = {
    "migrate_disable",   "migrate_enable",    "rcu_read_unlock_strict",
    "preempt_count_add", "preempt_count_sub",
};

template <uint32_t kSize>
bool begins(const char* text, const char (&prefix)[kSize]) {
  return __builtin_strlen(text) >= kSize - 1 && __builtin_memcmp(text, prefix, kSize - 1) == 0;
}

// What the kernel allows errors to be injected into: its system calls.
bool is_system_call(const char* name) {
  return begins(name, "__x64_sys_") || begins(name, "__ia32_sys_") || begins(name, "__riscv_sys_");
}

class Target {
 public:
  Target(Kernel& kernel, Program& program, Log& log)
      : kernel_(kernel), program_(program), log_(log) {}

  int check() {
    if (program_.attach_btf_id == 0) return fail(-EINVAL, "Tracing programs must provide btf_id\n");
    if (program_.attach_program != nullptr) return check_program();
    btf_ = static_cast<const BtfObject*>(program_.attach_btf);
    if (btf_ == nullptr) {
      return fail(-EINVAL,
                  "FENTRY/FEXIT program can only be attached to another program annotated with "
                  "BTF\n");
    }
    type_ = btf_->type(id());
    if (type_ == nullptr) return fail(-EINVAL, "attach_btf_id ", id(), " is invalid\n");
    name_ = btf_->string(type_->name_off);
    if (program_.type == BPF_PROG_TYPE_EXT) {
      return fail(-EINVAL, "Cannot replace kernel functions\n");
    }
    const int error = check_kind();
    if (error == 0) keep_name();
    return error;
  }

 private:
  uint32_t id() const { return program_.attach_btf_id; }

  template <typename... Parts>
  int fail(int error, const Parts&... parts) const {
    log_.add(parts...);
    return error;
  }

  // Programs that are attached to programs: no engine of ours has trampolines.
  int check_program() const {
    if (program_.attach_program->btf == nullptr) {
      return fail(-EINVAL,
                  "FENTRY/FEXIT program can only be attached to another program annotated with "
                  "BTF\n");
    }
    if (!program_.attach_program->jited) {
      return fail(-EINVAL, "Can attach to only JITed progs\n");
    }
    return -kNotSupported;
  }

  int check_kind() {
    switch (program_.attach_type) {
      case BPF_TRACE_RAW_TP:
        return check_tracepoint();
      case BPF_TRACE_ITER:
        return is_function() ? check_iterator() : not_a_function();
      case BPF_MODIFY_RETURN:
      case BPF_LSM_MAC:
      case BPF_LSM_CGROUP:
      case BPF_TRACE_FENTRY:
      case BPF_TRACE_FEXIT:
        return is_function() ? check_function() : not_a_function();
      default:
        return -EINVAL;
    }
  }

  bool is_function() const { return BTF_INFO_KIND(type_->info) == BTF_KIND_FUNC; }
  int not_a_function() const {
    return fail(-EINVAL, "attach_btf_id ", id(), " is not a function\n");
  }
  int wrong_name() const {
    return fail(-EINVAL, "attach_btf_id ", id(), " points to wrong type name ", name_, "\n");
  }

  int check_tracepoint() {
    if (BTF_INFO_KIND(type_->info) != BTF_KIND_TYPEDEF) {
      return fail(-EINVAL, "attach_btf_id ", id(), " is not a typedef\n");
    }
    if (!begins(name_, kTracepoint)) return wrong_name();
    name_ += sizeof kTracepoint - 1;
    const btf_type* pointer = btf_->type(type_->type);
    if (pointer == nullptr || BTF_INFO_KIND(pointer->info) != BTF_KIND_PTR) return -EINVAL;
    const btf_type* prototype = btf_->type(pointer->type);
    return prototype != nullptr && BTF_INFO_KIND(prototype->info) == BTF_KIND_FUNC_PROTO ? 0
                                                                                         : -EINVAL;
  }

  int check_iterator() const { return begins(name_, kIterator) ? 0 : -EINVAL; }

  int check_function() const {
    const kshim_host& host = kernel_.host().functions();
    if (host.symbol != nullptr && kernel_.host().symbol(name_) == 0) {
      return fail(-ENOENT, "The address of function ", name_, " cannot be found\n");
    }
    const bool lsm = program_.type == BPF_PROG_TYPE_LSM;
    if (program_.sleepable) {
      if (lsm ? !is_sleepable_hook(name_) : !is_system_call(name_)) {
        return fail(-EINVAL, name_, " is not sleepable\n");
      }
    } else if (program_.attach_type == BPF_MODIFY_RETURN && !is_system_call(name_) &&
               !begins(name_, kSecurity)) {
      return fail(-EINVAL, name_, "() is not modifiable\n");
    }
    return lsm ? check_hook() : check_traced();
  }

  int check_hook() const {
    if (!program_.gpl_compatible) {
      return fail(-EINVAL, "LSM programs must have a GPL compatible license\n");
    }
    return begins(name_, kHook) ? 0 : wrong_name();
  }

  int check_traced() const {
    for (const char* never : kNeverTraced) {
      if (__builtin_strcmp(name_, never) == 0) return -EINVAL;
    }
    return 0;
  }

  void keep_name() {
    const uint64_t length = __builtin_strlen(name_);
    const uint64_t room = sizeof program_.attach_name - 1;
    __builtin_memcpy(program_.attach_name, name_, length < room ? length : room);
  }

  Kernel& kernel_;
  Program& program_;
  Log& log_;
  const BtfObject* btf_ = nullptr;
  const btf_type* type_ = nullptr;
  const char* name_ = nullptr;
};

int check_struct_ops(const Program& program, Log& log) {
  if (!program.gpl_compatible) {
    log.add("struct ops programs must have a GPL compatible license\n");
    return -EINVAL;
  }
  log.add("attach_btf_id ", program.attach_btf_id, " is not a supported struct\n");
  return -kNotSupported;
}

}  // namespace

int check_attach_target(Kernel& kernel, Program& program, Log& log) {
  const bool typed = program.type == BPF_PROG_TYPE_TRACING || program.type == BPF_PROG_TYPE_LSM;
  if (program.type == BPF_PROG_TYPE_SYSCALL) {
    if (program.sleepable) return 0;
    log.add("Syscall programs can only be sleepable\n");
    return -EINVAL;
  }
  if (program.sleepable && !typed && program.type != BPF_PROG_TYPE_KPROBE) {
    log.add("Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable\n");
    return -EINVAL;
  }
  if (program.type == BPF_PROG_TYPE_STRUCT_OPS) return check_struct_ops(program, log);
  if (!typed && program.type != BPF_PROG_TYPE_EXT) return 0;
  return Target(kernel, program, log).check();
}

}  // namespace zext::shim
