// zext plugin: a runtime under test by bpf_conformance, which starts it once a test case.
//
// The protocol is that of the suite's own plugins: the memory as hexadecimal bytes in the first
// argument, the program likewise as a line on standard input, r0 as hexadecimal digits on standard
// output.

#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/globals.h"
#include "cli/machines.h"
#include "cli/pipeline.h"
#include "isa/ebpf/disasm.h"
#include "isa/ebpf/encode.h"

namespace zext::cli {
namespace {

using ebpf::Op;
using object::Error;

constexpr size_t kMaxLine = size_t{64} << 20;

struct Options {
  // The memory; the suite passes its options behind it in an argument that may be empty.
  std::vector<std::string> arguments;
  std::string machine = "lockstep";
  std::string march = kDefaultMarch;
  uint64_t max_instructions = 10'000'000;
  bool elf = false;
  bool debug = false;
};

struct Job {
  object::Program program;
  ebpf::Code code;
  Setting setting;
  Machine machine = Machine::kLockstep;
};

// The first line of standard input; the suite need not close it.
std::expected<std::string, Error> read_line() {
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    line += static_cast<char>(c);
    if (line.size() > kMaxLine) {
      return std::unexpected(Error{.where = "standard input",
                                   .what = fmt::format("a line of more than {} bytes", kMaxLine),
                                   .hint = "give the program as hexadecimal bytes in one line"});
    }
  }
  return line;
}

// One program, with the maps of its object.
std::expected<object::Object, Error> read_program(bool elf) {
  const auto line = read_line();
  if (!line) return std::unexpected(line.error());
  const auto bytes = parse_hex(*line);
  if (!bytes) {
    Error error = bytes.error();
    error.where = "the program on standard input, " + error.where;
    return std::unexpected(error);
  }
  if (bytes->empty()) {
    return std::unexpected(Error{.where = "standard input",
                                 .what = "its first line holds no program",
                                 .hint = "give the program as hexadecimal bytes in one line"});
  }
  const InputOptions options = {
      .file = "standard input", .raw = !elf, .type = std::nullopt, .program = ""};
  auto input = parse_input(*bytes, options);
  if (!input) return std::unexpected(input.error());
  if (input->object.programs.empty()) {
    return std::unexpected(Error{.where = "the object on standard input",
                                 .what = "holds no program",
                                 .hint = "a program is a function that is not static"});
  }
  return std::move(input->object);
}

// In the suite, callx calls the helper whose number the register holds. RV64 code knows helpers by
// their addresses, so each register's callx becomes a call of a function that tells the two apart;
// it is as long as what it replaces, so that no branch changes.
void let_callx_take_numbers(std::vector<ebpf::Slot>& slots, const std::vector<Helper>& helpers) {
  const auto original = slots.size();
  std::array<size_t, ebpf::kRegisterCount> function{};
  for (size_t i = 0; i < original; ++i) {
    const auto insn = ebpf::decode(slots, static_cast<uint32_t>(i));
    if (!insn) return;  // the decoder will say it to the user
    if (insn->op == Op::kCallx) {
      const ebpf::Reg reg = insn->dst;
      if (function[reg] == 0) {
        function[reg] = slots.size();
        for (const Helper& helper : helpers) {
          if (helper.btf) continue;
          const auto number = Bits<64>::of(static_cast<uint64_t>(int64_t{helper.id}));
          append({.op = Op::kJne64Imm, .dst = reg, .offset = 2, .imm = number}, slots);
          append({.op = Op::kCallHelper, .imm = number}, slots);
          append({.op = Op::kExit}, slots);
        }
        append({.op = Op::kCallx, .dst = reg}, slots);
        append({.op = Op::kExit}, slots);
      }
      const auto distance = Bits<64>::of(function[reg] - i - 1);
      slots[i] = ebpf::first_slot({.op = Op::kCallLocal, .imm = distance});
    }
    i += insn->slots() - 1;
  }
}

std::expected<Setting, Error> setting_of(const std::vector<std::string>& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (!arguments[i].empty()) {
      return std::unexpected(Error{.where = "argument '" + arguments[i] + "'",
                                   .what = "only the memory is a positional argument",
                                   .hint = "write its bytes as one argument: \"de ad be ef\""});
    }
  }
  const auto memory = parse_hex(arguments.empty() ? "" : arguments.front());
  if (!memory) {
    Error error = memory.error();
    error.where = "the memory, " + error.where;
    return std::unexpected(error);
  }
  auto setting = make_setting(object::ProgramType::kPlainMemory, *memory);
  if (!setting) return setting;
  if (memory->empty()) setting->arguments[0] = 0;
  setting->helpers = conformance_helpers();
  return setting;
}

