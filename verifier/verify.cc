#include "verifier/verify.h"

#include <algorithm>
#include <iterator>

#include "verifier/cfg/cfg.h"
#include "verifier/fixpoint/explorer.h"

namespace zext::verifier {
namespace {

// From cheap to precise: loops generalised at once, then after some rounds, then never. Each is
// sound by itself, so the first that accepts decides. Shares of the steps left, in hundredths.
struct Attempt {
  Strategy strategy;
  uint64_t share = 100;
};
constexpr Attempt kAttempts[] = {
    {.strategy = {.unroll = 1, .states_per_join = 8}, .share = 30},
    {.strategy = {.unroll = 40, .forgets = true, .states_per_join = 16}, .share = 30},
    {.strategy = {.unroll = ~uint32_t{0}, .forgets = true, .states_per_join = 64}, .share = 100},
};

void accumulate(const Statistics& from, Statistics& into) {
  into.steps += from.steps;
  into.peak_states = std::max(into.peak_states, from.peak_states);
  into.attempts += from.attempts;
  into.widenings += from.widenings;
  into.stack_bytes = from.stack_bytes;
}

}  // namespace

Verdict verify(const ebpf::Code& code, const Platform& platform, const Options& options) {
  return verify({.code = code, .platform = platform}, options);
}

Verdict verify(const Subject& subject, const Options& options) {
  const Cfg cfg = Cfg::of(subject.code, &subject.platform);
  const Rules rules{.subject = subject,
                    .privileged = options.privileged,
                    .strict_alignment = options.strict_alignment};
  const Demand demand = Demand::of(subject.code, cfg, &subject.platform);
  Verdict best;
  Statistics total;
  if (!cfg.complete) return best;
  if (cfg.unreachable < subject.code.size()) {
    best.outcome = Outcome::kRejected;
    best.rejection.reason = Reason::kUnreachableCode;
    best.rejection.reg = kNoRegister;
    best.rejection.pc = cfg.unreachable;
    return best;
  }
  for (const Attempt& attempt : kAttempts) {
    Options budget = options;
    const uint64_t left = options.max_steps - total.steps;
    budget.max_steps = left / 100 * attempt.share + left % 100;
    if (options.observer != nullptr && options.observer->attempt != nullptr) {
      options.observer->attempt(options.observer->context, total.attempts + 1);
    }
    Explorer explorer(rules, cfg, demand, attempt.strategy, budget);
    Verdict verdict = explorer.run();
    accumulate(verdict.statistics, total);
    const bool final = verdict.outcome == Outcome::kAccepted ||
                       (verdict.outcome == Outcome::kRejected && !explorer.approximated());
    // A reason is worth more than a spent budget.
    if (final || best.statistics.attempts == 0 || verdict.outcome == Outcome::kRejected) {
      best = std::move(verdict);
    }
    if (final) break;
  }
  best.statistics = total;
  return best;
}

}  // namespace zext::verifier
