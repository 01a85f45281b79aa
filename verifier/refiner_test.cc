// What verify() asks a refiner, and what it makes of the answers; by refiners that know the answers
// beforehand.
#include "verifier/refiner.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "verifier/state/state.h"
#include "verifier/testing/case.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

struct Asked {
  std::vector<uint32_t> passed;  // pcs
  std::vector<uint32_t> decided;
  std::vector<Branch> decisions;
  uint32_t pc = 0;
  Reason reason = Reason::kTermination;
  uint8_t reg = kNoRegister;
};

// Answers by a function, and remembers what it was asked.
class Oracle {
 public:
  using Answers = std::function<Answer(const Asked&)>;
  explicit Oracle(Answers answers) : answers_(std::move(answers)) {}

  Verdict verify(const std::string& text, const std::string& platform = "plain_memory") {
    const auto ready = prepare(parse_cases("== tested | " + platform + " | accept\n" + text)[0]);
    EXPECT_TRUE(ready.has_value()) << (ready ? "" : ready.error());
    if (!ready) return {};
    const Refiner refiner{.context = this, .ask = ask};
    Verdict verdict =
        verifier::verify((*ready)->subject(), {.max_steps = 50'000, .refiner = &refiner});
    EXPECT_EQ(verdict.statistics.questions, asked.size());
    return verdict;
  }

  std::vector<Asked> asked;

 private:
  static Answer ask(void* context, const Question& question) {
    Oracle& self = *static_cast<Oracle*>(context);
    Asked asked{.passed = {},
                .decided = {},
                .decisions = {question.decisions.begin(), question.decisions.end()},
                .pc = question.pc,
                .reason = question.reason,
                .reg = question.reg};
    EXPECT_FALSE(question.passed.empty());
    EXPECT_NE(question.state, nullptr);
    for (const Passed& passed : question.passed) {
      EXPECT_NE(passed.state, nullptr);
      EXPECT_LE(passed.decision, question.decisions.size());
      asked.passed.push_back(passed.pc);
      asked.decided.push_back(passed.decision);
    }
    self.asked.push_back(asked);
    return self.answers_(asked);
  }

  Answers answers_;
};

Answer undecided(const Asked&) { return {}; }
Answer never(const Asked&) { return {.kind = Answer::Kind::kNever}; }

Answer holds(uint8_t reg, int64_t low, int64_t high, bool within = false) {
  Answer answer{.kind = Answer::Kind::kHolds, .within = within};
  answer.facts[0] = {.reg = reg, .low = low, .high = high};
  answer.fact_count = 1;
  return answer;
}

// r3 is 0, which takes more than the domains: x * x - x * x.
const std::string kZero = R"(
r0 = 0
if r2 == 0 goto out
r3 = *(u8 *)(r1 + 0)
r4 = r3
r3 *= r3
r4 *= r4
r3 -= r4
r3 &= 255
)";
const std::string kAccess = R"(
r1 += r3
r0 = *(u8 *)(r1 + 0)
out:
exit
)";

TEST(RefinerTest, IsNotAskedWhereTheDomainsKnow) {
  Oracle oracle(undecided);
  const Verdict verdict = oracle.verify("r0 = 0\nexit\n");
  EXPECT_EQ(verdict.outcome, Outcome::kAccepted);
  EXPECT_EQ(verdict.statistics.questions, 0u);
  EXPECT_FALSE(verdict.statistics.refined);
}

TEST(RefinerTest, WhatItDoesNotKnowIsRejectedAsBefore) {
  Oracle oracle(undecided);
  const Verdict verdict = oracle.verify(kZero + kAccess);
  EXPECT_EQ(verdict.outcome, Outcome::kRejected);
  EXPECT_EQ(verdict.rejection.reason, Reason::kMemoryBounds);
  EXPECT_EQ(verdict.rejection.pc, 9u);
  EXPECT_TRUE(verdict.undecided);
  EXPECT_TRUE(verdict.statistics.refined);
  ASSERT_EQ(oracle.asked.size(), 1u);
  const Asked& asked = oracle.asked[0];
  EXPECT_EQ(asked.pc, 9u);
  EXPECT_EQ(asked.reason, Reason::kMemoryBounds);
  EXPECT_EQ(asked.reg, 1);
  EXPECT_EQ(asked.passed, std::vector<uint32_t>{0});
  ASSERT_EQ(asked.decisions.size(), 1u);
  EXPECT_EQ(asked.decisions[0].pc, 1u);
  EXPECT_FALSE(asked.decisions[0].taken);
}

