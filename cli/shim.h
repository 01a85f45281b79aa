// zext shim: the subcommand, apart from the others since it needs none of what they do.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/action.h"
#include "kernel_shim/hosts/daemon/engine.h"

namespace zext::cli {

// `make_engine`: what --engine may be.
void add_shim_command(CLI::App& app, Action& action, shim::daemon::EngineMaker make_engine);

}  // namespace zext::cli
