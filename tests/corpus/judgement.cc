#include "tests/corpus/judgement.h"

#include <chrono>

#include "cli/verification.h"
#include "tests/corpus/each_program.h"
#include "verifier/explain/explain.h"

namespace zext::corpus {
namespace {

using Clock = std::chrono::steady_clock;

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
  Judgement judgement{.accepted = true, .reason = {}, .message = {}, .milliseconds = 0};
  each_program(bytes, [&](const Loaded& loaded) {
    const Clock::time_point start = Clock::now();
    const cli::Verification verification =
        value_of(cli::verify(loaded.object, loaded.program, loaded.code));
    judgement.milliseconds +=
        std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    add(judgement, loaded.program, verification);
  });
  return judgement;
}

}  // namespace zext::corpus
