// Where compiled code will be, and what it calls: options of `zext jit`.
//
//   PlacementOptions options;
//   add_placement_options(command, options);      // --text-address, --helper, --kernel-function,
//   ... const auto placement = parse(options);
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "jit/compile.h"
#include "object/error.h"

namespace zext::cli {

// As given on the command line.
struct PlacementOptions {
  std::string text_address;
  std::vector<std::string> helpers;
  std::vector<std::string> kernel_functions;
  bool pc_relative = false;
};

struct TextPlacement {
  std::optional<uint64_t> text_address = {};
  std::vector<jit::HelperAddress> helpers = {};
  std::vector<jit::HelperAddress> kernel_functions = {};
  jit::HelperReach reach = jit::HelperReach::kAnywhere;
};

void add_placement_options(CLI::App& command, PlacementOptions& options);

// `linked`: a linker places the code, and nothing may be given here.
// Errors: what is no number, or not of the form NUMBER=ADDRESS.
std::expected<TextPlacement, object::Error> parse(const PlacementOptions& options, bool linked);

}  // namespace zext::cli