TEST(RefinerTest, FactsAreUsed) {
  Oracle oracle([](const Asked&) { return holds(1, 0, 0); });
  const Verdict verdict = oracle.verify(kZero + kAccess);
  EXPECT_EQ(verdict.outcome, Outcome::kAccepted);
  EXPECT_TRUE(verdict.statistics.refined);
  EXPECT_EQ(verdict.statistics.questions, 1u);
}

TEST(RefinerTest, FactsThatDoNotHelpAreNotAskedForAgain) {
  Oracle oracle([](const Asked&) { return holds(1, 0, 200); });
  const Verdict verdict = oracle.verify(kZero + kAccess);
  EXPECT_EQ(verdict.outcome, Outcome::kRejected);
  EXPECT_EQ(verdict.rejection.reason, Reason::kMemoryBounds);
  EXPECT_EQ(verdict.statistics.questions, 1u);
}

TEST(RefinerTest, AccessesWithinTheBufferAreUsed) {
  Oracle oracle([](const Asked&) { return holds(1, 0, 200, true); });
  EXPECT_EQ(oracle.verify(kZero + kAccess).outcome, Outcome::kAccepted);
}

TEST(RefinerTest, AccessesWithinThePacketAreUsed) {
  Oracle oracle([](const Asked&) { return holds(2, 0, 255, true); });
  const Verdict verdict = oracle.verify(R"(
r0 = 1
r2 = *(u32 *)(r1 + 0)
r3 = *(u32 *)(r1 + 16)
r3 *= r3
r3 &= 255
r2 += r3
r4 = *(u16 *)(r2 + 2)
exit
)",
                                        "xdp");
  EXPECT_EQ(verdict.outcome, Outcome::kAccepted);
  ASSERT_EQ(oracle.asked.size(), 1u);
  EXPECT_EQ(oracle.asked[0].reason, Reason::kPacketBounds);
}

TEST(RefinerTest, SizesThatRegistersSayAreUsed) {
  Oracle oracle([](const Asked&) { return holds(1, 0, 255, true); });
  const Verdict verdict = oracle.verify(R"(
r6 = *(u32 *)(r1 + 0)
r7 = *(u32 *)(r1 + 16)
r7 *= r7
r7 &= 124
r1 = r6
r2 = r7
r3 = 0
r4 = 0
r5 = 0
call 28
r0 = 1
exit
)",
                                        "xdp");
  EXPECT_EQ(verdict.outcome, Outcome::kAccepted) << id_of(verdict.rejection.reason);
  ASSERT_EQ(oracle.asked.size(), 1u);
  EXPECT_EQ(oracle.asked[0].reason, Reason::kPacketBounds);
}

TEST(RefinerTest, FactsThatContradictEndThePath) {
  Oracle oracle([](const Asked&) { return holds(1, -5, -1); });
  EXPECT_EQ(oracle.verify(kZero + kAccess).outcome, Outcome::kAccepted);
}

TEST(RefinerTest, PathsThatNothingTakesEnd) {
  Oracle oracle([](const Asked& asked) {
    EXPECT_EQ(asked.pc, 9u);
    return never(asked);
  });
  const Verdict verdict = oracle.verify(kZero + R"(
if r3 == 0 goto out
r0 = *(u8 *)(r1 + 999)
out:
exit
)");
  EXPECT_EQ(verdict.outcome, Outcome::kAccepted);
}

// Two ways to the access, on one of which r3 is 0. States of both are alike where they meet, twice.
const std::string kTwoWays = R"(
r6 = *(u32 *)(r1 + 16)
r7 = *(u32 *)(r1 + 12)
r1 = *(u32 *)(r1 + 0)
r3 = r6
r3 *= r3
if r7 == 5 goto other
r4 = r6
r4 *= r4
r3 -= r4
other:
r3 &= 255
r5 = 0
if r7 > 9 goto large
r5 = 0
large:
r3 += r5
r1 += r3
r4 = *(u8 *)(r1 + 0)
r0 = 1
exit
)";
constexpr uint32_t kMeet = 9;
constexpr uint32_t kMeetAgain = 13;

