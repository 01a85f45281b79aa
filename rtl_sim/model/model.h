// The verilated core and its memory as one C++ object: load a program, step it, look inside.
//
//   auto model = Model::create();
//   model->load(*load_elf(bytes));
//   Outcome outcome = model->run(1'000'000);          // outcome.exit_code, cycles, instructions
//
// or one instruction at a time:
//
//   while (auto r = model->retire(1'000)) std::printf("%lx\n", r->pc);
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "rtl_sim/image/error.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/retirement.h"

namespace zext::rtl_sim {

struct ModelConfig {
  MemoryRange memory;
  std::string trace_file;          // FST; only a model built with tracing takes one
  uint64_t trace_from = 0;         // first cycle in the trace
  uint64_t trace_to = UINT64_MAX;  // cycle after the last
};

// How a run ended.
struct Outcome {
  enum class Stop {
    kExited,       // the program stored 2 * exit_code + 1 to `tohost`
    kHtifRequest,  // the program stored another non-zero value to `tohost`: run() again to go on
    kCycleLimit,   // max_cycles went by: see `hang`
  };
  Stop stop = Stop::kCycleLimit;
  uint64_t exit_code = 0;
  uint64_t tohost = 0;        // the value stored, for kExited and kHtifRequest
  uint64_t cycles = 0;        // of this run
  uint64_t instructions = 0;  // retired in this run, trapping ones included
  std::string hang;           // for kCycleLimit: where it was and whether it still retired

  bool passed() const { return stop == Stop::kExited && exit_code == 0; }
};

class Model {
 public:
  // A model in reset with zeroed memory. Errors: an impossible memory range, or a trace asked of a
  // model that was built without tracing.
  static std::expected<Model, Error> create(const ModelConfig& config = {});

  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  // Zeroes memory and registers, places the image and resets the core to its entry.
  // Errors: a segment or the entry outside memory.
  std::expected<void, Error> load(const Image& image);

  // Runs until the next instruction retires; nullopt when max_cycles went by without one.
  // Does not stop at `tohost`: ask exited().
  std::optional<Retirement> retire(uint64_t max_cycles);

  // Runs until the program ends or max_cycles went by.
  Outcome run(uint64_t max_cycles);

  // The exit code, once the program has stored an odd value to `tohost` and that store retired.
  std::optional<uint64_t> exited() const;

  // Integer register x<index> as the last retired instruction left it; index below 32.
  uint64_t reg(unsigned index) const;

  // Sets x<index> for the program to find. Only between load() and the first cycle.
  void set_reg(unsigned index, uint64_t value);

  // Resets the core to start at `pc`; memory and registers stay. Errors: outside memory or odd.
  std::expected<void, Error> set_pc(uint64_t pc);

  // Copies memory out and in, as the core sees it: a store is there before it retires, so that
  // after retire() that of the next instruction may be. Errors: outside memory.
  std::expected<void, Error> read(uint64_t address, std::span<uint8_t> bytes) const;
  std::expected<void, Error> write(uint64_t address, std::span<const uint8_t> bytes);

  // The whole memory, for comparing it quickly; [0] is at config.memory.base.
  std::span<const uint8_t> memory() const;

  // Cycles and retired instructions since reset.
  uint64_t cycles() const;
  uint64_t instructions() const;

  // Seeds a fault: the ALU result of the instruction retired as number `order` gets xored with
  // `mask`. One fault at a time; mask 0 takes it back. For showing that lockstep notices.
  void inject_fault(uint64_t order, uint64_t mask);

  // Drives the interrupt inputs (mip.MSIP, mip.MTIP, mip.MEIP) from the next cycle on.
  void set_interrupts(bool software, bool timer, bool external);

 private:
  class Impl;
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zext::rtl_sim
