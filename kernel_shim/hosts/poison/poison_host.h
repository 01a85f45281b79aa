// PoisonHost: stands between the library and a host, lets things fail, and watches the rules.
//
//   PoisonHost poison;
//   Instance instance({.wrap = poison.wrapper()});
//   poison.arm({.memory = 3});              // this thread's third allocation from now on fails
//   instance.bpf(BPF_MAP_CREATE, attr);
//   PoisonHost::Seen seen = poison.disarm(); // seen.memory: how many there were
//   EXPECT_EQ(poison.take_violations(), "");
//
// The rules: nothing that may sleep or that copies user memory while a lock is held, interrupts or
// preemption are off, or a read section is open; locks are released by who took them, once, and in
// no two orders; fresh memory is not relied on. `operator new` counts as an allocation too, where
// the library is ready for it to throw (poison_new.cc).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim {

class PoisonHost {
 public:
  // Which call fails, counted from 1 on in the thread that armed; 0: none.
  struct Plan {
    uint64_t memory = 0;   // alloc, pages_alloc, operator new
    uint64_t copy = 0;     // copies from and to user memory
    uint64_t install = 0;  // descriptors and pins
    uint64_t attach = 0;   // arming
    bool from_there_on = false;
    // Besides: of a thousand calls of each kind, in the order that the seed says.
    uint32_t per_mille = 0;
    uint64_t seed = 0;
  };
  struct Seen {
    uint64_t memory = 0;
    uint64_t copy = 0;
    uint64_t install = 0;
    uint64_t attach = 0;
    uint64_t failed = 0;  // that were made to fail
  };

  PoisonHost() = default;
  PoisonHost(const PoisonHost&) = delete;
  PoisonHost& operator=(const PoisonHost&) = delete;

  std::function<kshim_host(const kshim_host&)> wrapper();

  void arm(const Plan& plan);
  Seen disarm();
  // Called between system calls: nothing may be held then.
  void check_idle(const char* where);
  // What went against the rules, a line each.
  std::string take_violations();

 private:
  friend struct PoisonCalls;
  kshim_host wrap(const kshim_host& base);
  void violation(const char* what, const char* more = "");
  void must_be_able_to_sleep(const char* what);
  void lock(kshim_lock* lock);
  void unlock(kshim_lock* lock);
  void forget_locks(const void* memory, uint64_t size);
  void read_lock();
  void read_unlock();
  void synchronise();

  kshim_host base_{};
  std::mutex mutex_;
  std::vector<std::string> violations_;
  // Lock and lock that was taken while it was held.
  std::set<std::pair<const kshim_lock*, const kshim_lock*>> orders_;
  std::atomic<uint32_t> phase_{0};
  std::atomic<uint32_t> readers_[2] = {};
  std::mutex synchronising_;
  std::atomic<uint64_t> random_{0};
};

}  // namespace zext::shim
