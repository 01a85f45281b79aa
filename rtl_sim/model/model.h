// The verilated core with its memory and devices as one C++ object: load a program, step it, look
// inside.
//
//   auto model = Model::create({.preset = Preset::kDefault});
//   model->load(*load_elf(bytes));
//   Outcome outcome = model->run(1'000'000);          // outcome.exit_code, cycles, instructions
//
// or one instruction at a time:
//
//   while (auto r = model->retire(1'000)) std::printf("%lx\n", r->pc);
//
// Two instructions may retire in one cycle. They are handed out one by one, and registers and
// counts are always those of the last one that was; memory may be an instruction ahead.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rtl_sim/image/error.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/device.h"
#include "rtl_sim/model/presets.h"
#include "rtl_sim/model/retirement.h"

namespace zext::rtl_sim {

struct ModelConfig {
  MemoryRange memory = {};
  // Main memory's bytes, where they are the caller's own: those of `memory` and seven more, which
  // outlive the model. load() then leaves them as they are but for the image's. Between runs
  // anybody may write them: what the core has in its caches gets there by Model::memory(), and
  // load() forgets it.
  uint8_t* memory_bytes = nullptr;
  std::string trace_file = {};     // FST; only a preset linked with tracing takes one
  uint64_t trace_from = 0;         // first cycle in the trace
  uint64_t trace_to = UINT64_MAX;  // cycle after the last
  Preset preset = Preset::kDefault;
  unsigned miss_latency = 0;  // cycles from a cache miss to its first 8 bytes, from 2; 0: preset's
  uint64_t seed = 0;          // of all state that reset leaves open; 0 makes it zero
  std::vector<MemoryRegion> regions = {};   // memory beside the main one
  std::vector<DeviceMapping> devices = {};  // beside CLINT at 0x200'0000 and PLIC at 0xc00'0000
  bool uart = true;                         // one at 0x1000'0000, on source 10 of the PLIC
  bool serve_htif = true;                   // console and system calls; else only exits
  // Gets what the program writes to the UART or to the console of HTIF, as it does.
  std::function<void(std::string_view)> console = {};
};

struct RunLimits {
  uint64_t max_cycles = UINT64_MAX;
  std::optional<uint64_t> until_pc = {};  // stop before the instruction at this address
};

// How a run ended.
struct Outcome {
  enum class Stop {
    kExited,       // the program stored 2 * exit_code + 1 to `tohost`
    kHtifRequest,  // it stored a value that is not served: run() again to go on
    kCycleLimit,   // max_cycles went by: see `hang`
    kPc,           // the next instruction is the one at until_pc
  };
  Stop stop = Stop::kCycleLimit;
  uint64_t exit_code = 0;
  uint64_t tohost = 0;        // the value stored, for kExited and kHtifRequest
  uint64_t cycles = 0;        // of this run
  uint64_t instructions = 0;  // retired in this run, trapping ones included
  std::string hang;           // for kCycleLimit: where it was and what it did

  bool passed() const { return stop == Stop::kExited && exit_code == 0; }
};

class Model {
 public:
  // A model in reset with zeroed memory. Errors: impossible or overlapping memory, a preset that is
  // not linked, a trace asked of one that is not linked with tracing, a miss latency of 1 or more
  // than 65535.
  static std::expected<Model, Error> create(const ModelConfig& config = {});

  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  // Starts all over: memory zero, regions with their contents, devices and registers reset, the
  // image placed, the core at its entry. What follows depends on configuration and image only.
  // Errors: a segment or the entry outside memory.
  std::expected<void, Error> load(const Image& image);

  // Runs until the next instruction retires; nullopt when max_cycles went by without one.
  // Does not stop at `tohost`: ask exited().
  std::optional<Retirement> retire(uint64_t max_cycles);

  // Runs until the program ends or a limit is reached.
  Outcome run(const RunLimits& limits);
  Outcome run(uint64_t max_cycles) { return run(RunLimits{.max_cycles = max_cycles}); }

  // The exit code, once the program has stored an odd value to `tohost` and that store retired.
  std::optional<uint64_t> exited() const;

  // Integer register x<index> as the last retired instruction left it; index below 32.
  uint64_t reg(unsigned index) const;

  // Sets x<index> for the program to find. Only between load() and the first cycle.
  void set_reg(unsigned index, uint64_t value);

  // Resets the core to start at `pc`; memory and registers stay. Errors: outside memory or odd.
  std::expected<void, Error> set_pc(uint64_t pc);

  // Copies memory out and in, as the core sees it, caches included. To write takes a few cycles
  // when a line is on its way to or from the cache; what retires in them is handed out later.
  // Instructions that are in the pipeline stay what they were. Errors: outside memory.
  std::expected<void, Error> read(uint64_t address, std::span<uint8_t> bytes) const;
  std::expected<void, Error> write(uint64_t address, std::span<const uint8_t> bytes);

  // The whole main memory as it is now, for comparing it quickly; [0] is at config.memory.base.
  // Valid until the model runs.
  std::span<const uint8_t> memory() const;

  // What the program has written to the consoles since load(), and what it shall read from them.
  const std::string& console() const;
  void send_console(std::string_view text);

  // Cycles and retired instructions since reset.
  uint64_t cycles() const;
  uint64_t instructions() const;

  // Cycles since reset in which nothing retired, by cause: [static_cast<size_t>(Lost::...)].
  std::array<uint64_t, kLostCauses> lost_cycles() const;

  // Everything: core, caches, memory, devices, what is on its way. restore() of it, by this model
  // or one of the same configuration, goes on bit by bit. Errors: it is of another preset, memory
  // or build; the model is then to be loaded again.
  std::vector<uint8_t> snapshot() const;
  std::expected<void, Error> restore(std::span<const uint8_t> snapshot);

  // Seeds a fault: the ALU result of the instruction retired as number `order` gets xored with
  // `mask`. One fault at a time; mask 0 takes it back. For showing that lockstep notices.
  void inject_fault(uint64_t order, uint64_t mask);

  // Drives the interrupt inputs (mip.MSIP, mip.MTIP, mip.MEIP) from the next cycle on, beside CLINT
  // and PLIC.
  void set_interrupts(bool software, bool timer, bool external);

 private:
  class Impl;
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zext::rtl_sim
