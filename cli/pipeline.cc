#include "cli/pipeline.h"

#include <fmt/core.h>

#include <random>

#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/packet.h"
#include "cli/report.h"
#include "jit/march.h"
#include "verifier/explain/dot.h"
#include "verifier/explain/explain.h"
#include "verifier/explain/log.h"
#include "verifier/refine/search_text.h"

namespace zext::cli {
namespace {

uint64_t next_word(void* context) { return (*static_cast<std::mt19937_64*>(context))(); }

std::expected<jit::Code, object::Error> compile_with(jit::Options options,
                                                     const object::Program& program,
                                                     const ebpf::Code& code,
                                                     const std::string& march,
                                                     const CodeOptions& wanted) {
  const auto extensions = jit::parse_march(march);
  if (!extensions) {
    return std::unexpected(object::Error{.where = "--march " + march,
                                         .what = jit::describe(extensions.error()),
                                         .hint = "for example rv64imac or rv64gc_zba_zbb_zbs"});
  }
  options.extensions = *extensions;
  options.probes = wanted.probes;
  std::mt19937_64 random(wanted.blinding.value_or(0));
  if (wanted.blinding) options.blinding = {.next = next_word, .context = &random};
  auto compiled = jit::compile(code, options);
  if (!compiled) {
    return std::unexpected(object::Error{.where = place_of(program, compiled.error().pc),
                                         .what = jit::describe(compiled.error()),
                                         .hint = "zext run --on interpreter needs no compilation"});
  }
  return std::move(*compiled);
}

}  // namespace

std::string place_of(const object::Program& program, uint32_t slot) {
  const object::Line* line = object::line_at(program, slot);
  if (line == nullptr) return fmt::format("{}, instruction {}", program.name, slot);
  return fmt::format("{}:{}, instruction {}", line->file, line->line, slot);
}

std::expected<ebpf::Code, object::Error> decode(const object::Program& program) {
  if (program.broken) return std::unexpected(*program.broken);
  auto code = ebpf::decode_program(program.slots);
  if (!code) {
    return std::unexpected(object::Error{.where = place_of(program, code.error().slot),
                                         .what = ebpf::describe(code.error()),
                                         .hint = "the bytecode is malformed: compile it anew"});
  }
  return std::move(*code);
}

std::expected<void, object::Error> check_probes(const object::Program& program,
                                                const ebpf::Code& code,
                                                std::span<const uint32_t> probes) {
  if (probes.empty()) return {};
  // The compiler knows, and looks at them first; what else it may refuse is not asked here.
  const auto compiled = jit::compile(code, {.probes = probes});
  if (compiled || compiled.error().kind != jit::Error::Kind::kBadProbe) return {};
  return std::unexpected(
      object::Error{.where = place_of(program, compiled.error().pc),
                    .what = jit::describe(compiled.error()),
                    .hint = "zext disasm shows the program's instructions with their slots"});
}

std::expected<jit::Code, object::Error> compile(const object::Program& program,
                                                const ebpf::Code& code, const std::string& march,
                                                std::span<const ebpf::MapAddress> maps,
                                                const CodeOptions& wanted) {
  jit::Options options;
  options.addresses.maps = maps;
  options.relocatable = wanted.relocatable;
  return compile_with(options, program, code, march, wanted);
}

std::expected<jit::Code, object::Error> compile_at(const TextPlacement& placement,
                                                   const object::Program& program,
                                                   const ebpf::Code& code, const std::string& march,
                                                   std::span<const ebpf::MapAddress> maps,
                                                   const CodeOptions& wanted) {
  jit::Options options;
  options.addresses.maps = maps;
  options.helpers = placement.helpers;
  options.kernel_functions = placement.kernel_functions;
  options.text_address = placement.text_address;
  options.relocatable = wanted.relocatable;
  options.helper_reach = placement.reach;
  return compile_with(options, program, code, march, wanted);
}

std::expected<jit::Code, object::Error> compile_for(const Setting& setting,
                                                    const object::Program& program,
                                                    const ebpf::Code& code,
                                                    const std::string& march,
                                                    const CodeOptions& wanted) {
  const auto by_number = addresses_of(setting.helpers, false);
  const auto by_btf_id = addresses_of(setting.helpers, true);
  jit::Options options;
  options.helpers = by_number;
  options.kernel_functions = by_btf_id;
  options.addresses = setting.addresses();
  options.text_address = kTextAddress;
  if (setting.packet) options.packet_loads = packet_loads();
  return compile_with(options, program, code, march, wanted);
}

// What Z3 had to do with the verdict.
void tell_smt(const object::Program& program, const verifier::Subject& subject,
              const Verification& verification, Inspection& inspection) {
  const verifier::SmtRefiner::Statistics& smt = verification.smt;
  inspection.json["smt"] = {{"questions", smt.questions}, {"held", smt.held},
                            {"never", smt.never},         {"queries", smt.queries},
                            {"seconds", smt.seconds},     {"spent", verification.smt_spent}};
  if (verification.search) {
    inspection.text += verifier::search_text(program, subject, *verification.search);
    inspection.json["counterexample"] =
        nlohmann::json::parse(verifier::search_json(subject, *verification.search));
  }
}

std::expected<Inspection, object::Error> inspect(const object::Object& object,
                                                 const object::Program& program,
                                                 const ebpf::Code& code, verifier::Options options,
                                                 const Host& host, const Look& look) {
  std::optional<verifier::Log> log;
  options.record_invariants = options.record_invariants || look.dot;
  const auto prepare = [&](const verifier::Subject& subject, verifier::Options& wanted) {
    if (look.log == 0) return;
    log.emplace(program, subject, verifier::LogOptions{.level = look.log, .lines = look.log_lines});
    wanted.observer = &log->observer();
  };
  auto verification = verify(object, program, code, options, host, prepare);
  if (!verification) return std::unexpected(verification.error());
  const verifier::Subject unknown = verifier::subject_of(program, code);
  const verifier::Subject& subject = verification->owner ? verification->owner->subject() : unknown;
  Inspection result;
  result.verdict = std::move(verification->verdict);
  result.certificate = std::move(verification->certificate);
  result.text = verifier::explain(program, subject, result.verdict, look.log > 0);
  result.json = nlohmann::json::parse(verifier::explain_json(program, subject, result.verdict));
  tell_smt(program, subject, *verification, result);
  if (log) {
    result.log = log->text();
    result.json["log"] = log->lines();
  }
  if (look.dot) {
    result.dot = verifier::dot(program, subject, result.verdict);
    result.json["dot"] = result.dot;
  }
  return result;
}

std::string explanation(const object::Program& program, const ebpf::Code& code,
                        const verifier::Verdict& verdict) {
  return verifier::explain(program, code, verdict);
}

nlohmann::json explanation_json(const object::Program& program, const ebpf::Code& code,
                                const verifier::Verdict& verdict) {
  return nlohmann::json::parse(verifier::explain_json(program, code, verdict));
}

int exit_code_of(const verifier::Verdict& verdict) {
  switch (verdict.outcome) {
    case verifier::Outcome::kAccepted:
      return kAccepted;
    case verifier::Outcome::kRejected:
      return kRejected;
    case verifier::Outcome::kResourceLimit:
      return kResourceLimit;
  }
  return kInternal;
}

int require_accepted(const object::Object& object, const object::Program& program,
                     const ebpf::Code& code, bool json) {
  // As zext verify decides.
  Host host;
  host.smt_seconds = 5;
  const auto verification = verify(object, program, code, {}, host);
  if (!verification) return report(verification.error(), json);
  const verifier::Verdict& verdict = verification->verdict;
  const int exit_code = exit_code_of(verdict);
  if (exit_code == kAccepted) return kAccepted;
  if (json) {
    print_json({{"programs", {explanation_json(program, code, verdict)}}});
  } else {
    fmt::print(stderr, "{}zext: only accepted programs go on; --unverified overrides\n",
               explanation(program, code, verdict));
  }
  return exit_code;
}

}  // namespace zext::cli
