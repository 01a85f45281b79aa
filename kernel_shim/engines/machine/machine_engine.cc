#include "kernel_shim/engines/machine/machine_engine.h"

#include <errno.h>
#include <fmt/core.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "kernel_shim/engines/machine/firmware/firmware_bytes.h"
#include "kernel_shim/engines/machine/host.h"
#include "kernel_shim/engines/machine/machine.h"
#include "kernel_shim/engines/machine/ram.h"
#include "kernel_shim/engines/machine/transfer.h"
#include "kernel_shim/engines/native/compile_program.h"
#include "kernel_shim/programs/engine.h"
#include "rtl_sim/image/image.h"

namespace zext::shim {

using machine::Call;
using machine::Command;
using machine::End;
using machine::Mailbox;

namespace {

constexpr std::pair<MachineKind, const char*> kNames[] = {
    {MachineKind::kQemu, "qemu"},
    {MachineKind::kRtl, "rtl"},
    {MachineKind::kLockstep, "lockstep"},
};

// A program's text in RAM, in memory of the program's there.
struct MachineProgram {
  CompiledProgram compiled;
  machine::MachineText text;
};

}  // namespace

class MachineHost::Impl : public machine::Forwarder {
 public:
  explicit Impl(const kshim_host& host) {
    std::memcpy(&base, &host, std::min<uint64_t>(host.size, sizeof base));
    functions_ = machine::forward(*this);
    add_own_functions();
  }

  std::expected<void, std::string> start(const MachineOptions& options);
  const kshim_host& functions() const { return functions_; }
  std::optional<Pages> pages_at(const void* address);
  MachineRun last_run();

  int prepare(Kernel& kernel, Program& program);
  void release(Kernel& kernel, Program& program);
  uint64_t run(Kernel& kernel, Program& program, Run& run);

 private:
  using Lock = std::lock_guard<std::recursive_mutex>;
  // What a program is written into while it is compiled.
  struct Writing {
    Impl& impl;
    uint8_t* staging = nullptr;  // the text itself, or a copy that the machine takes over
    uint64_t size = 0;
  };

  static Impl& of(void* context) {
    return static_cast<Impl&>(*static_cast<machine::Forwarder*>(context));
  }

  void add_own_functions();
  void add_memory();
  std::expected<void, std::string> load_firmware();
  std::expected<void, std::string> boot();
  jit::TextHooks hooks(Writing& writing);
  int allocate(Writing& writing, uint64_t size, jit::TextBlock* block);
  int take_over(Writing& writing, const jit::TextBlock& block);
  void free_text(Writing& writing, const jit::TextBlock& block);
  std::expected<void, std::string> request();
  void fill_environment(Kernel& kernel);
  void serve(Mailbox& mailbox);
  void tell(Mailbox& mailbox);
  std::string trap_text(const Program& program);