std::expected<Job, Error> prepare(const Options& options) {
  Job job;
  const auto machine = parse_machine(options.machine);
  if (!machine) {
    return std::unexpected(Error{.where = "--on " + options.machine,
                                 .what = "no such machine",
                                 .hint = "machines: interpreter, qemu, rtl, lockstep"});
  }
  job.machine = *machine;
  auto setting = setting_of(options.arguments);
  if (!setting) return std::unexpected(setting.error());
  job.setting = std::move(*setting);
  auto object = read_program(options.elf);
  if (!object) return std::unexpected(object.error());
  job.program = std::move(object->programs.front());
  let_callx_take_numbers(job.program.slots, job.setting.helpers);
  auto code = decode(job.program);
  if (!code) return std::unexpected(code.error());
  job.code = std::move(*code);
  if (auto placed = add_globals(job.setting, job.program, job.code, object->maps); !placed) {
    return std::unexpected(placed.error());
  }
  return job;
}

std::expected<Execution, Error> execute(const Job& job, const Options& options) {
  const RunLimits limits = {.max_instructions = options.max_instructions, .fault = std::nullopt};
  if (job.machine == Machine::kInterpreter) return interpret(job.code, job.setting, limits);
  const auto text = compile_for(job.setting, job.program, job.code, options.march);
  if (!text) return std::unexpected(text.error());
  return execute(job.machine, *text, job.code.size(), job.setting, limits);
}

void print_program(const ebpf::Code& code) {
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    fmt::print(stderr, "{:6}: {}\n", pc, disassemble(code.insns[pc], pc, ebpf::Style::kExact));
  }
}

int run(const Options& options) {
  const auto job = prepare(options);
  if (!job) return report(job.error(), false);
  if (options.debug) print_program(job->code);
  const auto execution = execute(*job, options);
  if (!execution) return report(execution.error(), false);
  if (options.debug) {
    fmt::print(stderr, "{}: {} instructions\n", options.machine, execution->instructions);
  }
  if (execution->end == Execution::End::kReturned) {
    fmt::print("{:x}\n", execution->r0);
    return kAccepted;
  }
  fmt::print(stderr, "zext: error: {}\n", execution->failure);
  return execution->end == Execution::End::kLimit ? kResourceLimit : kRejected;
}

}  // namespace

void add_plugin_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "plugin",
      "Run one bpf_conformance test case: MEMORY in the argument, the program as a line of "
      "hexadecimal bytes on standard input, r0 in hexadecimal on standard output; unverified");
  command->add_option("memory", options->arguments,
                      "The memory that r1 points to, in hexadecimal: \"de ad be ef\"");
  command
      ->add_option("--on", options->machine,
                   "interpreter, qemu, rtl, or lockstep (core and QEMU, compared)")
      ->capture_default_str();
  command->add_flag("--elf", options->elf, "Standard input has an ELF object, in hexadecimal");
  command->add_flag("--debug", options->debug, "Show the program on standard error");
  command->add_option("--max-instructions", options->max_instructions, "Budget of the run")
      ->capture_default_str();
  command->add_option("--march", options->march, "RV64 extensions the code may use")
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace zext::cli
