// Cpus: turning threads of this process into CPUs of a kernel.
//
//   cpus.disable_preemption();     // this thread is a CPU now, and nobody else is that one
//   ... cpus.id() ...
//   cpus.enable_preemption();
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace zext::shim::daemon {

class Cpus {
 public:
  explicit Cpus(uint32_t count);

  uint32_t count() const { return count_; }
  // Of this thread from now on: the CPU that it is to be, if that one is free in time.
  static void prefer(uint32_t cpu);
  void disable_preemption();
  void enable_preemption();
  // Without being one: the preferred one, or always the same of a thread.
  uint32_t id() const;

 private:
  struct alignas(64) Token {
    std::atomic<bool> taken{false};
  };
  bool try_take(uint32_t cpu);
  uint32_t take();

  uint32_t count_;
  std::unique_ptr<Token[]> tokens_;
};

// CPUs that this machine may ever have: what libbpf_num_possible_cpus() tells clients.
uint32_t possible_cpus();

}  // namespace zext::shim::daemon
