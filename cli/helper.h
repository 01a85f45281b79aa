// Functions that a program may call, with a body for each kind of machine.
//
//   setting.helpers = conformance_helpers();       // helper 5: r0 = r1
//   interpret(code, setting, limits);              // runs Helper::call
//   options.helpers = addresses_of(setting.helpers, false);       // for jit::compile
//
// The RV64 body stands at Helper::address in every machine's memory, behind the program's code.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "isa/ebpf/interpreter.h"
#include "isa/rv64/insn.h"
#include "jit/compile.h"

namespace zext::cli {

struct Helper {
  int32_t id = 0;
  bool btf = false;  // a kernel function by BTF id, not a helper by number
  std::optional<uint64_t> (*call)(void* context, ebpf::Memory& memory,
                                  const ebpf::Arguments& arguments) = nullptr;
  std::vector<rv64::Instruction<>> body = {};  // arguments in a0 to a4, result in a0
  uint64_t address = 0;
};

// What the bpf_conformance suite expects of a runtime: helper 5 returns its first argument, the
// kernel function with BTF id 42 returns 0.
std::vector<Helper> conformance_helpers();

// As the compiler takes them: the helpers by number, or the kernel functions by BTF id.
std::vector<jit::HelperAddress> addresses_of(const std::vector<Helper>& helpers, bool btf);

// As the interpreter takes them.
std::vector<ebpf::Helper> interpreted(const std::vector<Helper>& helpers);

}  // namespace zext::cli
