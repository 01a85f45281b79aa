#include "verifier/fixpoint/cut_points.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace zext::verifier {
namespace {

constexpr uint32_t kNone = CutPoint::kNone;

bool operator==(const CutPoint& a, const CutPoint& b) {
  return a.kept == b.kept && a.parent == b.parent && a.loop == b.loop;
}

TEST(CutPointsTest, StatesThatCoverNothingAreNone) {
  const std::vector<uint32_t> before = {kNone, 0, 1};
  EXPECT_TRUE(cut_points(before, {}).empty());
}

TEST(CutPointsTest, LoopHasItsHead) {
  // A first round, the head, and a state in the loop that the other way is covered by.
  const std::vector<uint32_t> before = {kNone, 0, 1};
  const std::vector<Cover> covers = {{.from = 2, .to = 1}, {.from = 1, .to = 2}};
  const auto points = cut_points(before, covers);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_TRUE((points[0] == CutPoint{.kept = 1, .parent = kNone, .loop = true}));
  EXPECT_TRUE((points[1] == CutPoint{.kept = 2, .parent = 0, .loop = false}));
}

TEST(CutPointsTest, StatesBetweenArePassed) {
  // 1 covers nothing: 0 and 2 are a loop all the same.
  const std::vector<uint32_t> before = {kNone, 0, 1, 2};
  const std::vector<Cover> covers = {{.from = 3, .to = 0}, {.from = 0, .to = 2}};
  const auto points = cut_points(before, covers);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_TRUE((points[0] == CutPoint{.kept = 0, .parent = kNone, .loop = true}));
  EXPECT_TRUE((points[1] == CutPoint{.kept = 2, .parent = 0, .loop = false}));
}

TEST(CutPointsTest, LoopMayBeEnteredBesideItsHead) {
  // The loop of 1 and 2; 3 is on another way from 0, which 2 covers the end of.
  const std::vector<uint32_t> before = {kNone, 0, 1, 0};
  const std::vector<Cover> covers = {{.from = 2, .to = 1},
                                     {.from = 1, .to = 2},
                                     {.from = 3, .to = 2},
                                     {.from = 0, .to = 3},
                                     {.from = kNone, .to = 0}};
  const auto points = cut_points(before, covers);
  ASSERT_EQ(points.size(), 4u);
  EXPECT_TRUE((points[0] == CutPoint{.kept = 0, .parent = kNone, .loop = false}));
  EXPECT_TRUE((points[1] == CutPoint{.kept = 3, .parent = kNone, .loop = false}));
  EXPECT_TRUE((points[2] == CutPoint{.kept = 1, .parent = kNone, .loop = true}));
  EXPECT_TRUE((points[3] == CutPoint{.kept = 2, .parent = 2, .loop = false}));
}

// Where a state is in the result, by state.
std::vector<uint32_t> places(const std::vector<CutPoint>& points, size_t states) {
  std::vector<uint32_t> at(states, kNone);
  for (uint32_t i = 0; i < points.size(); ++i) at[points[i].kept] = i;
  return at;
}

bool encloses(const std::vector<CutPoint>& points, uint32_t head, uint32_t point) {
  while (point != kNone && point != head) point = points[point].parent;
  return point == head;
}

// Each edge goes on in the order, or to a head around where it starts; each loop stands together.
void expect_weak_order(const std::vector<uint32_t>& before, const std::vector<Cover>& covers) {
  const auto points = cut_points(before, covers);
  const auto at = places(points, before.size());
  const auto expect_edge = [&](uint32_t from, uint32_t to) {
    while (from != kNone && at[from] == kNone) from = before[from];
    if (from == kNone) return;
    if (at[to] > at[from]) return;
    EXPECT_TRUE(encloses(points, at[to], at[from]));
    EXPECT_TRUE(points[at[to]].loop);
  };
  for (const Cover& cover : covers) {
    ASSERT_NE(at[cover.to], kNone);
    expect_edge(cover.from, cover.to);
  }
  for (uint32_t state = 0; state < before.size(); ++state) {
    if (at[state] != kNone && before[state] != kNone) expect_edge(before[state], state);
  }
  for (uint32_t i = 1; i < points.size(); ++i) {
    const uint32_t parent = points[i].parent;
    EXPECT_TRUE(parent == kNone || encloses(points, parent, i - 1));
  }
}

TEST(CutPointsTest, RandomGraphsAreInWeakOrder) {
  std::mt19937 random(7);
  const auto below = [&](size_t limit) { return static_cast<uint32_t>(random() % limit); };
  for (int round = 0; round < 3000; ++round) {
    const size_t states = 1 + below(24);
    std::vector<uint32_t> before(states, kNone);
    for (uint32_t i = 1; i < states; ++i) {
      if (below(8) != 0) before[i] = below(2) != 0 ? i - 1 : below(i);
    }
    std::vector<Cover> covers(below(2 * states));
    for (Cover& cover : covers) cover = {.from = below(states), .to = below(states)};
    ASSERT_NO_FATAL_FAILURE(expect_weak_order(before, covers));
  }
}

}  // namespace
}  // namespace zext::verifier
