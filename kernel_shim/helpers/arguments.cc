// Arguments and results of the kernel's function that a program is attached to.
#include <errno.h>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim::helpers {
namespace {

// How many the function has, by its type; the context holds them, and behind them the result.
uint32_t argument_count(const Run& run) {
  const Program& program = *run.program;
  const Object* types = program.attach_btf != nullptr ? program.attach_btf : run.kernel.vmlinux;
  if (types == nullptr) return 0;
  const auto& btf = static_cast<const BtfObject&>(*types);
  const btf_type* function = btf.type(program.attach_btf_id);
  if (function == nullptr || BTF_INFO_KIND(function->info) != BTF_KIND_FUNC) return 0;
  const btf_type* prototype = btf.type(function->type);
  return prototype == nullptr ? 0 : BTF_INFO_VLEN(prototype->info);
}

}  // namespace

uint64_t get_func_arg(Run& run, const Arguments& arguments) {
  const auto number = static_cast<uint32_t>(arguments[1]);
  if (number >= argument_count(run)) return result(-EINVAL);
  *pointer<uint64_t>(arguments[2]) = pointer<const uint64_t>(arguments[0])[number];
  return 0;
}

uint64_t get_func_ret(Run& run, const Arguments& arguments) {
  const uint32_t type = run.program->attach_type;
  if (type != BPF_TRACE_FEXIT && type != BPF_MODIFY_RETURN) return result(-EOPNOTSUPP);
  *pointer<uint64_t>(arguments[1]) = pointer<const uint64_t>(arguments[0])[argument_count(run)];
  return 0;
}

uint64_t get_func_arg_cnt(Run& run, const Arguments&) { return argument_count(run); }

}  // namespace zext::shim::helpers
