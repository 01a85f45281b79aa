// A function on our core: what it returned, what it left in memory, what it cost.
//
//   auto run = run_on_core({.text = code.bytes, .entry = code.entry}, setting, on_retirement);
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <vector>

#include "bench/jit/measure.h"
#include "cli/setting.h"
#include "object/error.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/presets.h"

namespace zext::bench {

// Machine code to be placed at cli::kTextAddress, and the data that belongs to it.
struct Function {
  std::vector<uint8_t> text;
  uint32_t entry = 0;  // bytes into the text
  std::vector<rtl_sim::Segment> data = {};
  std::vector<cli::Helper> helpers = {};  // those the file has, at their addresses
};

struct CoreRun {
  uint64_t r0 = 0;
  std::vector<uint8_t> memory;  // of the setting's first region
  Cost cost;
};

// The function in an ELF file linked by kernel.ld. Errors: unreadable, or not such a file.
std::expected<Function, object::Error> read_function(const std::string& file);

// `retired` hears of each instruction within the text, by its address and cycle.
// Errors: a trap, no end within 100 million instructions, or a preset that is not linked.
std::expected<CoreRun, object::Error> run_on_core(
    const Function& function, const cli::Setting& setting,
    const std::function<void(uint64_t pc, uint64_t cycle)>& retired,
    rtl_sim::Preset preset = rtl_sim::Preset::kDefault);

}  // namespace zext::bench
