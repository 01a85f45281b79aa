// The core's configurations (rtl_sim/core/config), by name.
//
//   ModelConfig config{.preset = preset_named("small").value()};
//
// A program can make those whose library it links: //rtl_sim/model:preset_small and so on;
// //rtl_sim/model comes with the default one.
#pragma once

#include <array>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "rtl_sim/image/error.h"
#include "rtl_sim/model/simulation.h"

namespace zext::rtl_sim {

enum class Preset {
  kSmall,    // single issue, ideal memory
  kSingle,   // single issue, caches
  kDefault,  // dual issue, caches
  kBig,      // dual issue, larger caches and tables
};

inline constexpr std::array kPresets = {Preset::kSmall, Preset::kSingle, Preset::kDefault,
                                        Preset::kBig};

// "small", ...
const char* name(Preset preset);

// The preset of that name, if there is one.
std::optional<Preset> preset_named(std::string_view name);

// Whether the program has it.
bool is_linked(Preset preset);

// The verilated core. Errors: the preset is not linked, or not with tracing when a trace is wanted.
std::expected<std::unique_ptr<Simulation>, Error> make_simulation(Preset preset,
                                                                  const SimulationConfig& config);

}  // namespace zext::rtl_sim
