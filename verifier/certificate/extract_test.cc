// The cut points of small programs, and the order and nesting of those of every accepted case.
#include "verifier/certificate/extract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "verifier/testing/case.h"
#include "verifier/verify.h"

namespace zext::verifier::certificate {
namespace {

struct Extracted {
  Verdict verdict;
  std::expected<Certificate, std::string> certificate;
};

Extracted extract(const Case& tested) {
  const auto ready = prepare(tested);
  EXPECT_TRUE(ready.has_value()) << tested.name << ": " << (ready ? "" : ready.error());
  if (!ready) return {};
  const Subject subject = (*ready)->subject();
  Extraction extraction(subject);
  Options options = tested.options;
  options.cut_points = &extraction.receiver();
  Verdict verdict = verify(subject, options);
  return {std::move(verdict), extraction.certificate()};
}

Extracted extract(const std::string& text, const std::string& platform = "plain_memory") {
  return extract(parse_cases("== tested | " + platform + " | accept\n" + text).front());
}

std::vector<uint32_t> pcs(const Certificate& certificate) {
  std::vector<uint32_t> result;
  result.reserve(certificate.cut_points.size());
  for (const CutPoint& point : certificate.cut_points) result.push_back(point.pc);
  return result;
}

int64_t factor_of(const Sum& sum, uint32_t symbol) {
  for (const Sum::Term& term : sum.terms) {
    if (term.symbol == symbol) return term.factor;
  }
  return 0;
}

TEST(ExtractTest, StraightLineNeedsNone) {
  const auto [verdict, certificate] = extract("r0 = r2\nr0 += 1\nexit\n");
  ASSERT_EQ(verdict.outcome, Outcome::kAccepted);
  EXPECT_TRUE(certificate->cut_points.empty());
}

TEST(ExtractTest, DiamondHasOneWhereItsWaysMeet) {
  const auto [verdict, certificate] = extract(R"(
r2 = *(u32 *)(r1 + 16)
r0 = 1
if r2 > 7 goto big
r0 = 1
big:
r2 = *(u32 *)(r1 + 12)
exit
)",
                                              "xdp");
  ASSERT_EQ(verdict.outcome, Outcome::kAccepted);
  ASSERT_EQ(pcs(*certificate), std::vector<uint32_t>{4});
  const CutPoint& point = certificate->cut_points[0];
  EXPECT_FALSE(point.loop);
  EXPECT_EQ(point.parent, kNone);
  ASSERT_EQ(point.frames.size(), 1u);
  EXPECT_EQ(point.frames[0].role, Role::kProgram);
  EXPECT_FALSE(point.has_goto_rounds);
  EXPECT_EQ(point.registers[0].type, Type::kNumber);
  EXPECT_EQ(point.registers[0].number, (Number{.ones = 1,
                                               .unknown = 0,
                                               .lo = 1,
                                               .hi = 1,
                                               .slo = 1,
                                               .shi = 1,
                                               .lo32 = 1,
                                               .hi32 = 1,
                                               .slo32 = 1,
                                               .shi32 = 1}));
  // r2 is not read any more, r1 still is.
  EXPECT_EQ(point.registers[1].type, Type::kContext);
  EXPECT_EQ(point.registers[2].type, Type::kUninitialised);
  EXPECT_EQ(point.registers[10].type, Type::kStack);
}

TEST(ExtractTest, LoopCountsItsRounds) {
  const auto [verdict, certificate] = extract(R"(
r0 = 5
loop:
r0 += 3
if r0 != 305 goto loop
exit
)");
  ASSERT_EQ(verdict.outcome, Outcome::kAccepted);
  ASSERT_EQ(pcs(*certificate), std::vector<uint32_t>{1});
  const CutPoint& head = certificate->cut_points[0];
  EXPECT_TRUE(head.loop);
  EXPECT_EQ(head.parent, kNone);
  ASSERT_TRUE(head.registers[0].has_form);
  EXPECT_EQ(factor_of(head.registers[0].form, head.round), 3);
}

TEST(ExtractTest, LoopsInsideLoopsHaveThemAsParents) {
  const auto [verdict, certificate] = extract(R"(
r0 = 0
r6 = 0
outer:
r7 = 0
inner:
r0 += r7
r7 += 1
if r7 < 1000 goto inner
r6 += 1
if r6 < 1000 goto outer
exit
)");
  ASSERT_EQ(verdict.outcome, Outcome::kAccepted);
  const auto& points = certificate->cut_points;
  const auto inner = std::ranges::find_if(
      points, [](const CutPoint& p) { return p.pc == 3 && p.parent != kNone; });
  ASSERT_NE(inner, points.end());
  EXPECT_TRUE(inner->loop);
  const CutPoint& outer = points[inner->parent];
  EXPECT_EQ(outer.pc, 2u);
  EXPECT_EQ(outer.parent, kNone);
  EXPECT_EQ(factor_of(inner->registers[6].form, outer.round), 1);
  EXPECT_EQ(factor_of(inner->registers[7].form, inner->round), 1);
}

TEST(ExtractTest, CalleesAreInTheirCallersLoops) {
  const auto [verdict, certificate] = extract(R"(
r6 = 0
r7 = r1
loop:
r1 = *(u32 *)(r7 + 16)
call one
r6 += 1
if r6 < 500 goto loop
exit
function one number
r0 = 1
if r1 == 0 goto end
r0 = 1
end:
exit
)",
                                              "xdp");
  ASSERT_EQ(verdict.outcome, Outcome::kAccepted);
  const auto& points = certificate->cut_points;
  const auto in_callee = std::ranges::find_if(
      points, [](const CutPoint& p) { return p.pc == 10 && p.parent != kNone; });
  ASSERT_NE(in_callee, points.end());
  ASSERT_EQ(in_callee->frames.size(), 2u);
  EXPECT_EQ(in_callee->frames[1].role, Role::kCallee);
  EXPECT_EQ(in_callee->frames[1].return_pc, 4u);
  EXPECT_EQ(in_callee->frames[1].entry, 7u);
  const CutPoint& loop = points[in_callee->parent];
  EXPECT_TRUE(loop.loop);
  EXPECT_EQ(loop.pc, 2u);
  // r6 is with the caller.
  EXPECT_EQ(factor_of(in_callee->frames[1].saved[0].form, loop.round), 1);
}

