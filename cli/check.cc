// zext check: does a certificate show that a program is safe?

#include "verifier/certificate/check.h"

#include <fmt/core.h>

#include <memory>

#include "cli/certificate_file.h"
#include "cli/command.h"
#include "cli/host_options.h"
#include "cli/output.h"
#include "cli/pipeline.h"
#include "verifier/certificate/format.h"
#include "verifier/certificate/identity.h"
#include "verifier/certificate/text.h"

namespace zext::cli {
namespace {

using verifier::certificate::Certificate;
using verifier::certificate::CheckReport;
using verifier::certificate::Refusal;

struct Options {
  CommonOptions common;
  HostOptions host;
  std::string certificate;
  bool unprivileged = false;
  bool strict_alignment = false;
  bool print = false;
  double seconds = 60;
};

const char* name_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::kViolated:
      return "violated";
    case Refusal::Kind::kUndecided:
      return "undecided";
    case Refusal::Kind::kUnsupported:
      return "unsupported";
    case Refusal::Kind::kMalformed:
      return "malformed";
    case Refusal::Kind::kTermination:
      return "termination";
  }
  return "";
}

int exit_code_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::kViolated:
    case Refusal::Kind::kTermination:
    case Refusal::Kind::kUnsupported:
      return kRejected;
    case Refusal::Kind::kUndecided:
      return kResourceLimit;
    case Refusal::Kind::kMalformed:
      break;
  }
  return kBadInput;
}

// What is said of one program.
struct Answer {
  int exit_code = kAccepted;
  std::string text;
  nlohmann::json json;
};

Answer failed(const object::Program& program, const object::Error& error) {
  return {
      .exit_code = kBadInput,
      .text = program.name + ": error: " + error.to_string() + "\n",
      .json = {{"program", program.name},
               {"outcome", "error"},
               {"error", {{"where", error.where}, {"what", error.what}, {"hint", error.hint}}}}};
}

Answer refused(const object::Program& program, const Refusal& refusal) {
  const std::string from = refusal.cut_point == verifier::certificate::kNone
                               ? "from the entry"
                               : fmt::format("from cut point {}", refusal.cut_point);
  return {
      .exit_code = exit_code_of(refusal.kind),
      .text = fmt::format("{}: refused [{}]: {}: {} ({})\n", program.name, name_of(refusal.kind),
                          place_of(program, refusal.pc), refusal.what, from),
      .json = {{"program", program.name},
               {"outcome", "refused"},
               {"kind", name_of(refusal.kind)},
               {"pc", refusal.pc},
               {"reason", verifier::id_of(refusal.reason)},
               {"what", refusal.what}}};
}

Answer shown(const object::Program& program, const Certificate& certificate, size_t bytes,
             const CheckReport& report) {
  return {.text = fmt::format(
              "{}: shown to be safe ({} cut points in {} bytes; {} steps, {} queries, {:.0f} ms)\n",
              program.name, certificate.cut_points.size(), bytes, report.steps, report.queries,
              1000 * report.seconds),
          .json = {{"program", program.name},
                   {"outcome", "shown"},
                   {"cut_points", certificate.cut_points.size()},
                   {"bytes", bytes},
                   {"steps", report.steps},
                   {"queries", report.queries},
                   {"seconds", report.seconds}}};
}

Answer check_program(const object::Object& object, const object::Program& program,
                     const Options& options, const Host& host) {
  const auto code = decode(program);
  if (!code) return failed(program, code.error());
  auto owner = subject_of(object, program, *code, host);
  if (!owner) return failed(program, owner.error());
  const verifier::Subject& subject = owner->subject();
  const bool several = object.programs.size() > 1;
  const std::string file = certificate_file(options.certificate, program.name, several);
  const auto bytes = read_bytes(file);
  if (!bytes) return failed(program, bytes.error());
  const auto certificate = verifier::certificate::read(*bytes);
  if (!certificate) {
    object::Error error = certificate.error();
    error.where = file + (error.where.empty() ? "" : ", " + error.where);
    return failed(program, error);
  }
  const uint64_t identity =
      verifier::certificate::identity(subject, !options.unprivileged, options.strict_alignment);
  if (certificate->subject != identity) {
    return failed(program, {.where = file,
                            .what = "the certificate is for another program, platform or rules",
                            .hint = "zext verify --certificate makes one for this program"});
  }
  const auto report = verifier::certificate::check(subject,
                                                   {.privileged = !options.unprivileged,
                                                    .strict_alignment = options.strict_alignment,
                                                    .seconds = options.seconds},
                                                   *certificate);
  Answer answer = report ? shown(program, *certificate, bytes->size(), *report)
                         : refused(program, report.error());
  if (options.print) answer.text += verifier::certificate::to_text(*certificate);
  return answer;
}

int run(const Options& options) {
  const bool json = options.common.json;
  auto input = read_input(options.common);
  if (!input) return report(input.error(), json);
  const auto host = find_host(options.host, input->object);
  if (!host) return report(host.error(), json);
  int exit_code = kAccepted;
  nlohmann::json programs = nlohmann::json::array();
  for (const object::Program& program : input->object.programs) {
    Answer answer = check_program(input->object, program, options, *host);
    exit_code = worse(exit_code, answer.exit_code);
    programs.push_back(std::move(answer.json));
    if (!json) fmt::print("{}", answer.text);
  }
  if (json) print_json({{"file", input->name}, {"programs", std::move(programs)}});
  return exit_code;
}

}  // namespace

void add_check_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("check", "Decide whether a certificate shows that programs are safe");
  add_common_options(*command, options->common);
  add_host_options(*command, options->host);
  command
      ->add_option("CERTIFICATE", options->certificate,
                   "What zext verify --certificate wrote: a file, or a folder where the object "
                   "has several programs")
      ->required();
  command->add_flag("--unprivileged", options->unprivileged,
                    "As the certificate was made: with addresses that may not be seen");
  command->add_flag("--strict-alignment", options->strict_alignment,
                    "As the certificate was made: with every access aligned");
  command->add_flag("--print", options->print, "Print the certificate's cut points");
  command->add_option("--seconds", options->seconds, "Budget of time for each program")
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace zext::cli
