// One verilated preset of the core with its caches, without the host's side of things: what
// model.cc sees of verilated.cc, which is compiled once for each preset.
//
//   auto simulation = make_default({.bus = bus.get()});
//   simulation->reset(entry);
//   while (simulation->run(1'000, {}, true).stopped) deliver(simulation->bundle());
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rtl_sim/model/bus.h"
#include "rtl_sim/model/retirement.h"

namespace zext::rtl_sim {

struct SimulationConfig {
  Bus* bus = nullptr;
  unsigned miss_latency = 0;  // 0: the preset's
  uint64_t seed = 0;          // of what reset does not set; 0: zeros
  std::string trace_file = {};
  uint64_t trace_from = 0;
  uint64_t trace_to = UINT64_MAX;
};

// What retired in one cycle, the older first.
struct Bundle {
  unsigned count = 0;
  std::array<Retirement, 2> lanes;
};

class Simulation {
 public:
  // At what a run stops.
  struct Watch {
    uint64_t tohost = UINT64_MAX;  // a store to this physical address retires
    uint64_t pc = UINT64_MAX;      // what retires is followed by this address
  };

  struct Ran {
    uint64_t cycles = 0;
    bool stopped = false;  // what retired in the last cycle is in bundle(), and not yet counted
  };

  Simulation() = default;
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  virtual ~Simulation() = default;

  // Resets the core to start at `pc`; the registers keep their values.
  virtual void reset(uint64_t pc) = 0;

  // Runs until something watched retires (`each`: anything), or for so many cycles.
  virtual Ran run(uint64_t cycles, const Watch& watch, bool each) = 0;

  // What retired in the last cycle.
  virtual Bundle bundle() const = 0;

  // Cycles since reset, and those in which nothing retired, by cause.
  virtual uint64_t cycle() const = 0;
  const std::array<uint64_t, kLostCauses + 1>& lost() const { return lost_; }

  // Retired instructions that run() or count() has counted, and the registers as they left them.
  uint64_t instructions() const { return instructions_; }
  const std::array<uint64_t, 32>& registers() const { return registers_; }
  void count(const Retirement& retirement) {
    registers_[retirement.rd] = retirement.rd_value;
    ++instructions_;
  }
  // Between reset and the first cycle.
  virtual void set_register(unsigned index, uint64_t value) = 0;

  virtual void set_interrupts(bool software, bool timer, bool external) = 0;
  virtual void inject_fault(uint64_t order, uint64_t mask) = 0;

  // Makes the bus's memory what the core sees: copies what waits in the data cache and the store
  // buffer. The core notices nothing.
  virtual void publish() = 0;
  // After the host wrote to the bus's memory: the same in the data cache. Only when settled().
  virtual void patch(uint64_t address, std::span<const uint8_t> bytes) = 0;
  // Nothing is on its way into or out of the data cache that patch() could miss.
  virtual bool settled() const = 0;
  // Empties the instruction cache, as fence.i does.
  virtual void forget_instructions() = 0;

  // All of its state, appended to `state`, and taken from its front; false if it is not this
  // preset's. Restoring goes on bit by bit as the saved one did.
  virtual void save(std::vector<uint8_t>& state) const = 0;
  virtual bool restore(std::span<const uint8_t>& state) = 0;

 protected:
  uint64_t instructions_ = 0;
  std::array<uint64_t, 32> registers_{};
  std::array<uint64_t, kLostCauses + 1> lost_{};
  // Cycles without a retirement up to now, and why the last one.
  uint32_t lost_cycles_ = 0;
  Lost lost_cause_ = Lost::kNone;
};

// The presets that may be linked, plain and with tracing. A program links those it names in its
// BUILD file; the others are null.
using MakeSimulation = std::unique_ptr<Simulation>(const SimulationConfig& config);
[[gnu::weak]] MakeSimulation make_small, make_single, make_default, make_big;
[[gnu::weak]] MakeSimulation make_single_trace, make_default_trace;

}  // namespace zext::rtl_sim
