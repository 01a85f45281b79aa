// MachineHost: the memory of an instance is a simulated RV64 machine's, and its programs run there,
// with the helpers and maps that they use as RV64 code of this same runtime.
//
//   auto machine = MachineHost::create(my_host, {.machine = *machine_named("rtl")});
//   if (!machine) return fail(machine.error());
//   kshim_create(&(*machine)->functions(), nullptr, &shim);
//   (*machine)->use(kernel_of(shim));                 // kernel.engine; before programs are loaded
//   ...
//   kshim_destroy(shim);                              // then the MachineHost may go
//
// The machine's RAM is mapped into this process at the addresses at which its programs see it, so
// that a pointer in a map means the same to both. A run is a call: the machine starts, runs the
// program and stops. One run, or one look of this process at the maps, at a time: preempt_disable,
// irq_save and locks are one lock of this host's, which may be taken several times by its thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim {

class Kernel;

enum class MachineKind : uint8_t {
  kQemu,      // QEMU's `virt`: no cycles
  kRtl,       // the core: cycles are the core's
  kLockstep,  // the core, each instruction compared with QEMU's: slow
};

// "qemu", "rtl", "lockstep": what ZEXT_ENGINE may say beside "interpreter"; nullopt for any other.
std::optional<MachineKind> machine_named(std::string_view name);

struct MachineOptions {
  MachineKind machine = MachineKind::kRtl;
  uint64_t memory = uint64_t{512} << 20;    // bytes of RAM, a multiple of 2 MiB, at most 1 GiB
  uint64_t max_instructions = 100'000'000;  // of one run, which then gives -ELOOP as r0
};

// What a run told beside its result.
struct MachineRun {
  uint64_t instructions = 0;
  uint64_t cycles = 0;  // 0 on QEMU
  std::string failure;  // the machine trapped, hung, or lockstep diverged; r0 is then -EFAULT
};

class MachineHost {
 public:
  // `base` gives all but memory and concurrency: user memory, descriptors, services. Errors, for
  // people: RAM's addresses are taken (by another MachineHost of the process, most likely), QEMU
  // cannot be started.
  static std::expected<std::unique_ptr<MachineHost>, std::string> create(
      const kshim_host& base, const MachineOptions& options);
  MachineHost(const MachineHost&) = delete;
  MachineHost& operator=(const MachineHost&) = delete;
  ~MachineHost();

  // To be handed to kshim_create.
  const kshim_host& functions() const;
  // Makes the instance run its programs here.
  void use(Kernel& kernel);

  // The file behind memory of pages_alloc, for hosts that map it into other processes: each
  // allocation has its own. `fd` stays the MachineHost's; the offset is of `address` in it, in a
  // ring's second view that of the first. Nullopt: no such memory.
  struct Pages {
    int fd = -1;
    uint64_t offset = 0;
  };
  std::optional<Pages> pages_at(const void* address) const;

  // The last run, of any thread.
  MachineRun last_run() const;

  class Impl;

 private:
  MachineHost(std::unique_ptr<Impl> impl, MachineKind kind);

  std::unique_ptr<Impl> impl_;
  MachineKind kind_;
};

}  // namespace zext::shim
