// compile_program: a loaded program into RV64 text, whoever's memory that is.
//
//   CompiledProgram compiled;
//   int error = compile_program(kernel, program, {.helper = thunk_address, ...}, hooks, &compiled);
//
// Nothing that it leaves was made by operator new.
#pragma once

#include <cstdint>

#include "jit/compile.h"
#include "jit/install/hooks.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {

// Where the code that programs call is.
struct TextTarget {
  uint64_t (*address_of)(const void* context, uint32_t helper) = nullptr;  // 0: there is none
  const void* context = nullptr;
  jit::PacketLoads packet_loads = {};
  jit::Extensions extensions = jit::kRv64gc;
};

struct CompiledProgram {
  jit::TextBlock block = {};
  uint64_t entry = 0;  // addresses
  uint64_t tail_entry = 0;
  uint64_t size = 0;                     // bytes of code, from block.address on
  jit::Exception* exceptions = nullptr;  // of the program's account
  uint64_t exception_count = 0;
};

// 0; -ENOMEM; -ENOTSUPP (524): the program calls or holds what cannot be compiled; what a hook
// said.
int compile_program(Kernel& kernel, Program& program, const TextTarget& target,
                    const jit::TextHooks& hooks, CompiledProgram* compiled);
// Gives all of it back.
void release_program(Kernel& kernel, Program& program, const jit::TextHooks& hooks,
                     CompiledProgram& compiled);

}  // namespace zext::shim
