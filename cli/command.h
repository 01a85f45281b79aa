// The subcommands of `zext`: each adds its options to the parser and says what to run.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/action.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/report.h"
#include "object/error.h"

namespace zext::cli {

void add_verify_command(CLI::App& app, Action& action);
void add_check_command(CLI::App& app, Action& action);
void add_jit_command(CLI::App& app, Action& action);
void add_run_command(CLI::App& app, Action& action);
void add_disasm_command(CLI::App& app, Action& action);
void add_asm_command(CLI::App& app, Action& action);
void add_plugin_command(CLI::App& app, Action& action);

// Options that every command reading programs has: FILE --raw --type --program --json.
struct CommonOptions {
  InputOptions input;
  std::string type;
  bool json = false;
};
void add_common_options(CLI::App& command, CommonOptions& options);

// --probe SLOT,...: loads that may fault; `slots` become ascending, each once.
void add_probe_option(CLI::App& command, std::vector<uint32_t>& slots);

// --blind and --blind-seed; `seed` is there if constants are to be blinded, and random unless
// given.
void add_blinding_options(CLI::App& command, std::optional<uint64_t>& seed);

// The programs that `options` name; in the second form from the file's bytes.
std::expected<Input, object::Error> read_input(const CommonOptions& options);
std::expected<Input, object::Error> read_input(const CommonOptions& options,
                                               const std::vector<uint8_t>& bytes);

}  // namespace zext::cli
