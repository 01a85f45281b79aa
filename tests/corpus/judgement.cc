#include "tests/corpus/judgement.h"

#include <chrono>
#include <expected>
#include <stdexcept>

#include "cli/pipeline.h"
#include "object/load.h"
#include "verifier/explain/explain.h"

namespace zext::corpus {
namespace {

using Clock = std::chrono::steady_clock;

template <typename T>
T value_of(std::expected<T, object::Error> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return *std::move(result);
}

void add(Judgement& judgement, const object::Program& program,
         const cli::Verification& verification) {
  if (!judgement.accepted || verification.accepted()) return;
  const verifier::Verdict& verdict = verification.verdict;
  const bool rejected = verdict.outcome == verifier::Outcome::kRejected;
  judgement.accepted = false;
  judgement.reason = rejected ? verifier::id_of(verdict.rejection.reason) : "resource-limit";
  judgement.message = "no platform for " + program.name;
  if (!verification.owner) return;
  const std::string text = verifier::explain(program, verification.owner->subject(), verdict);
  judgement.message = text.substr(0, text.find('\n'));
}

}  // namespace

Judgement judge(const std::vector<uint8_t>& bytes) {
  const object::Object object = value_of(object::load(bytes));
  if (object.programs.empty()) throw std::runtime_error("no programs");
  Judgement judgement{.accepted = true, .reason = {}, .message = {}, .milliseconds = 0};
  for (const object::Program& program : object.programs) {
    const ebpf::Code code = value_of(cli::decode(program));
    const Clock::time_point start = Clock::now();
    const cli::Verification verification = value_of(cli::verify(object, program, code));
    judgement.milliseconds +=
        std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    add(judgement, program, verification);
  }
  return judgement;
}

}  // namespace zext::corpus
