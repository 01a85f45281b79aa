// Sleeping: helpers that wait for user memory or for other CPUs, in programs that may.
//
//   if (!may_sleep(run)) return result(-EPERM);
//   const Outside outside(run);      // whatever the program found in maps may go away meanwhile
#pragma once

#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::helpers {

// Only in a test run are there no locks and no interrupts around the program, so that it may sleep.
inline bool may_sleep(const Run& run) {
  return run.in_test_run && run.outer == nullptr && run.program->sleepable;
}

// Out of the read section that programs run in, for as long as this lives.
class Outside {
 public:
  explicit Outside(Run& run) : run_(run) {
    run.kernel.cpu(run.cpu).run = nullptr;
    run.kernel.read_unlock();
  }
  ~Outside() {
    run_.kernel.read_lock();
    run_.cpu = run_.kernel.host().cpu_id();
    run_.kernel.cpu(run_.cpu).run = &run_;
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

 private:
  Run& run_;
};

}  // namespace zext::shim::helpers
