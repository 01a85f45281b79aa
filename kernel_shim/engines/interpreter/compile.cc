#include <errno.h>

#include <new>

#include "kernel_shim/engines/interpreter/compiled.h"
#include "kernel_shim/helpers/helper.h"
#include "kernel_shim/runtime/attempt.h"

namespace zext::shim {
namespace {

using ebpf::Kind;

// A copy of the code in memory of the program's: null, there is none.
Compiled* copy(Kernel& kernel, Program& program, const ebpf::Code& code) {
  const uint64_t insns_bytes = code.insns.size() * sizeof(code.insns[0]);
  const uint64_t functions_bytes = code.functions.size() * sizeof(code.functions[0]);
  auto* memory = static_cast<uint8_t*>(
      kernel.alloc(program, sizeof(Compiled) + insns_bytes + functions_bytes));
  if (memory == nullptr) return nullptr;
  uint8_t* insns = memory + sizeof(Compiled);
  uint8_t* functions = insns + insns_bytes;
  __builtin_memcpy(insns, code.insns.data(), insns_bytes);
  __builtin_memcpy(functions, code.functions.data(), functions_bytes);
  return new (memory)
      Compiled{.program = &program,
               .insns = {reinterpret_cast<const ebpf::Instruction<>*>(insns), code.insns.size()},
               .functions = {reinterpret_cast<const uint32_t*>(functions), code.functions.size()}};
}

bool is_load(Kind kind) {
  return kind == Kind::kLoad || kind == Kind::kLoadSx || kind == Kind::kLoadAcquire;
}

// What the engine wants of an instruction: 0, or -kNotSupported where there is no such thing here.
int adapt(ebpf::Instruction<>& insn) {
  const Kind kind = insn.row().kind;
  if (is_load(kind)) insn.imm = Bits<64>::of(0);
  if (kind == Kind::kCallBtf || kind == Kind::kAddrSpaceCast) return -kNotSupported;
  if (kind == Kind::kImm64) {
    const bool constant = insn.op == ebpf::Op::kLoadImm64 || insn.op == ebpf::Op::kLoadFunction;
    return constant ? 0 : -kNotSupported;
  }
  if (kind != Kind::kCallHelper) return 0;
  const auto number = static_cast<uint32_t>(insn.imm.value());
  if (number == uint32_t{ebpf::kTailCallHelper}) return 0;
  const HelperFunction function = helper_function(number);
  if (function == nullptr) return -kNotSupported;
  insn.imm = Bits<64>::of(reinterpret_cast<uint64_t>(function));
  return 0;
}

int compile_with_vectors(Kernel& kernel, Program& program) {
  auto code = ebpf::decode_program({program.insns, program.slots});
  if (!code) return -EINVAL;
  for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) {
    const int error = adapt(code->insns[pc]);
    if (error != 0) return error;
  }
  for (uint32_t i = 0; i < program.probe_count; ++i) {
    ebpf::Instruction<>& insn = code->insns[program.probes[i]];
    if (is_load(insn.row().kind)) insn.imm = Bits<64>::of(kProbe);
  }
  program.compiled = copy(kernel, program, *code);
  return program.compiled == nullptr ? -ENOMEM : 0;
}

}  // namespace

int compile(Kernel& kernel, Program& program) {
  return attempt(kernel, [&] { return compile_with_vectors(kernel, program); });
}

void discard(Kernel& kernel, Program& program) {
  if (program.compiled == nullptr) return;
  auto* compiled = static_cast<Compiled*>(program.compiled);
  kernel.free(program, compiled, compiled->bytes());
  program.compiled = nullptr;
}

}  // namespace zext::shim
