#include "verifier/verify.h"

#include <algorithm>
#include <iterator>
#include <span>

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
    {.strategy = {.unroll = kUnlimited, .forgets = true, .states_per_join = 64}, .share = 100},
};

// Where questions are answered path by path, paths are better left apart.
constexpr Attempt kRefinedAttempts[] = {
    {.strategy = {.unroll = 1, .states_per_join = 128}, .share = 30},
    {.strategy = {.unroll = 40, .states_per_join = 256}, .share = 40},
    {.strategy = {.unroll = ~uint32_t{0}, .forgets = true, .states_per_join = 1024}, .share = 100},
};

void accumulate(const Statistics& from, Statistics& into) {
  into.steps += from.steps;
  into.peak_states = std::max(into.peak_states, from.peak_states);
  into.attempts += from.attempts;
  into.widenings += from.widenings;
  into.stack_bytes = from.stack_bytes;
  into.questions += from.questions;
}

// Each strategy, until one decides.
Verdict try_all(const Rules& rules, const Cfg& cfg, const Demand& demand, const Options& options,
                std::span<const Attempt> attempts, uint32_t attempts_before) {
  Verdict best;
  Statistics total;
  for (const Attempt& attempt : attempts) {
    Options budget = options;
    const uint64_t left = options.max_steps - total.steps;
    budget.max_steps = left / 100 * attempt.share + left % 100;
    if (options.observer != nullptr && options.observer->attempt != nullptr) {
      options.observer->attempt(options.observer->context, attempts_before + total.attempts + 1);
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
  Verdict verdict;
  if (!cfg.complete) return verdict;
  if (cfg.unreachable < subject.code.size()) {
    verdict.outcome = Outcome::kRejected;
    verdict.rejection.reason = Reason::kUnreachableCode;
    verdict.rejection.reg = kNoRegister;
    verdict.rejection.pc = cfg.unreachable;
    return verdict;
  }
  Options alone = options;
  alone.refiner = nullptr;
  verdict = try_all(rules, cfg, demand, alone, kAttempts, 0);
  if (verdict.outcome == Outcome::kAccepted || options.refiner == nullptr) return verdict;
  Statistics total = verdict.statistics;
  Verdict refined = try_all(rules, cfg, demand, options, kRefinedAttempts, total.attempts);
  accumulate(refined.statistics, total);
  total.refined = true;
  const bool ran_out =
      refined.outcome == Outcome::kResourceLimit && verdict.outcome == Outcome::kRejected;
  if (!ran_out) verdict = std::move(refined);
  verdict.statistics = total;
  return verdict;
}

}  // namespace zext::verifier
