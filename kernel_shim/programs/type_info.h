// TypeInfo: func_info, line_info and core_relos of BPF_PROG_LOAD: what they may say.
//
//   int error = load_type_info(call, program, functions, log, &relocations);
//
// Linux 5.19's check_btf_info(): the program keeps the records, and a reference of the BTF.
#pragma once

#include <cstdint>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/programs/functions.h"
#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

// Records of struct bpf_core_relo, in memory of the program's that whoever asked frees.
struct CoreRelocations {
  bpf_core_relo* records = nullptr;
  uint32_t count = 0;
};

// -EBADF, -EINVAL, -EACCES (the host's own types), -E2BIG (a record has something that 5.19 does
// not know), -EFAULT, -ENOMEM.
int load_type_info(Call& call, Program& program, const Functions& functions, Log& log,
                   CoreRelocations* relocations);

}  // namespace zext::shim