TEST(ExtractTest, MapsHaveNumbers) {
  const auto [verdict, certificate] = extract(R"(
map counts type=array key=4 value=8 entries=4
map flows type=hash key=4 value=16 entries=16
r6 = r1
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map flows
call 1
if r0 == 0 goto out
r7 = 3
r1 = *(u32 *)(r6 + 16)
if r1 == 0 goto same
r7 = 3
same:
*(u64 *)(r0 + 8) = r7
out:
r0 = 1
exit
)",
                                              "xdp");
  ASSERT_EQ(verdict.outcome, Outcome::kAccepted) << static_cast<int>(verdict.rejection.reason);
  ASSERT_TRUE(certificate.has_value()) << certificate.error();
  const auto with_value = std::ranges::find_if(certificate->cut_points, [](const CutPoint& p) {
    return p.registers[0].type == Type::kMapValue;
  });
  ASSERT_NE(with_value, certificate->cut_points.end());
  EXPECT_EQ(with_value->registers[0].map, 2u);
  EXPECT_FALSE(with_value->registers[0].nullable);
}

// The order is one in which each loop stands together, its head first.
void expect_nested(const Certificate& certificate, const std::string& name) {
  const auto& points = certificate.cut_points;
  for (uint32_t i = 0; i < points.size(); ++i) {
    const uint32_t parent = points[i].parent;
    if (parent == kNone) continue;
    ASSERT_LT(parent, i) << name;
    EXPECT_TRUE(points[parent].loop) << name;
    // The one before, or a head around it.
    uint32_t around = i - 1;
    while (around != parent && around != kNone) around = points[around].parent;
    EXPECT_EQ(around, parent) << name << ": " << i;
  }
}

TEST(ExtractTest, AcceptedCasesAreNested) {
  size_t accepted = 0;
  size_t loops = 0;
  size_t inexpressible = 0;
  for (const auto& entry : std::filesystem::directory_iterator("verifier/testdata")) {
    if (entry.path().extension() != ".txt") continue;
    for (const Case& tested : read_cases(entry.path())) {
      if (tested.expected != "accept") continue;
      const auto [verdict, certificate] = extract(tested);
      ASSERT_EQ(verdict.outcome, Outcome::kAccepted) << tested.name;
      ++accepted;
      if (!certificate) {
        ++inexpressible;
        continue;
      }
      expect_nested(*certificate, tested.name);
      for (const CutPoint& point : certificate->cut_points) {
        if (!point.loop) continue;
        ++loops;
        EXPECT_NE(point.round, ~uint32_t{0}) << tested.name;
      }
    }
  }
  EXPECT_GE(accepted, 190u);
  EXPECT_GE(loops, 30u);
  EXPECT_LE(inexpressible, 10u);
}

}  // namespace
}  // namespace zext::verifier::certificate
