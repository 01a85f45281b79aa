#include "kernel_shim/engines/native/compile_program.h"

#include <errno.h>

#include <span>
#include <vector>

#include "isa/ebpf/decode.h"
#include "jit/install/install.h"
#include "kernel_shim/maps/array/array.h"
#include "kernel_shim/runtime/attempt.h"

namespace zext::shim {
namespace {

constexpr int kNotSupported = 524;  // Linux's ENOTSUPP, which <errno.h> does not have

// The block that is allocated and not yet released: attempt() may end without destructors.
struct Held {
  const jit::TextHooks& hooks;
  jit::TextBlock block = {};
  bool held = false;

  static Held& of(void* context) { return *static_cast<Held*>(context); }

  jit::TextHooks wrapped() {
    return {.context = this,
            .allocate =
                [](void* context, uint64_t size, uint64_t near, jit::TextBlock* block) {
                  Held& self = of(context);
                  const int status = self.hooks.allocate(self.hooks.context, size, near, block);
                  self.held = status == 0;
                  self.block = *block;
                  return status;
                },
            .protect =
                [](void* context, jit::TextBlock* block) {
                  Held& self = of(context);
                  const int status = self.hooks.protect(self.hooks.context, block);
                  self.block = *block;
                  return status;
                },
            .synchronise =
                [](void* context, const jit::TextBlock* block) {
                  return of(context).hooks.synchronise(of(context).hooks.context, block);
                },
            .release =
                [](void* context, jit::TextBlock* block) {
                  Held& self = of(context);
                  if (!self.held) return;
                  self.held = false;
                  self.hooks.release(self.hooks.context, block);
                }};
  }
};

std::vector<jit::HelperAddress> called_helpers(const ebpf::Code& code, const TextTarget& target) {
  std::vector<jit::HelperAddress> helpers;
  bool seen[256] = {};
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const ebpf::Instruction<>& insn = code.insns[pc];
    if (insn.row().kind != ebpf::Kind::kCallHelper) continue;
    const int64_t number = insn.imm.signed_value();
    if (number < 0 || number >= 256 || seen[number]) continue;
    seen[number] = true;
    const uint64_t address = target.address_of(target.context, static_cast<uint32_t>(number));
    if (address == 0) continue;
    helpers.push_back({.id = static_cast<int32_t>(number), .address = address});
  }
  return helpers;
}

int error_of(const jit::InstallError& error) {
  using Kind = jit::InstallError::Kind;
  switch (error.kind) {
    case Kind::kAllocate:
    case Kind::kProtect:
    case Kind::kSynchronise:
      return error.status < 0 ? error.status : -ENOMEM;
    case Kind::kMissingHook:
    case Kind::kRelocatable:
    case Kind::kCompile:
    case Kind::kBadBlock:
    case Kind::kUnsettled:
      return -kNotSupported;
  }
  return -kNotSupported;
}

int keep_exceptions(Kernel& kernel, Program& program, std::span<const jit::Exception> exceptions,
                    CompiledProgram* compiled) {
  if (exceptions.empty()) return 0;
  void* memory = kernel.alloc(program, exceptions.size_bytes());
  if (memory == nullptr) return -ENOMEM;
  __builtin_memcpy(memory, exceptions.data(), exceptions.size_bytes());
  compiled->exceptions = static_cast<jit::Exception*>(memory);
  compiled->exception_count = exceptions.size();
  return 0;
}

// Within attempt().
int compile_now(Kernel& kernel, Program& program, const TextTarget& target, Held& held,
                CompiledProgram* compiled) {
  const auto code = ebpf::decode_program({program.insns, program.slots});
  if (!code) return -EINVAL;
  const std::vector<jit::HelperAddress> helpers = called_helpers(*code, target);
  jit::Options options;
  options.extensions = target.extensions;
  options.helpers = helpers;
  options.probes = {program.probes, program.probe_count};
  options.packet_loads = target.packet_loads;
  options.program_arrays =
      jit::ProgramArrayLayout{.max_entries = kProgArrayCount, .entries = kProgArrayEntries};
  if (kernel.config().blind_constants) {
    options.blinding = {
        .next = [](void* context) { return static_cast<Kernel*>(context)->random(); },
        .context = &kernel};
  }
  auto installed = jit::install(*code, options, held.wrapped());
  if (!installed) return error_of(installed.error());
  if (const int error = keep_exceptions(kernel, program, installed->code().exceptions, compiled)) {
    return error;
  }
  compiled->entry = installed->entry();
  compiled->tail_entry = installed->address() + installed->code().tail_entry;
  compiled->size = installed->size();
  compiled->block = held.block;
  held.held = false;  // from here on it is the program's
  return 0;
}

}  // namespace

int compile_program(Kernel& kernel, Program& program, const TextTarget& target,
                    const jit::TextHooks& hooks, CompiledProgram* compiled) {
  *compiled = {};
  Held held{.hooks = hooks};
  const int error =
      attempt(kernel, [&] { return compile_now(kernel, program, target, held, compiled); });
  if (error != 0 && held.held) hooks.release(hooks.context, &held.block);
  if (error == 0) {
    program.jited = true;
    program.tail_entry = compiled->tail_entry;
    program.text_address = compiled->block.address;
    program.text_size = compiled->size;
  }
  return error;
}

void release_program(Kernel& kernel, Program& program, const jit::TextHooks& hooks,
                     CompiledProgram& compiled) {
  kernel.free(program, compiled.exceptions, compiled.exception_count * sizeof(jit::Exception));
  hooks.release(hooks.context, &compiled.block);
  compiled = {};
}

}  // namespace zext::shim
