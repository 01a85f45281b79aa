// BPF_PROG_LOAD: from the caller's attribute to a program that can run.
//
//   long fd = command_prog_load(call);      // bpf/command.h
//
// The order of checks, the errors and the words of the log are Linux 5.19's: bpf_prog_load() and
// bpf_check(). What asks the verifier is Kernel::analyser; what makes it run is Kernel::engine.
#pragma once

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {

// The same without a descriptor: a program of one reference that has an id.
int program_load(Call& call, Ref<Program>* program);

}  // namespace zext::shim
