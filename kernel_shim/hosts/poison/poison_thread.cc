#include "kernel_shim/hosts/poison/poison_thread.h"

namespace zext::shim {
namespace {

uint64_t& counter(PoisonHost::Seen& seen, Fault fault) {
  switch (fault) {
    case Fault::kMemory:
      return seen.memory;
    case Fault::kCopy:
      return seen.copy;
    case Fault::kInstall:
      return seen.install;
    case Fault::kAttach:
      return seen.attach;
  }
  __builtin_unreachable();
}

uint64_t planned(const PoisonHost::Plan& plan, Fault fault) {
  switch (fault) {
    case Fault::kMemory:
      return plan.memory;
    case Fault::kCopy:
      return plan.copy;
    case Fault::kInstall:
      return plan.install;
    case Fault::kAttach:
      return plan.attach;
  }
  __builtin_unreachable();
}

// Knuth's linear congruential generator (MMIX).
uint32_t next_random(uint64_t& state) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>(state >> 33);
}

}  // namespace

PoisonThread& poison_thread() {
  thread_local PoisonThread own;
  return own;
}

bool is_due(Fault fault) {
  PoisonThread& own = poison_thread();
  if (!own.armed) return false;
  const uint64_t number = ++counter(own.seen, fault);
  const uint64_t wanted = planned(own.plan, fault);
  bool due = wanted != 0 && (own.plan.from_there_on ? number >= wanted : number == wanted);
  if (own.plan.per_mille != 0 && next_random(own.random) % 1000 < own.plan.per_mille) due = true;
  if (due) ++own.seen.failed;
  return due;
}

}  // namespace zext::shim