// Knows the truth of the way that subtracts.
Answer truth(const Asked& asked, uint32_t from) {
  const bool zero =
      !asked.decisions.empty() && asked.decisions[0].pc == 5 && !asked.decisions[0].taken;
  if (!zero) return {};
  Answer answer = holds(1, 0, 0, true);
  answer.from = from;
  return answer;
}

TEST(RefinerTest, StatesThatAnswersGoBackBeyondCoverNothing) {
  Oracle oracle([](const Asked& asked) { return truth(asked, 0); });
  const Verdict verdict = oracle.verify(kTwoWays, "xdp");
  EXPECT_EQ(verdict.outcome, Outcome::kRejected);
  EXPECT_EQ(verdict.rejection.reason, Reason::kPacketBounds);
  EXPECT_TRUE(verdict.undecided);
  ASSERT_GE(oracle.asked.size(), 2u);
  EXPECT_EQ(oracle.asked[0].passed, (std::vector<uint32_t>{0, kMeet, kMeetAgain}));
  EXPECT_EQ(oracle.asked[0].decided, (std::vector<uint32_t>{0, 1, 2}));
  // The rejection is of the other way.
  ASSERT_FALSE(verdict.rejection.path.empty());
  EXPECT_EQ(verdict.rejection.path[0].pc, 5u);
  EXPECT_TRUE(verdict.rejection.path[0].taken);
}

// The same program, by a refiner that says what is not so: that it follows from where the ways
// meet. So the states there cover the other way, and the test above is one.
TEST(RefinerTest, StatesThatAnswersBeginWithCover) {
  Oracle oracle([](const Asked& asked) { return truth(asked, 1); });
  EXPECT_EQ(oracle.verify(kTwoWays, "xdp").outcome, Outcome::kAccepted);
}

TEST(RefinerTest, QuestionsBeginWhereALoopWasGeneralised) {
  Oracle oracle([](const Asked& asked) {
    // Neither the entry nor the first round.
    EXPECT_EQ(asked.passed, std::vector<uint32_t>{3});
    return holds(1, 0, 0, true);
  });
  const Verdict verdict = oracle.verify(R"(
r6 = *(u32 *)(r1 + 16)
r1 = *(u32 *)(r1 + 0)
r5 = 0
loop:
r6 *= r6
r5 += 1
if r5 != 1000000 goto loop
r6 &= 255
r1 += r6
r4 = *(u8 *)(r1 + 0)
r0 = 1
exit
)",
                                        "xdp");
  EXPECT_EQ(verdict.outcome, Outcome::kAccepted);
  EXPECT_GE(oracle.asked.size(), 1u);
}

TEST(RefinerTest, IsAskedWhetherLoopsGoOn) {
  Oracle oracle([](const Asked& asked) -> Answer {
    if (asked.reason != Reason::kTermination || asked.decisions.size() < 16) return {};
    return {.kind = Answer::Kind::kNever};
  });
  const Verdict verdict = oracle.verify(R"(
r0 = 0
r5 = r2
loop:
r5 *= r5
if r5 != 7 goto loop
exit
)");
  EXPECT_EQ(verdict.outcome, Outcome::kAccepted);
  bool at_eight = false;
  for (const Asked& asked : oracle.asked) at_eight = at_eight || asked.decisions.size() == 8;
  EXPECT_TRUE(at_eight);
}

std::vector<std::pair<uint32_t, bool>> pairs(const std::vector<Branch>& decisions) {
  std::vector<std::pair<uint32_t, bool>> result;
  result.reserve(decisions.size());
  for (const Branch& branch : decisions) result.emplace_back(branch.pc, branch.taken);
  return result;
}
using Decisions = std::vector<std::pair<uint32_t, bool>>;

// What was decided before the last question.
Decisions last_decisions(const std::string& text, const std::string& platform) {
  Oracle oracle(undecided);
  const Verdict verdict = oracle.verify(text, platform);
  EXPECT_EQ(verdict.outcome, Outcome::kRejected);
  if (oracle.asked.empty()) return {};
  return pairs(oracle.asked.back().decisions);
}

