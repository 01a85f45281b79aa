// zext verify: a verdict a program, as a compiler prints its errors.

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/pipeline.h"

namespace zext::cli {
namespace {

struct Options {
  CommonOptions common;
  uint64_t max_steps = verifier::Options{}.max_steps;
};

// The worse of two verdicts: a rejection says more than a spent budget.
int worse(int a, int b) {
  const auto rank = [](int code) { return code == kRejected ? 2 : code == kResourceLimit ? 1 : 0; };
  return rank(a) >= rank(b) ? a : b;
}

int run(const Options& options) {
  const bool json = options.common.json;
  const auto input = read_input(options.common);
  if (!input) return report(input.error(), json);
  if (input->object.programs.empty()) {
    return report({.where = input->name,
                   .what = "holds no program",
                   .hint = "put a function into a section such as \"xdp\" or \"socket\""},
                  json);
  }
  nlohmann::json programs = nlohmann::json::array();
  std::string text;
  int exit_code = kAccepted;
  for (const object::Program& program : input->object.programs) {
    const auto code = decode(program);
    if (!code) return report(code.error(), json);
    const verifier::Verdict verdict = verify(program, *code, {.max_steps = options.max_steps});
    exit_code = worse(exit_code, exit_code_of(verdict));
    if (json) {
      programs.push_back(explanation_json(program, *code, verdict));
    } else {
      text += explanation(program, *code, verdict);
    }
  }
  if (json) {
    print_json({{"file", input->name}, {"programs", std::move(programs)}});
  } else {
    fmt::print("{}", text);
  }
  return exit_code;
}

}  // namespace

void add_verify_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("verify", "Decide whether programs are safe to run");
  add_common_options(*command, options->common);
  command
      ->add_option("--max-steps", options->max_steps,
                   "Budget of instructions explored; beyond it the verdict is resource-limit")
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace zext::cli
