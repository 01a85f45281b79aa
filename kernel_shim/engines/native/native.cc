#include "kernel_shim/engines/native/native.h"

#include <errno.h>

#include <atomic>
#include <new>

#include "kernel_shim/engines/native/compile_program.h"
#include "kernel_shim/engines/native/thunks.h"

namespace zext::shim {
namespace {

struct NativeProgram {
  CompiledProgram compiled;
  kshim_text text{};
  Kernel* kernel = nullptr;
  Program* program = nullptr;
  std::atomic<NativeProgram*> next{nullptr};
};

// All that have text, for faults: changed under the lock, read in read sections.
constinit Lock programs_lock{};
constinit std::atomic<NativeProgram*> programs{nullptr};

const kshim_host& functions_of(NativeProgram& native) { return native.kernel->host().functions(); }
NativeProgram& native_of(void* context) { return *static_cast<NativeProgram*>(context); }

// The host's functions for text, as the compiler wants them.
jit::TextHooks hooks_of(NativeProgram& native) {
  return {.context = &native,
          .allocate =
              [](void* context, uint64_t size, uint64_t near, jit::TextBlock* block) {
                NativeProgram& self = native_of(context);
                const kshim_host& host = functions_of(self);
                const int error = host.text_alloc(host.context, size, near, &self.text);
                if (error != 0) return error;
                *block = {.address = self.text.address,
                          .size = self.text.size,
                          .writable = self.text.writable,
                          .handle = self.text.handle};
                return 0;
              },
          .protect =
              [](void* context, jit::TextBlock*) {
                const kshim_host& host = functions_of(native_of(context));
                return host.text_protect(host.context, &native_of(context).text);
              },
          .synchronise =
              [](void* context, const jit::TextBlock*) {
                const kshim_host& host = functions_of(native_of(context));
                return host.text_synchronise(host.context, &native_of(context).text);
              },
          .release =
              [](void* context, jit::TextBlock*) {
                const kshim_host& host = functions_of(native_of(context));
                host.text_free(host.context, &native_of(context).text);
              }};
}

void add(Kernel& kernel, NativeProgram& native) {
  const Guard guard(kernel.host(), programs_lock);
  native.next.store(programs.load(std::memory_order_relaxed), std::memory_order_relaxed);
  programs.store(&native, std::memory_order_release);
}

void remove(Kernel& kernel, NativeProgram& native) {
  {
    const Guard guard(kernel.host(), programs_lock);
    std::atomic<NativeProgram*>* at = &programs;
    while (at->load(std::memory_order_relaxed) != &native) {
      at = &at->load(std::memory_order_relaxed)->next;
    }
    at->store(native.next.load(std::memory_order_relaxed), std::memory_order_release);
  }
  // A fault on another CPU may be looking at it.
  kernel.synchronise();
}

constexpr jit::Extensions extensions() {
  jit::Extensions result = jit::kRv64gc;
#if defined(__riscv_zba)
  result = result | jit::Extensions{rv64::Extension::kZba};
#endif
#if defined(__riscv_zbb)
  result = result | jit::Extensions{rv64::Extension::kZbb};
#endif
  return result;
}

int prepare(Kernel& kernel, Program& program) {
  void* memory = kernel.alloc(program, sizeof(NativeProgram));
  if (memory == nullptr) return -ENOMEM;
  auto* native = new (memory) NativeProgram();
  native->kernel = &kernel;
  native->program = &program;
  const TextTarget target{
      .address_of = [](const void*, uint32_t number) { return thunk_address(number); },
      .packet_loads = packet_load_addresses(),
      .extensions = extensions()};
  const int error = compile_program(kernel, program, target, hooks_of(*native), &native->compiled);
  if (error != 0) {
    kernel.free(program, native, sizeof(NativeProgram));
    return error;
  }
  program.compiled = native;
  add(kernel, *native);
  return 0;
}

void release(Kernel& kernel, Program& program) {
  auto* native = static_cast<NativeProgram*>(program.compiled);
  if (native == nullptr) return;
  remove(kernel, *native);
  release_program(kernel, program, hooks_of(*native), native->compiled);
  kernel.free(program, native, sizeof(NativeProgram));
  program.compiled = nullptr;
}

uint64_t run(Kernel& kernel, Program& program, Run& run) {
  const CurrentRun current(kernel, run);
  run.call = call_text;
  const auto* native = static_cast<const NativeProgram*>(program.compiled);
  return reinterpret_cast<uint64_t (*)(void*)>(native->compiled.entry)(run.context);
}

const uint8_t* text(const Program& program) {
  return reinterpret_cast<const uint8_t*>(program.text_address);
}

}  // namespace

const Engine kNative{.name = "native",
                     .jits = true,
                     .prepare = prepare,
                     .release = release,
                     .run = run,
                     .text = text};

int use_native(Kernel& kernel) {
  const kshim_host& host = kernel.host().functions();
  if (host.text_alloc == nullptr || host.text_protect == nullptr ||
      host.text_synchronise == nullptr || host.text_free == nullptr) {
    return -EOPNOTSUPP;
  }
  if (instance() != nullptr) return -EBUSY;
  set_instance(&kernel);
  kernel.engine = &kNative;
  return 0;
}

void end_native(Kernel& kernel) {
  if (instance() == &kernel) set_instance(nullptr);
}

namespace {

// In a read section: the program whose text the address is in.
const NativeProgram* program_at(uint64_t pc) {
  const NativeProgram* native = programs.load(std::memory_order_acquire);
  while (native != nullptr && pc - native->compiled.block.address >= native->compiled.size) {
    native = native->next.load(std::memory_order_acquire);
  }
  return native;
}

}  // namespace

extern "C" uint64_t kshim_fix_fault(kshim* shim, uint64_t pc, uint64_t registers[32]) {
  const ReadSection section(kernel_of(shim));
  const NativeProgram* native = program_at(pc);
  if (native == nullptr) return 0;
  const bool expected = jit::resume_after_fault(
      {native->compiled.exceptions, native->compiled.exception_count},
      native->compiled.block.address, pc, std::span<uint64_t, 32>(registers, 32));
  return expected ? pc : 0;
}

}  // namespace zext::shim
