// Prototypes: what a program's global functions take, by their BTF; how many arguments the kernel's
// do.
//
//   verifier::Function function{.entry = 12, .name = "sum"};
//   set_global(*program.btf, type_id, program.type, function);
//
// The rules are Linux's btf_prepare_func_args(). verifier/subject does the same with libbpf.
#pragma once

#include <cstdint>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/programs/program.h"
#include "verifier/subject.h"

namespace zext::shim {

// `type_id` is of a BTF_KIND_FUNC. Static functions are left as they are.
void set_global(const BtfObject& btf, uint32_t type_id, uint32_t program_type,
                verifier::Function& function);

// How many arguments a program of type tracing or LSM finds in its context: those of what it is
// attached to, and the result where its attach type sees that.
uint32_t traced_argument_count(const Program& program);

}  // namespace zext::shim
