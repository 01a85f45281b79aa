#include <atomic>

#include "kernel_shim/programs/engine.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {
namespace {

// An interrupt between reading and writing may lose its own count, no more.
void add(uint64_t& counter, uint64_t amount) {
  const std::atomic_ref<uint64_t> shared(counter);
  shared.store(shared.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

uint64_t program_run(Kernel& kernel, Program& program, Run& run) {
  run.program = &program;
  run.cpu = kernel.host().cpu_id();
  run.outer = kernel.cpu(run.cpu).run;
  kernel.cpu(run.cpu).run = &run;
  const bool timed = kernel.time_programs.load(std::memory_order_relaxed);
  const uint64_t start = timed ? kernel.host().clock(KSHIM_CLOCK_MONOTONIC) : 0;
  const uint64_t result = kernel.engine->run(kernel, program, run);
  if (program.statistics != nullptr) {
    ProgramStatistics& statistics = program.statistics[run.cpu];
    add(statistics.runs, 1);
    if (timed) {
      add(statistics.nanoseconds, kernel.host().clock(KSHIM_CLOCK_MONOTONIC) - start);
    }
  }
  // A program that made a system call may be on another CPU now.
  kernel.cpu(run.cpu).run = run.outer;
  run.program = &program;
  return result;
}

}  // namespace zext::shim
