#include "rtl_sim/model/presets.h"

#include <string>

namespace zext::rtl_sim {
namespace {

// Null if it is not linked.
MakeSimulation* maker(Preset preset) {
  switch (preset) {
    case Preset::kSmall:
      return make_small;
    case Preset::kSingle:
      return make_single;
    case Preset::kDefault:
      return make_default;
    case Preset::kBig:
      return make_big;
  }
  __builtin_unreachable();
}

MakeSimulation* tracing_maker(Preset preset) {
  switch (preset) {
    case Preset::kSingle:
      return make_single_trace;
    case Preset::kDefault:
      return make_default_trace;
    case Preset::kSmall:
    case Preset::kBig:
      return nullptr;
  }
  __builtin_unreachable();
}

}  // namespace

const char* name(Preset preset) {
  switch (preset) {
    case Preset::kSmall:
      return "small";
    case Preset::kSingle:
      return "single";
    case Preset::kDefault:
      return "default";
    case Preset::kBig:
      return "big";
  }
  __builtin_unreachable();
}

std::optional<Preset> preset_named(std::string_view wanted) {
  for (const Preset preset : kPresets) {
    if (wanted == name(preset)) return preset;
  }
  return std::nullopt;
}

bool is_linked(Preset preset) { return maker(preset) != nullptr; }

std::expected<std::unique_ptr<Simulation>, Error> make_simulation(Preset preset,
                                                                  const SimulationConfig& config) {
  const bool trace = !config.trace_file.empty();
  MakeSimulation* const make = trace ? tracing_maker(preset) : maker(preset);
  if (make != nullptr) return make(config);
  const std::string library = std::string("//rtl_sim/model:preset_") + name(preset);
  if (!trace) {
    return std::unexpected(Error{"this program was built without the preset", name(preset),
                                 "link " + library + ", or take another"});
  }
  return std::unexpected(Error{"this program's model was built without tracing", config.trace_file,
                               "link " + library + "_trace (there is one of single and default)"});
}

}  // namespace zext::rtl_sim
