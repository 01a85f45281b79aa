#include "cli/command.h"

#include <algorithm>
#include <random>

namespace zext::cli {

void add_common_options(CLI::App& command, CommonOptions& options) {
  command.add_option("FILE", options.input.file, "A BPF object, or - for standard input")
      ->required();
  command.add_flag("--raw", options.input.raw, "FILE is bare bytecode, not an ELF object");
  command.add_option("--type", options.type,
                     "Program type, instead of what the section's name says (of raw bytecode: "
                     "plain_memory): xdp, socket_filter, plain_memory");
  command.add_option("--program", options.input.program, "Only the program of this name");
  command.add_flag("--json", options.json, "Print JSON on standard output");
}

void add_probe_option(CLI::App& command, std::vector<uint32_t>& slots) {
  command
      .add_option_function<std::vector<uint32_t>>(
          "--probe",
          [&slots](const std::vector<uint32_t>& given) {
            slots = given;
            std::ranges::sort(slots);
            const auto repeated = std::ranges::unique(slots);
            slots.erase(repeated.begin(), repeated.end());
          },
          "SLOT,...: loads that may fault and then give 0")
      ->delimiter(',');
}

void add_blinding_options(CLI::App& command, std::optional<uint64_t>& seed) {
  command.add_flag_callback(
      "--blind",
      [&seed] {
        std::random_device device;
        if (!seed) seed = uint64_t{device()} << 32 | device();
      },
      "Keep the program's constants out of the machine code, behind random masks");
  command.add_option_function<uint64_t>(
      "--blind-seed", [&seed](const uint64_t& given) { seed = given; },
      "Blind with the masks of this seed, the same each time");
}

std::expected<Input, object::Error> read_input(const CommonOptions& options) {
  const auto bytes = read_bytes(options.input.file);
  if (!bytes) return std::unexpected(bytes.error());
  return read_input(options, *bytes);
}

std::expected<Input, object::Error> read_input(const CommonOptions& options,
                                               const std::vector<uint8_t>& bytes) {
  InputOptions input = options.input;
  if (!options.type.empty()) {
    input.type = parse_type(options.type);
    if (!input.type) {
      return std::unexpected(object::Error{.where = "--type " + options.type,
                                           .what = "no such program type",
                                           .hint = "types: xdp, socket_filter, plain_memory"});
    }
  }
  return parse_input(bytes, input);
}

}  // namespace zext::cli
