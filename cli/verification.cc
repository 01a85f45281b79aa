#include "cli/verification.h"

#include <chrono>

#include "verifier/certificate/extract.h"
#include "verifier/certificate/identity.h"
#include "verifier/platform/platform.h"

namespace zext::cli {
namespace {

verifier::Verdict without_platform() {
  verifier::Verdict verdict;
  verdict.outcome = verifier::Outcome::kRejected;
  verdict.rejection.reason = verifier::Reason::kUnsupportedProgramType;
  verdict.rejection.reg = verifier::kNoRegister;
  return verdict;
}

const verifier::Platform* platform_of(const object::Program& program, const Host& host) {
  if (host.platform != nullptr) return host.platform;
  const auto type = static_cast<uint8_t>(program.type);
  if (host.platforms == nullptr) return verifier::find_platform(type, program.attach_type);
  if (program.type != object::ProgramType::kUnspecified) {
    return host.platforms->find(type, program.attach_type);
  }
  return host.platforms->find(program.section.c_str());
}

// The verifier's core has no clock.
class Deadline {
 public:
  explicit Deadline(double seconds)
      : end_(Clock::now() +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {}

  static bool passed(void* deadline) {
    return Clock::now() > static_cast<Deadline*>(deadline)->end_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_;
};

}  // namespace

std::expected<verifier::SubjectOwner, object::Error> subject_of(const object::Object& object,
                                                                const object::Program& program,
                                                                const ebpf::Code& code,
                                                                const Host& host) {
  const verifier::Platform* platform = platform_of(program, host);
  if (platform == nullptr) {
    return std::unexpected(object::Error{.where = program.name,
                                         .what = "this program type is not supported",
                                         .hint = "--platform names the one to take"});
  }
  return verifier::build(object, program, code, *platform, host.kernel ? &*host.kernel : nullptr);
}

std::expected<Verification, object::Error> verify(const object::Object& object,
                                                  const object::Program& program,
                                                  const ebpf::Code& code,
                                                  const verifier::Options& options,
                                                  const Host& host, const Prepare& prepare) {
  if (platform_of(program, host) == nullptr) {
    return Verification{.owner = {}, .verdict = without_platform()};
  }
  auto owner = subject_of(object, program, code, host);
  if (!owner) return std::unexpected(owner.error());
  Verification result{.owner = std::move(*owner), .verdict = {}};
  const verifier::Subject& subject = result.owner->subject();
  verifier::Options wanted = options;
  Deadline deadline(host.seconds);
  if (wanted.expired == nullptr) {
    wanted.expired = Deadline::passed;
    wanted.expired_context = &deadline;
  }
  if (prepare) prepare(subject, wanted);
  verifier::certificate::Extraction extraction(subject);
  wanted.cut_points = &extraction.receiver();
  std::optional<verifier::SmtRefiner> refiner;
  if (host.smt_seconds > 0) {
    refiner.emplace(subject,
                    verifier::RefinerOptions{.seconds = host.smt_seconds / 2,
                                             .privileged = options.privileged,
                                             .strict_alignment = options.strict_alignment});
    wanted.refiner = &refiner->hook();
  }
  result.verdict = verifier::verify(subject, wanted);
  if (refiner) result.smt = refiner->statistics();
  if (refiner) result.smt_spent = refiner->spent();
  result.certificate = extraction.certificate();
  if (result.certificate) {
    result.certificate->subject =
        verifier::certificate::identity(subject, options.privileged, options.strict_alignment);
  }
  if (refiner && host.search && result.verdict.outcome == verifier::Outcome::kRejected) {
    result.search = verifier::find_counterexample(subject, result.verdict.rejection,
                                                  {.seconds = host.smt_seconds / 2,
                                                   .privileged = options.privileged,
                                                   .strict_alignment = options.strict_alignment});
  }
  return result;
}

}  // namespace zext::cli
