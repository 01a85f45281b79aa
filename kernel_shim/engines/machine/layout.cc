#include "kernel_shim/engines/machine/layout.h"

// Map and Program have a base class, for which offsetof is up to the compiler; GCC's and Clang's
// know it, and that both sides come to the same is what this is for.
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace zext::shim::machine {

Sizes sizes() {
  return {{sizeof(Object),
           sizeof(Map),
           sizeof(Program),
           sizeof(Run),
           sizeof(Packet),
           sizeof(SkbContext),
           sizeof(XdpContext),
           sizeof(Cpu),
           sizeof(Kernel),
           sizeof(Host),
           sizeof(kshim_host),
           sizeof(kshim_task),
           sizeof(Heap),
           sizeof(MachineText),
           sizeof(Call),
           offsetof(Map, max_entries),
           offsetof(Map, spin_lock),
           offsetof(Map, freeze_lock),
           offsetof(Program, insns),
           offsetof(Program, tail_entry),
           offsetof(Program, statistics),
           offsetof(Object, memory),
           offsetof(Mailbox, call),
           offsetof(Mailbox, packet_loads)}};
}

}  // namespace zext::shim::machine
