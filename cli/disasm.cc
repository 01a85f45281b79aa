// zext disasm and zext asm: bytecode to text and back, in llvm-objdump's syntax.

#include "isa/ebpf/disasm.h"

#include <fmt/core.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/pipeline.h"
#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"

namespace zext::cli {
namespace {

std::string listing(const object::Program& program, const ebpf::Code& code) {
  std::string text = fmt::format("{} <{}>:\n", program.section, program.name);
  const object::Line* last = nullptr;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const object::Line* line = object::line_at(program, pc);
    if (line != nullptr && (last == nullptr || line->line != last->line)) {
      text += fmt::format("; {}:{} {}\n", line->file, line->line, line->text);
    }
    last = line;
    text += fmt::format("{:>8}: {}\n", pc, ebpf::disassemble(code.insns[pc], pc));
  }
  return text;
}

int disassemble(const CommonOptions& options) {
  const auto input = read_input(options);
  if (!input) return report(input.error(), options.json);
  nlohmann::json programs = nlohmann::json::array();
  for (const object::Program& program : input->object.programs) {
    const auto code = decode(program);
    if (!code) return report(code.error(), options.json);
    if (!options.json) {
      fmt::print("{}", listing(program, *code));
      continue;
    }
    nlohmann::json instructions = nlohmann::json::array();
    for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) {
      instructions.push_back({{"pc", pc}, {"text", ebpf::disassemble(code->insns[pc], pc)}});
    }
    programs.push_back({{"name", program.name},
                        {"section", program.section},
                        {"instructions", std::move(instructions)}});
  }
  if (options.json) print_json({{"programs", std::move(programs)}});
  return kAccepted;
}

struct AsmOptions {
  std::string file;
  std::string output;
};

int assemble(const AsmOptions& options) {
  const auto bytes = read_bytes(options.file);
  if (!bytes) return report(bytes.error(), false);
  const auto slots = ebpf::assemble(std::string(bytes->begin(), bytes->end()));
  if (!slots) {
    return report({.where = options.file,
                   .what = ebpf::describe(slots.error()),
                   .hint = "the syntax is llvm-objdump's; see isa/ebpf/README.md"},
                  false);
  }
  return write_output(options.output, ebpf::bytes_from_slots(*slots));
}

}  // namespace

void add_disasm_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App* command =
      app.add_subcommand("disasm", "Show a program's instructions, in llvm-objdump's syntax");
  add_common_options(*command, *options);
  command->callback([options, &action] { action = [options] { return disassemble(*options); }; });
}

void add_asm_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<AsmOptions>();
  CLI::App* command =
      app.add_subcommand("asm", "Assemble what disasm shows (less its addresses) to raw bytecode");
  command->add_option("FILE", options->file, "The text, or - for standard input")->required();
  command->add_option("-o,--output", options->output, "Where the bytecode goes (- for stdout)")
      ->required();
  command->callback([options, &action] { action = [options] { return assemble(*options); }; });
}

}  // namespace zext::cli
