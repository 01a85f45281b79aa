// check: whether a certificate shows that every run of a program is safe, and ends.
//
//   const auto report = check(subject, {.privileged = true}, certificate);
//   if (!report) print(report.error().what, report.error().pc);
//
// It trusts neither the analysis that made the certificate nor its abstract domains. From the entry
// and from each cut point, any machine that is there (meaning.h) is followed through the program,
// instruction by instruction, by the concrete semantics over Z3's words (symbolic/executor.h), each
// obligation asked, until the program ends or the machine is shown to be at a cut point again.
//
// Termination. The cut points are a weak topological order: those of a loop follow its head in one
// piece. Say that an edge leads from a cut point to the next that an execution passes. Then it
// leads to a later one, or to the head of a loop around its beginning, whose round symbol is then
// one more. The round symbols of loops around both ends keep their values. Suppose a run does not
// end: then it comes round to some heads infinitely often; let R be the first of them in the order.
// From some time on the run does not leave R's loop: only the head of a loop around it would lead
// back, which comes before R. So R's round symbol grows for ever; but it is at most 2^32 at R.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "verifier/certificate/certificate.h"
#include "verifier/check/reason.h"
#include "verifier/subject.h"

namespace zext::verifier::certificate {

struct CheckOptions {
  bool privileged = true;
  bool strict_alignment = false;
  double seconds = 60;
  uint64_t max_steps = 1'000'000;
};

struct CheckReport {
  uint64_t steps = 0;    // instructions followed
  uint64_t queries = 0;  // put to Z3
  double solver_seconds = 0;
  double seconds = 0;
  uint64_t edges = 0;
};

struct Refusal {
  enum class Kind : uint8_t {
    kViolated,     // an obligation fails in a machine that the certificate allows
    kUndecided,    // Z3 gave up, or the budget is spent
    kUnsupported,  // the checker does not know an instruction, helper or kernel function
    kMalformed,    // the certificate makes no sense for this program
    kTermination,  // no measure for a loop
  };
  Kind kind = Kind::kMalformed;
  uint32_t cut_point = kNone;  // from which it was followed; kNone: from an entry
  uint32_t pc = 0;
  Reason reason = Reason::kTermination;  // kViolated, kUndecided: of the obligation
  std::string what;
};

std::expected<CheckReport, Refusal> check(const Subject& subject, const CheckOptions& options,
                                          const Certificate& certificate);

}  // namespace zext::verifier::certificate
