// An RV64 executable on each machine that can run one: core, QEMU, or both in lockstep.
//
//   auto outcome = execute_elf(Machine::kRtl, *image, {.max_cycles = 1'000'000});
//   if (outcome && outcome->passed()) ...
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/machines.h"
#include "object/error.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/presets.h"

namespace zext::cli {

struct ElfRun {
  rtl_sim::Preset preset = rtl_sim::Preset::kDefault;
  uint64_t max_cycles = UINT64_MAX;  // where there are none: instructions
  std::optional<SeededFault> fault;
  std::optional<rtl_sim::MemoryRange> dump;  // memory to hand out afterwards
  std::string trace;                         // a file for the core's waveform; empty: none
  uint64_t trace_from = 0;                   // its first cycle
  uint64_t trace_to = UINT64_MAX;            // and the one after its last
  // Gets what the program writes to the console, on the core.
  std::function<void(std::string_view)> console;
};

struct ElfOutcome {
  enum class End : uint8_t {
    kExited,    // with exit_code
    kUnserved,  // it asked the host for something that is not served
    kHang,      // it did not end: `report` says where it was
    kDiverged,  // lockstep: `report` shows both machines
  };

  End end = End::kExited;
  uint64_t exit_code = 0;
  uint64_t tohost = 0;  // the last value stored there, for kExited and kUnserved
  uint64_t instructions = 0;
  uint64_t cycles = 0;  // of the core
  double seconds = 0;
  std::string report;
  std::vector<uint8_t> dump;

  bool passed() const { return end == End::kExited && exit_code == 0; }
};

// On any machine but the interpreter. Errors: a machine that cannot be had (QEMU missing, a preset
// or a trace this program was built without).
std::expected<ElfOutcome, object::Error> execute_elf(Machine machine, const rtl_sim::Image& image,
                                                     const ElfRun& run);

}  // namespace zext::cli
