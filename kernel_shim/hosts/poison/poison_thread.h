// PoisonThread: what a thread holds, and what is to fail in it.
#pragma once

#include <cstdint>
#include <vector>

#include "kernel_shim/hosts/poison/poison_host.h"

namespace zext::shim {

struct PoisonThread {
  bool armed = false;
  PoisonHost::Plan plan;
  PoisonHost::Seen seen;
  uint64_t random = 0;
  uint32_t in_host = 0;  // the host's own code runs: its allocations are none of the library's
  std::vector<const kshim_lock*> locks;
  uint32_t irq = 0;
  uint32_t preempt = 0;
  uint32_t reading = 0;
  uint32_t phase = 0;
};

PoisonThread& poison_thread();

enum class Fault { kMemory, kCopy, kInstall, kAttach };
// Counts one call of this kind: whether it is to fail.
bool is_due(Fault fault);

// While it lives, the host's own code runs.
class InHost {
 public:
  InHost() { ++poison_thread().in_host; }
  ~InHost() { --poison_thread().in_host; }
  InHost(const InHost&) = delete;
  InHost& operator=(const InHost&) = delete;
};

}  // namespace zext::shim
