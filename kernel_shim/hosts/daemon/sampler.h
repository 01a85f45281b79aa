// Sampler: software perf events that tick: a clock that fires programs at a period.
//
//   void* handle = sampler.add(cookie, 1'000'000, 0);   // each millisecond, as CPU 0
//   sampler.remove(handle);                             // it is fired no more when this returns
//
// The current task of a tick is the idle one of its CPU: a daemon does not know what the machine's
// CPUs are at.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::daemon {

class Sampler {
 public:
  ~Sampler();
  // Whose events these are. Before anything else.
  void set_shim(kshim* shim) { shim_ = shim; }

  // `period` in nanoseconds; a very short one is taken for a thousandth of a second. `cpu`: -1:
  // any.
  void* add(uint64_t cookie, uint64_t period, int32_t cpu);
  void remove(void* handle);

 private:
  struct Tick {
    uint64_t cookie = 0;
    uint64_t period = 0;
    uint64_t next = 0;
    int32_t cpu = -1;
  };
  void run();
  void fire(const Tick& tick);

  kshim* shim_ = nullptr;
  std::mutex mutex_;  // held while programs run: that is what remove() waits for
  std::condition_variable changed_;
  std::list<Tick> ticks_;
  std::thread thread_;
  bool ends_ = false;
};

}  // namespace zext::shim::daemon