  std::recursive_mutex token_;  // the machine's one CPU
  kshim_host functions_{};
  std::unique_ptr<machine::Ram> ram_;
  std::unique_ptr<machine::Machine> machine_;
  MachineRun last_;
};

void MachineHost::Impl::add_own_functions() {
  kshim_host& f = functions_;
  if (base.cpu_count == nullptr) {
    f.cpu_count = [](void*) -> uint32_t { return 1; };
  } else {
    f.cpu_count = [](void* context) {
      return of(context).base.cpu_count(of(context).base.context);
    };
  }
  // Whoever has the token is on the first.
  f.cpu_id = [](void*) -> uint32_t { return 0; };
  f.preempt_disable = [](void* context) { of(context).token_.lock(); };
  f.preempt_enable = [](void* context) { of(context).token_.unlock(); };
  f.irq_save = [](void* context) -> uint64_t {
    of(context).token_.lock();
    return 0;
  };
  f.irq_restore = [](void* context, uint64_t) { of(context).token_.unlock(); };
  f.relax = [](void*) { sched_yield(); };
  add_memory();
}

void MachineHost::Impl::add_memory() {
  kshim_host& f = functions_;
  f.alloc = [](void* context, uint64_t size) {
    const Lock lock(of(context).token_);
    return of(context).ram_->mailbox().heap.alloc(size);
  };
  f.free = [](void* context, void* memory, uint64_t size) {
    const Lock lock(of(context).token_);
    of(context).ram_->mailbox().heap.free(memory, size);
  };
  f.pages_alloc = [](void* context, uint64_t size, uint64_t mirror) {
    const Lock lock(of(context).token_);
    return of(context).ram_->pages_alloc(size, mirror);
  };
  f.pages_free = [](void* context, void* pages, uint64_t size, uint64_t mirror) {
    const Lock lock(of(context).token_);
    of(context).ram_->pages_free(pages, size, mirror);
  };
}

std::expected<void, std::string> MachineHost::Impl::load_firmware() {
  const auto image = rtl_sim::load_elf({machine::kFirmware, machine::kFirmwareSize},
                                       {.memory = {}, .require_tohost = false});
  if (!image) return std::unexpected(image.error().message());
  for (const rtl_sim::Segment& segment : image->segments) {
    std::memcpy(ram_->bytes() + (segment.address - machine::kPhysical), segment.bytes.data(),
                segment.bytes.size());
  }
  return {};
}

std::expected<void, std::string> MachineHost::Impl::boot() {
  Mailbox& mailbox = ram_->mailbox();
  mailbox.call = {.command = Command::kBoot};
  if (auto done = request(); !done) return done;
  if (mailbox.end != End::kFinished) {
    return std::unexpected(fmt::format(
        "the firmware does not start: end {}, trap {} at {:#x} ({:#x})",
        static_cast<uint64_t>(mailbox.end), mailbox.trap[0], mailbox.trap[1], mailbox.trap[2]));
  }
  const machine::Sizes own = machine::sizes();
  for (size_t i = 0; i < std::size(own.values); ++i) {
    if (own.values[i] == mailbox.sizes.values[i]) continue;
    return std::unexpected(fmt::format("layout {} is {} here and {} in the firmware", i,
                                       own.values[i], mailbox.sizes.values[i]));
  }
  return {};
}

std::expected<void, std::string> MachineHost::Impl::start(const MachineOptions& options) {
  auto ram = machine::Ram::create(options.memory);
  if (!ram) return std::unexpected(ram.error());
  ram_ = std::move(*ram);
  if (auto loaded = load_firmware(); !loaded) return loaded;
  auto made = [&] {
    switch (options.machine) {
      case MachineKind::kQemu:
        return machine::make_qemu(*ram_);
      case MachineKind::kRtl:
        return machine::make_core(*ram_, options.max_instructions);
      case MachineKind::kLockstep:
        return machine::make_lockstep(*ram_, options.max_instructions);
    }
    __builtin_unreachable();
  }();
  if (!made) return std::unexpected(made.error());
  machine_ = std::move(*made);
  Mailbox& mailbox = ram_->mailbox();
  mailbox.platform = machine_->platform();
  mailbox.serves = machine_->serves();
  mailbox.tick_nanoseconds = machine_->tick_nanoseconds();
  mailbox.cpu_count = functions_.cpu_count(functions_.context);
  return boot();
}

std::expected<void, std::string> MachineHost::Impl::request() {
  ram_->mailbox().end = End::kNone;
  return machine_->request([this](Mailbox& mailbox) { serve(mailbox); });
}

// --- text

int MachineHost::Impl::allocate(Writing& writing, uint64_t size, jit::TextBlock* block) {
  const Lock lock(token_);
  Heap& heap = ram_->mailbox().heap;
  void* text = heap.alloc(size);
  if (text == nullptr) return -ENOMEM;
  writing.size = size;
  writing.staging = static_cast<uint8_t*>(machine_->sees_text() ? text : heap.alloc(size));
  if (writing.staging == nullptr) {
    heap.free(text, size);
    return -ENOMEM;
  }
  *block = {.address = reinterpret_cast<uint64_t>(text), .size = size, .writable = writing.staging};
  return 0;
}

// The machine copies it to its place, if it must.
int MachineHost::Impl::take_over(Writing& writing, const jit::TextBlock& block) {
  if (machine_->sees_text()) return 0;
  const Lock lock(token_);
  ram_->mailbox().call = {.command = Command::kCopy,
                          .to = reinterpret_cast<void*>(block.address),
                          .from = writing.staging,
                          .size = block.size};
  const auto done = request();
  ram_->mailbox().heap.free(writing.staging, writing.size);
  writing.staging = nullptr;
  return done ? 0 : -EIO;
}

void MachineHost::Impl::free_text(Writing& writing, const jit::TextBlock& block) {
  const Lock lock(token_);
  Heap& heap = ram_->mailbox().heap;
  if (!machine_->sees_text()) heap.free(writing.staging, writing.size);
  writing.staging = nullptr;
  heap.free(reinterpret_cast<void*>(block.address), block.size);
}

jit::TextHooks MachineHost::Impl::hooks(Writing& writing) {
  return {.context = &writing,
          .allocate =
              [](void* context, uint64_t size, uint64_t, jit::TextBlock* block) {
                auto& self = *static_cast<Writing*>(context);
                return self.impl.allocate(self, size, block);
              },
          .protect = [](void*, jit::TextBlock*) { return 0; },
          .synchronise =
              [](void* context, const jit::TextBlock* block) {
                auto& self = *static_cast<Writing*>(context);
                return self.impl.take_over(self, *block);
              },
          .release =
              [](void* context, jit::TextBlock* block) {
                auto& self = *static_cast<Writing*>(context);
                self.impl.free_text(self, *block);
              }};
}

int MachineHost::Impl::prepare(Kernel& kernel, Program& program) {
  void* memory = kernel.alloc(program, sizeof(MachineProgram));
  if (memory == nullptr) return -ENOMEM;
  auto* own = new (memory) MachineProgram();
  const Mailbox& mailbox = ram_->mailbox();
  const TextTarget target{
      .address_of =
          [](const void* context, uint32_t helper) {
            return static_cast<const Mailbox*>(context)->helpers[helper];
          },
      .context = &mailbox,
      .packet_loads = {.load8 = mailbox.packet_loads[0],
                       .load16 = mailbox.packet_loads[1],
                       .load32 = mailbox.packet_loads[2]},
      .extensions = jit::kRv64gc | jit::Extensions{rv64::Extension::kZba, rv64::Extension::kZbb}};
  Writing writing{.impl = *this};
  const int error = compile_program(kernel, program, target, hooks(writing), &own->compiled);
  if (error != 0) {
    kernel.free(program, own, sizeof(MachineProgram));
    return error;
  }
  program.compiled = own;
  const Lock lock(token_);
  own->text = {.next = ram_->mailbox().texts,
               .address = own->compiled.block.address,
               .size = own->compiled.size,
               .exceptions = own->compiled.exceptions,
               .exception_count = own->compiled.exception_count};
  ram_->mailbox().texts = &own->text;
  return 0;
}

void MachineHost::Impl::release(Kernel& kernel, Program& program) {
  auto* own = static_cast<MachineProgram*>(program.compiled);
  if (own == nullptr) return;
  {
    const Lock lock(token_);
    machine::MachineText** at = &ram_->mailbox().texts;
    while (*at != &own->text) at = &(*at)->next;
    *at = own->text.next;
  }
  Writing writing{.impl = *this};
  release_program(kernel, program, hooks(writing), own->compiled);
  kernel.free(program, own, sizeof(MachineProgram));
  program.compiled = nullptr;
}

// --- runs

void MachineHost::Impl::fill_environment(Kernel& kernel) {
  Mailbox& mailbox = ram_->mailbox();
  for (uint32_t i = 0; i < std::size(mailbox.clocks); ++i) {
    mailbox.clocks[i] = base.clock(base.context, static_cast<kshim_clock>(i));
  }
  mailbox.task = {};
  if (base.task != nullptr) base.task(base.context, &mailbox.task);
  mailbox.vmlinux = kernel.vmlinux;
  mailbox.wake_count = 0;
  mailbox.trace_used = 0;
}

uint64_t MachineHost::Impl::run(Kernel& kernel, Program& program, Run& run) {
  const Lock lock(token_);
  const auto* own = static_cast<const MachineProgram*>(program.compiled);
  last_ = {};
  fill_environment(kernel);
  Mailbox& mailbox = ram_->mailbox();
  Call& call = mailbox.call;
  call = {.command = Command::kRun,
          .program = &program,
          .entry = own->compiled.entry,
          .in_test_run = run.in_test_run,
          .cookie = run.cookie};
  machine::Transfer transfer(*ram_, program, run);
  if (!transfer.in(call)) {
    last_.failure = "the machine's memory is full";
    return static_cast<uint64_t>(-ENOMEM);
  }
  const auto done = request();
  transfer.out(call);
  tell(mailbox);
  if (!done || mailbox.end != End::kFinished) {
    last_.failure = done ? trap_text(program) : done.error();
    return static_cast<uint64_t>(-EFAULT);
  }
  last_.instructions = call.instructions;
  last_.cycles = machine_->counts_cycles() ? call.cycles : 0;
  run.cycles = last_.cycles;
  return call.r0;
}

std::string MachineHost::Impl::trap_text(const Program& program) {
  const uint64_t* trap = ram_->mailbox().trap;
  return fmt::format("trap: cause {}, pc {:#x} ({:#x} bytes into the program's code), value {:#x}",
                     trap[0], trap[1], trap[1] - program.text_address, trap[2]);
}

// What the run has left for the host: lines to print, objects to wake waiters of.
void MachineHost::Impl::tell(Mailbox& mailbox) {
  for (uint64_t at = 0; at < mailbox.trace_used;) {
    uint16_t length = 0;
    std::memcpy(&length, mailbox.trace + at, sizeof length);
    at += sizeof length;
    if (base.trace_output != nullptr) {
      base.trace_output(base.context, reinterpret_cast<const char*>(mailbox.trace + at), length);
    }
    at += length;
  }
  for (uint32_t i = 0; i < mailbox.wake_count; ++i) {
    if (base.wake != nullptr) base.wake(base.context, mailbox.wakes[i]);
  }
}

void MachineHost::Impl::serve(Mailbox& mailbox) {
  using machine::Service;
  const uint64_t* a = mailbox.arguments;
  mailbox.service_bytes = 0;
  mailbox.result = -EFAULT;
  const auto read = [&](auto* function) {
    if (function == nullptr || a[1] > sizeof mailbox.data) return;
    mailbox.result = function(base.context, mailbox.data, a[0], a[1]);
    mailbox.service_bytes = a[1];
  };
  switch (mailbox.service) {
    case Service::kPeekUser:
      return read(base.peek_user);
    case Service::kPeekKernel:
      return read(base.peek_kernel);
    case Service::kCopyFromUser:
      return read(base.copy_from_user);
    case Service::kStackWalk: {
      mailbox.result = 0;
      if (base.stack_walk == nullptr) return;
      auto* addresses = reinterpret_cast<uint64_t*>(mailbox.data);
      mailbox.result = base.stack_walk(base.context, reinterpret_cast<const void*>(a[0]), a[1] != 0,
                                       addresses, static_cast<uint32_t>(a[2]));
      mailbox.service_bytes = static_cast<uint64_t>(mailbox.result) * sizeof *addresses;
      return;
    }
    case Service::kSymbol:
      mailbox.result = base.symbol == nullptr
                           ? 0
                           : static_cast<int64_t>(
                                 base.symbol(base.context, reinterpret_cast<const char*>(a[0])));
      return;
  }
}

std::optional<MachineHost::Pages> MachineHost::Impl::pages_at(const void* address) {
  const Lock lock(token_);
  const auto found = ram_->find(address);
  if (!found) return std::nullopt;
  return Pages{.fd = found->fd, .offset = found->offset};
}

MachineRun MachineHost::Impl::last_run() {
  const Lock lock(token_);
  return last_;
}

namespace {

MachineHost::Impl& impl_of(Kernel& kernel) {
  return *static_cast<MachineHost::Impl*>(kernel.engine_context);
}

constexpr Engine engine(const char* name) {
  return {
      .name = name,
      .jits = true,
      .prepare = [](Kernel& kernel,
                    Program& program) { return impl_of(kernel).prepare(kernel, program); },
      .release = [](Kernel& kernel, Program& program) { impl_of(kernel).release(kernel, program); },
      .run = [](Kernel& kernel, Program& program,
                Run& run) { return impl_of(kernel).run(kernel, program, run); },
      .text =
          [](const Program& program) {
            return reinterpret_cast<const uint8_t*>(program.text_address);
          }};
}
constexpr Engine kEngines[] = {engine("qemu"), engine("rtl"), engine("lockstep")};

}  // namespace

std::optional<MachineKind> machine_named(std::string_view name) {
  for (const auto& [kind, candidate] : kNames) {
    if (name == candidate) return kind;
  }
  return std::nullopt;
}

MachineHost::MachineHost(std::unique_ptr<Impl> impl, MachineKind kind)
    : impl_(std::move(impl)), kind_(kind) {}
MachineHost::~MachineHost() = default;

std::expected<std::unique_ptr<MachineHost>, std::string> MachineHost::create(
    const kshim_host& base, const MachineOptions& options) {
  auto impl = std::make_unique<Impl>(base);
  if (auto started = impl->start(options); !started) return std::unexpected(started.error());
  return std::unique_ptr<MachineHost>(new MachineHost(std::move(impl), options.machine));
}

const kshim_host& MachineHost::functions() const { return impl_->functions(); }

void MachineHost::use(Kernel& kernel) {
  kernel.engine_context = impl_.get();
  kernel.engine = &kEngines[static_cast<size_t>(kind_)];
}

std::optional<MachineHost::Pages> MachineHost::pages_at(const void* address) const {
  return impl_->pages_at(address);
}

MachineRun MachineHost::last_run() const { return impl_->last_run(); }

}  // namespace zext::shim
