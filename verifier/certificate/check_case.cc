#include "verifier/certificate/check_case.h"

#include <gtest/gtest.h>

#include "verifier/certificate/extract.h"
#include "verifier/verify.h"

namespace zext::verifier::certificate {
namespace {

Case case_of(const CheckProgram& program, const std::string& line, const std::string& by) {
  std::string text = program.text;
  if (!line.empty()) {
    const size_t at = text.find("\n" + line + "\n");
    if (at == std::string::npos) ADD_FAILURE() << program.name << " has no line " << line;
    if (at != std::string::npos) text.replace(at + 1, line.size(), by);
  }
  return parse_cases(std::string("== ") + program.name + " | " + program.platform + " | accept\n" +
                     text)
      .front();
}

}  // namespace

CheckCase::CheckCase(const std::string& name, const std::string& line, const std::string& by) {
  for (const CheckProgram& program : check_programs()) {
    if (program.name != name) continue;
    verify_it(case_of(program, line, by));
    return;
  }
  ADD_FAILURE() << "no program " << name;
}

CheckCase::CheckCase(const CheckProgram& program) { verify_it(case_of(program, "", "")); }

void CheckCase::verify_it(const Case& tested) {
  auto ready = prepare(tested);
  if (!ready) {
    ADD_FAILURE() << tested.name << ": " << ready.error();
    return;
  }
  prepared_ = std::move(*ready);
  options_ = {.privileged = tested.options.privileged,
              .strict_alignment = tested.options.strict_alignment,
              .max_steps = 80};  // loops are longer
  const Subject subject = prepared_->subject();
  Extraction extraction(subject);
  Options options = tested.options;
  options.cut_points = &extraction.receiver();
  const Verdict verdict = verify(subject, options);
  if (verdict.outcome != Outcome::kAccepted) {
    why_none = "it is not accepted: " + std::string(id_of(verdict.rejection.reason)) + " at " +
               std::to_string(verdict.rejection.pc);
  } else if (!extraction.certificate()) {
    why_none = extraction.certificate().error();
  } else {
    certificate = *extraction.certificate();
  }
}

std::expected<CheckReport, Refusal> CheckCase::check(const Certificate& certificate) const {
  return check(certificate, options_);
}

std::expected<CheckReport, Refusal> CheckCase::check(const Certificate& certificate,
                                                     const CheckOptions& options) const {
  return certificate::check(prepared_->subject(), options, certificate);
}

std::string to_text(const std::expected<CheckReport, Refusal>& result) {
  if (result) return "shown, " + std::to_string(result->edges) + " edges";
  const Refusal& refusal = result.error();
  return "refused (" + std::to_string(static_cast<int>(refusal.kind)) + ") from " +
         (refusal.cut_point == kNone ? "an entry" : std::to_string(refusal.cut_point)) + " at " +
         std::to_string(refusal.pc) + ": " + refusal.what;
}

}  // namespace zext::verifier::certificate
