// zext verify: a verdict a program, as a compiler prints its errors.

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "cli/certificate_file.h"
#include "cli/command.h"
#include "cli/host_options.h"
#include "cli/output.h"
#include "cli/pipeline.h"
#include "verifier/certificate/format.h"

namespace zext::cli {
namespace {

struct Options {
  CommonOptions common;
  uint64_t max_steps = verifier::Options{}.max_steps;
  Look look;
  double seconds = 10;
  bool unprivileged = false;
  bool strict_alignment = false;
  HostOptions host;
  double smt_seconds = 5;
  bool no_smt = false;
  std::string certificate;
};

// What is said of the programs of an object.
struct Answers {
  bool json = false;
  nlohmann::json programs = nlohmann::json::array();
  std::string text;
  int exit_code = kAccepted;

  void add(const object::Program& program, const object::Error& error) {
    exit_code = worse(exit_code, kBadInput);
    if (json) {
      programs.push_back(
          {{"program", program.name},
           {"outcome", "error"},
           {"error", {{"where", error.where}, {"what", error.what}, {"hint", error.hint}}}});
    } else {
      text += program.name + ": error: " + error.to_string() + "\n";
    }
  }
  void add(Inspection seen) {
    exit_code = worse(exit_code, exit_code_of(seen.verdict));
    if (json) {
      programs.push_back(std::move(seen.json));
      return;
    }
    text += seen.log + seen.dot;
    // What is for Graphviz has nothing else in it.
    if (seen.dot.empty()) {
      text += seen.text;
    } else {
      fmt::print(stderr, "{}", seen.text);
    }
  }
};

std::expected<void, object::Error> make_folder(const std::string& name, bool wanted) {
  if (name.empty() || !wanted) return {};
  std::error_code error;
  std::filesystem::create_directories(name, error);
  if (!error) return {};
  return std::unexpected(object::Error{.where = name,
                                       .what = error.message(),
                                       .hint = "the object has several programs: their "
                                               "certificates go into a folder"});
}

// The certificate of an accepted program; the exit code.
int save(Inspection& seen, const std::string& file) {
  if (!seen.certificate) {
    seen.text += "  no certificate: " + seen.certificate.error() + "\n";
    seen.json["certificate"] = {{"error", seen.certificate.error()}};
    return kBadInput;
  }
  const auto bytes = verifier::certificate::write(*seen.certificate);
  seen.json["certificate"] = {
      {"file", file}, {"bytes", bytes.size()}, {"cut_points", seen.certificate->cut_points.size()}};
  return write_output(file, bytes);
}

int run(const Options& options) {
  const bool json = options.common.json;
  auto input = read_input(options.common);
  if (!input) return report(input.error(), json);
  if (input->object.programs.empty()) {
    return report({.where = input->name,
                   .what = "holds no program",
                   .hint = "put a function into a section such as \"xdp\" or \"socket\""},
                  json);
  }
  auto host = find_host(options.host, input->object);
  if (!host) return report(host.error(), json);
  host->seconds = options.seconds;
  host->smt_seconds = options.no_smt ? 0 : options.smt_seconds;
  host->search = true;
  const bool several = input->object.programs.size() > 1;
  if (const auto made = make_folder(options.certificate, several); !made) {
    return report(made.error(), json);
  }
  Answers answers;
  answers.json = json;
  const verifier::Options wanted{.max_steps = options.max_steps,
                                 .privileged = !options.unprivileged,
                                 .strict_alignment = options.strict_alignment};
  for (const object::Program& program : input->object.programs) {
    const auto code = decode(program);
    if (!code) {
      answers.add(program, code.error());
      continue;
    }
    auto seen = inspect(input->object, program, *code, wanted, *host, options.look);
    if (!seen) {
      answers.add(program, seen.error());
      continue;
    }
    if (!options.certificate.empty() && seen->verdict.outcome == verifier::Outcome::kAccepted) {
      answers.exit_code =
          worse(answers.exit_code,
                save(*seen, certificate_file(options.certificate, program.name, several)));
    }
    answers.add(std::move(*seen));
  }
  if (json) {
    print_json({{"file", input->name}, {"programs", std::move(answers.programs)}});
  } else {
    fmt::print("{}", answers.text);
  }
  return answers.exit_code;
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
  command->add_flag("--unprivileged", options->unprivileged,
                    "Addresses may not be seen as numbers, as for programs of ordinary users");
  command->add_flag("--strict-alignment", options->strict_alignment,
                    "Every access must be aligned, as on hardware that demands it");
  add_host_options(*command, options->host);
  command
      ->add_option("--smt-budget", options->smt_seconds,
                   "Seconds that Z3 may take for each program, to decide what the abstract domains "
                   "leave open and to find the input that breaks a rejected program")
      ->capture_default_str();
  command->add_flag("--no-smt", options->no_smt, "By the abstract domains alone, as in a kernel");
  command->add_option("--certificate", options->certificate,
                      "Write why the program is safe, for zext check: a file, or a folder where "
                      "the object has several programs");
  command
      ->add_option("--seconds", options->seconds,
                   "Budget of time for each program; beyond it the verdict is resource-limit")
      ->capture_default_str();
  command
      ->add_flag("--log{1}", options->look.log,
                 "Print what is known at each instruction; --log=2: how numbers are related, too")
      ->check(CLI::Range(1, 2));
  command
      ->add_option("--log-lines", options->look.log_lines,
                   "Lines of log at most; what lies in the middle is left out")
      ->capture_default_str();
  command->add_flag("--dot", options->look.dot,
                    "Print the control flow for Graphviz: zext verify --dot FILE | dot -Tsvg");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace zext::cli