TEST(RefinerTest, MayGotoIsDecided) {
  EXPECT_EQ(
      last_decisions("r0 = 0\nmay_goto out\nr0 = *(u8 *)(r10 - 8)\nout:\nexit\n", "plain_memory"),
      (Decisions{{1, false}}));
  EXPECT_EQ(last_decisions("r0 = 0\nmay_goto out\nexit\nout:\nr0 = *(u8 *)(r10 - 8)\nexit\n",
                           "plain_memory"),
            (Decisions{{1, true}}));
}

TEST(RefinerTest, PacketLoadsAreDecided) {
  EXPECT_EQ(last_decisions("r6 = r1\nr0 = *(u8 *)skb[23]\nr0 = *(u8 *)(r10 - 8)\nexit\n",
                           "socket_filter"),
            (Decisions{{1, false}}));
  EXPECT_EQ(last_decisions("r6 = r1\ncall f\nr0 = *(u8 *)(r10 - 8)\nexit\n"
                           "function f\nr6 = r1\nr0 = *(u8 *)skb[23]\nexit\n",
                           "socket_filter"),
            (Decisions{{5, false}}));
}

TEST(RefinerTest, CallsBackAreDecided) {
  const std::string call = "r1 = 5\nld_pseudo r2, 4, f\nr3 = 0\nr4 = 0\ncall 181\n";
  EXPECT_EQ(last_decisions(call + "r0 = *(u8 *)(r10 - 8)\nexit\nfunction f\nr0 = 0\nexit\n", "xdp"),
            (Decisions{{5, false}}));
  EXPECT_EQ(last_decisions(call + "r0 = 0\nexit\nfunction f\nr0 = *(u8 *)(r10 - 8)\nexit\n", "xdp"),
            (Decisions{{5, true}}));
}

TEST(RefinerTest, TailCallsInFunctionsAreDecided) {
  const std::string map = "map m type=prog_array key=4 value=4 entries=4\n";
  const std::string call = "r2 = map m\nr3 = 1\ncall 12\n";
  EXPECT_EQ(last_decisions(map + call + "r0 = *(u8 *)(r10 - 8)\nexit\n", "xdp"), Decisions{});
  EXPECT_EQ(last_decisions(
                map + "call f\nr0 = 0\nexit\nfunction f\n" + call + "r0 = *(u8 *)(r10 - 8)\nexit\n",
                "xdp"),
            (Decisions{{6, false}}));
  EXPECT_EQ(last_decisions(map +
                               "call f\nif r0 == 0 goto out\nr0 = *(u8 *)(r10 - 8)\nout:\n"
                               "r0 = 0\nexit\nfunction f\n" +
                               call + "r0 = 0\nexit\n",
                           "xdp"),
            (Decisions{{8, true}, {1, false}}));
}

TEST(RefinerTest, IteratorsAreDecided) {
  const std::string loop =
      "kfunc 1 bpf_iter_num_new 3\nkfunc 2 bpf_iter_num_next 1\nkfunc 3 bpf_iter_num_destroy 1\n"
      "r6 = r10\nr6 += -8\nr1 = r6\nr2 = 0\nr3 = 5\ncall btf 1\nr1 = r6\ncall btf 2\n";
  EXPECT_EQ(last_decisions(loop + "if r0 == 0 goto end\nr1 = r6\ncall btf 3\nr0 = 0\nexit\nend:\n"
                                  "r0 = *(u8 *)(r10 - 99)\nexit\n",
                           "xdp"),
            (Decisions{{7, true}, {8, true}}));
  EXPECT_EQ(
      last_decisions(loop + "if r0 == 0 goto out\nr0 = *(u8 *)(r10 - 99)\nout:\nexit\n", "xdp"),
      (Decisions{{7, false}, {8, false}}));
}

// Nobody sees the new decisions in a rejection.
TEST(RefinerTest, RejectionsNameJumpsOnly) {
  Oracle oracle(undecided);
  const Verdict verdict = oracle.verify(
      "r0 = 0\nmay_goto out\nif r2 == 9 goto out\nr0 = *(u8 *)(r10 - 8)\nout:\nexit\n");
  ASSERT_EQ(verdict.outcome, Outcome::kRejected);
  EXPECT_EQ(pairs(verdict.rejection.path), (Decisions{{2, false}}));
}

}  // namespace
}  // namespace zext::verifier
