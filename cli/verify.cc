// zext verify: a verdict a program, as a compiler prints its errors.

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/pipeline.h"
#include "object/core_relocation.h"
#include "verifier/platform/platform.h"

namespace zext::cli {
namespace {

struct Options {
  CommonOptions common;
  uint64_t max_steps = verifier::Options{}.max_steps;
  Look look;
  double seconds = 10;
  bool unprivileged = false;
  bool strict_alignment = false;
  std::string btf;
  std::string platform;
};

constexpr char kKernelTypes[] = "/sys/kernel/btf/vmlinux";

// The worse of two verdicts: bad input, a rejection, a spent budget.
int worse(int a, int b) {
  const auto rank = [](int code) {
    return code == kBadInput ? 3 : code == kRejected ? 2 : code == kResourceLimit ? 1 : 0;
  };
  return rank(a) >= rank(b) ? a : b;
}

// Whether a program traces functions of the kernel, or depends on the layout of its types.
bool needs_types(const object::Program& program) {
  if (!program.core.empty()) return true;
  const auto* platform =
      verifier::find_platform(static_cast<uint8_t>(program.type), program.attach_type);
  return platform != nullptr && platform->entry == verifier::Entry::kBtf;
}

// The kernel's types where a program needs them: those that --btf names, or this machine's.
std::expected<void, object::Error> find_types(const Options& options, const object::Object& object,
                                              Host& host) {
  if (options.btf == "none") return {};
  std::string path = options.btf;
  if (path.empty()) {
    const bool needed = std::ranges::any_of(object.programs, needs_types);
    if (!needed || !std::filesystem::exists(kKernelTypes)) return {};
    path = kKernelTypes;
  }
  auto kernel = verifier::Kernel::load(path);
  if (!kernel) return std::unexpected(kernel.error());
  host.kernel = std::move(*kernel);
  return {};
}

object::Error no_platform(const std::string& name, std::span<const verifier::Platform> rows) {
  std::string names;
  for (const verifier::Platform& row : rows) {
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  return {.where = "--platform " + name, .what = "no such platform", .hint = "one of " + names};
}

// FILE.json, of whose rows each program takes its own, or FILE.json:NAME, which all take.
std::expected<void, object::Error> read_platforms(const std::string& option, Host& host) {
  constexpr std::string_view kEnding = ".json";
  const size_t end = option.find(kEnding) + kEnding.size();
  const std::string file = option.substr(0, end);
  const auto bytes = read_bytes(file);
  if (!bytes) return std::unexpected(bytes.error());
  auto set =
      verifier::load_json({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, file);
  if (!set) return std::unexpected(set.error());
  host.platforms = std::move(*set);
  if (end >= option.size()) return {};
  host.platform = host.platforms->find(option.substr(end + 1).c_str());
  if (host.platform == nullptr) {
    return std::unexpected(no_platform(option, host.platforms->platforms()));
  }
  return {};
}

std::expected<void, object::Error> find_platforms(const std::string& option, Host& host) {
  if (option.empty()) return {};
  if (option.find(".json") != std::string::npos) return read_platforms(option, host);
  host.platform = verifier::find_platform(option.c_str());
  if (host.platform == nullptr) return std::unexpected(no_platform(option, verifier::platforms()));
  return {};
}

std::expected<Host, object::Error> find_host(const Options& options, object::Object& object) {
  Host host;
  host.seconds = options.seconds;
  if (auto found = find_types(options, object, host); !found) return std::unexpected(found.error());
  if (host.kernel) {
    const auto applied = object::apply_core(object, host.kernel->btf());
    if (!applied) return std::unexpected(applied.error());
  }
  if (auto found = find_platforms(options.platform, host); !found) {
    return std::unexpected(found.error());
  }
  return host;
}

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
  const auto host = find_host(options, input->object);
  if (!host) return report(host.error(), json);
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
    if (seen) {
      answers.add(std::move(*seen));
    } else {
      answers.add(program, seen.error());
    }
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
  command->add_option("--btf", options->btf,
                      "BTF file of the kernel that is to run the programs, or 'none'; by default "
                      "this machine's, where a program needs it");
  command->add_option("--platform", options->platform,
                      "Verify for this platform, whatever the section says: xdp, sched_cls, ...; "
                      "or by the rows of a file of one's own: FILE.json, FILE.json:NAME");
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
