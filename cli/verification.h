// Verification: a program's verdict, with what its facts refer to.
//
//   const auto verification = verify(input->object, program, *code);
//   if (!verification) return report(verification.error(), json);
//   if (verification->accepted()) ...
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>

#include "isa/ebpf/decode.h"
#include "object/error.h"
#include "object/program.h"
#include "verifier/certificate/certificate.h"
#include "verifier/platform/load_json.h"
#include "verifier/refine/counterexample.h"
#include "verifier/refine/refiner.h"
#include "verifier/subject/build.h"
#include "verifier/subject/kernel.h"
#include "verifier/verify.h"

namespace zext::cli {

// Where the programs are to run, as far as verdicts depend on it.
struct Host {
  std::optional<verifier::Kernel> kernel;        // its types; none: the object's own
  const verifier::Platform* platform = nullptr;  // null: the row for the program's types
  // Rows of the host's own, before Linux's; a section that is none of Linux's names its row.
  std::shared_ptr<const verifier::PlatformSet> platforms;
  double seconds = 10;  // for each program; then the verdict is resource limit
  // For Z3, for each program: half of it for what the domains leave open, the rest for the input
  // that breaks a program which stays rejected. 0: Z3 is not asked.
  double smt_seconds = 0;
  bool search = false;  // for such an input
};

// Called with what is to be verified, before it is.
using Prepare = std::function<void(const verifier::Subject&, verifier::Options&)>;

struct Verification {
  std::optional<verifier::SubjectOwner> owner;  // of the maps that the verdict's facts name
  verifier::Verdict verdict;
  verifier::SmtRefiner::Statistics smt = {};
  bool smt_spent = false;                       // its budget, and questions were left
  std::optional<verifier::Search> search = {};  // where there was one
  // Why an accepted program is safe; or what certificates cannot say of it.
  std::expected<verifier::certificate::Certificate, std::string> certificate = {};

  bool accepted() const { return verdict.outcome == verifier::Outcome::kAccepted; }
};

// What is to be verified. Errors: no platform for the program's type; what it traces is not known.
std::expected<verifier::SubjectOwner, object::Error> subject_of(const object::Object& object,
                                                                const object::Program& program,
                                                                const ebpf::Code& code,
                                                                const Host& host);

// Errors: what the program traces is not known. A type without a platform is a rejection.
std::expected<Verification, object::Error> verify(
    const object::Object& object, const object::Program& program, const ebpf::Code& code,
    const verifier::Options& options = {}, const Host& host = {}, const Prepare& prepare = {});

}  // namespace zext::cli
