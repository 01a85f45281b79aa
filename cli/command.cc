#include "cli/command.h"

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

std::expected<Input, object::Error> read_input(const CommonOptions& options) {
  InputOptions input = options.input;
  if (!options.type.empty()) {
    input.type = parse_type(options.type);
    if (!input.type) {
      return std::unexpected(object::Error{.where = "--type " + options.type,
                                           .what = "no such program type",
                                           .hint = "types: xdp, socket_filter, plain_memory"});
    }
  }
  return read_input(input);
}

}  // namespace zext::cli
