// The examples from C to gates: each verified, compiled, and run on our core and QEMU in lockstep,
// its results compared with the interpreter's and with those written down in examples.json.
//
//   demo EXAMPLES/ OBJECTS/     folders with examples.json, and with *.bpf.o
//
// Ends with a table; exits with 1 if anything came out otherwise than it should.

#include <fmt/core.h>

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/machines.h"
#include "cli/pipeline.h"
#include "examples/expectations.h"

namespace {

using namespace zext::cli;  // NOLINT(google-build-using-namespace): this is part of the command
using zext::examples::Example;
using zext::object::Error;

struct Row {
  std::string program;
  std::string verdict;
  size_t runs = 0;
  std::string r0;  // of the first run
  uint64_t ebpf = 0;
  uint64_t rv64 = 0;
  uint64_t cycles = 0;
  std::string result = "as expected";
  std::string details;  // a rejection's explanation
};

// One input on the interpreter and in lockstep; an empty text if all is as it should be.
std::string run_sample(const zext::ebpf::Code& code, const zext::jit::Code& text,
                       const Setting& setting, uint64_t expected, Row& row) {
  const Execution reference = interpret(code, setting, {});
  const auto machine = execute(Machine::kLockstep, text, code.size(), setting, {});
  if (!machine) return machine.error().to_string();
  for (const Execution* execution : {&reference, &*machine}) {
    if (execution->end != Execution::End::kReturned) return execution->failure;
    if (execution->r0 != expected) {
      return fmt::format("r0 is {:#x} instead of {:#x} on {}", execution->r0, expected,
                         name_of(execution->machine));
    }
  }
  if (machine->memory != reference.memory) return "memory differs from the interpreter's";
  if (row.runs++ == 0) row.r0 = fmt::format("{:#x}", reference.r0);
  row.ebpf += reference.instructions;
  row.rv64 += machine->profile->program().instructions;
  row.cycles += machine->profile->program().cycles;
  return "";
}

std::expected<Row, Error> run_example(const Example& example, const std::string& examples,
                                      const std::string& objects) {
  Row row;
  row.program = example.program;
  const auto input = read_input({.file = objects + example.program + ".bpf.o",
                                 .raw = false,
                                 .type = std::nullopt,
                                 .program = example.program});
  if (!input) return std::unexpected(input.error());
  const zext::object::Program& program = input->object.programs.front();
  const auto code = decode(program);
  if (!code) return std::unexpected(code.error());

  const auto verification = verify(input->object, program, *code);
  if (!verification) return std::unexpected(verification.error());
  const bool accepted = verification->accepted();
  row.verdict = accepted ? "accepted" : "rejected";
  if (!accepted) row.details = explanation(program, *code, verification->verdict);
  if (accepted != example.accepted) {
    row.result = example.accepted ? "MUST BE ACCEPTED" : "MUST BE REJECTED";
  }
  if (!accepted) return row;

  const auto text = compile(program, *code, kDefaultMarch);
  if (!text) return std::unexpected(text.error());
  for (const auto& sample : example.runs) {
    const auto data = read_packet(examples + sample.input);
    if (!data) return std::unexpected(data.error());
    const auto setting = make_setting(program.type, *data);
    if (!setting) return std::unexpected(setting.error());
    const std::string trouble = run_sample(*code, *text, *setting, sample.r0, row);
    if (!trouble.empty()) row.result = fmt::format("{}: {}", sample.input, trouble);
  }
  return row;
}

void print(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    if (!row.details.empty()) fmt::print("{}\n", row.details);
  }
  fmt::print("{:<15} {:<9} {:>5} {:>19} {:>6} {:>6} {:>7} {:>5}  {}\n", "program", "verdict",
             "runs", "r0 of the first", "eBPF", "RV64", "cycles", "CPI", "result");
  for (const Row& row : rows) {
    fmt::print("{:<15} {:<9}", row.program, row.verdict);
    if (row.runs > 0) {
      fmt::print(" {:>5} {:>19} {:>6} {:>6} {:>7} {:>5.2f}", row.runs, row.r0, row.ebpf, row.rv64,
                 row.cycles, static_cast<double>(row.cycles) / static_cast<double>(row.rv64));
    } else {
      fmt::print("{:54}", "");
    }
    fmt::print("  {}\n", row.result);
  }
  fmt::print(
      "\nrun: on the interpreter, and on our core and QEMU in lockstep: pc, instruction, register "
      "and\nmemory access compared at each retired instruction; r0 and memory compared with the "
      "interpreter's.\neBPF, RV64: instructions executed over all runs; cycles: of the core.\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: demo EXAMPLES/ OBJECTS/\n");
    return kBadInput;
  }
  std::vector<Row> rows;
  bool good = true;
  for (const Example& example : zext::examples::read_examples(argv[1])) {
    auto row = run_example(example, argv[1], argv[2]);
    if (row) {
      rows.push_back(std::move(*row));
    } else {
      rows.emplace_back();
      rows.back().program = example.program;
      rows.back().result = row.error().to_string();
    }
    good = good && rows.back().result == "as expected";
  }
  print(rows);
  return good ? 0 : 1;
}
