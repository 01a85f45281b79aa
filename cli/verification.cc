#include "cli/verification.h"

#include <chrono>

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

std::expected<Verification, object::Error> verify(const object::Object& object,
                                                  const object::Program& program,
                                                  const ebpf::Code& code,
                                                  const verifier::Options& options,
                                                  const Host& host, const Prepare& prepare) {
  const verifier::Platform* platform = platform_of(program, host);
  if (platform == nullptr) return Verification{.owner = {}, .verdict = without_platform()};
  auto owner =
      verifier::build(object, program, code, *platform, host.kernel ? &*host.kernel : nullptr);
  if (!owner) return std::unexpected(owner.error());
  Verification result{.owner = std::move(*owner), .verdict = {}};
  verifier::Options wanted = options;
  Deadline deadline(host.seconds);
  if (wanted.expired == nullptr) {
    wanted.expired = Deadline::passed;
    wanted.expired_context = &deadline;
  }
  if (prepare) prepare(result.owner->subject(), wanted);
  result.verdict = verifier::verify(result.owner->subject(), wanted);
  return result;
}

}  // namespace zext::cli
