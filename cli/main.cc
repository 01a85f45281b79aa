// The `zext` command.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "cli/shim.h"
#include "kernel_shim/hosts/daemon/engines.h"

namespace {

constexpr const char* kDescription =
    "Checked eBPF for RISC-V: verify programs, compile them to RV64, run them on a core.";

constexpr const char* kExitCodes =
    "Exit codes: 0 accepted (or done), 1 rejected (or diverged, faulted), 2 bad input,\n"
    "3 resource limit, 70 internal error.";

int parse_and_run(int argc, char** argv) {
  CLI::App app(kDescription, "zext");
  app.footer(kExitCodes);
  app.require_subcommand(1);
  app.set_version_flag("--version", "zext 0.1.0");
  zext::cli::Action action;
  zext::cli::add_verify_command(app, action);
  zext::cli::add_check_command(app, action);
  zext::cli::add_jit_command(app, action);
  zext::cli::add_run_command(app, action);
  zext::cli::add_disasm_command(app, action);
  zext::cli::add_asm_command(app, action);
  zext::cli::add_plugin_command(app, action);
  zext::cli::add_shim_command(app, action, zext::shim::daemon::make_engine);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : zext::cli::kBadInput;
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = parse_and_run(argc, argv);
    if (std::fflush(stdout) != 0) return zext::cli::kBadInput;
    return status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "zext: internal error: {}\nThis is a bug of zext's; please report it.\n",
               error.what());
    return zext::cli::kInternal;
  }
}
