// Thunks: the C functions behind helper calls of RV64 code.
//
//   set_instance(&kernel);
//   options.helpers = {{1, thunk_address(1)}, ...};       // uint64_t f(r1, r2, r3, r4, r5)
//
// Compiled code passes r1 to r5 and nothing else, so a thunk finds the run by the CPU: it is the
// one that is under way there. That needs the instance, of which a machine has one.
#pragma once

#include <cstdint>

#include "jit/compile.h"
#include "kernel_shim/runtime/kernel.h"
#include "kernel_shim/runtime/run.h"

namespace zext::shim {

// Helpers have numbers below this.
inline constexpr uint32_t kThunks = 256;

// Null ends it. One instance at a time.
void set_instance(Kernel* kernel);
Kernel* instance();

// Of the helper by this number, 0 if it has no function.
uint64_t thunk_address(uint32_t number);
// Of LD_ABS and LD_IND.
jit::PacketLoads packet_load_addresses();

// For Run::call: `function` is where compiled code of a function begins.
uint64_t call_text(Run& run, uint64_t function, const Arguments& arguments);

// Makes `run` the one under way on this CPU as long as it lives. Preemption is off.
class CurrentRun {
 public:
  CurrentRun(Kernel& kernel, Run& run) : cpu_(kernel.cpu()), outer_(cpu_.run) {
    if (outer_ == &run) return;
    run.outer = outer_;
    cpu_.run = &run;
  }
  ~CurrentRun() { cpu_.run = outer_; }
  CurrentRun(const CurrentRun&) = delete;
  CurrentRun& operator=(const CurrentRun&) = delete;

 private:
  Cpu& cpu_;
  Run* outer_;
};

}  // namespace zext::shim
