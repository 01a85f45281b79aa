// That the figures are of what they say: few programs, once each, and nothing about how fast.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "bench/verifier/corpus.h"
#include "bench/verifier/growth.h"
#include "bench/verifier/plot.h"
#include "bench/verifier/report.h"

namespace zext::bench {
namespace {

constexpr Repetition kFew{.rounds = 3, .seconds = 0.1};

const std::vector<Growth>& growths() {
  static const auto kAll = measure_growth({.largest = 10'000, .repetition = kFew});
  return kAll;
}

const Growth& growth_named(const std::string& name) {
  return *std::ranges::find(growths(), name, &Growth::name);
}

TEST(Corpus, IsMeasured) {
  const auto sets = measure_corpus({.every = 20, .repetition = {.rounds = 1, .seconds = 0}});
  ASSERT_EQ(sets.size(), 2u);
  const SetSummary safe = summarize(sets[0]);
  EXPECT_GE(safe.programs, 8u);
  EXPECT_GT(safe.accepted, safe.programs / 2);
  EXPECT_GT(safe.milliseconds.median, 0);
  EXPECT_LE(safe.milliseconds.median, safe.milliseconds.high);
  EXPECT_LE(safe.milliseconds.high, safe.milliseconds.worst);
  EXPECT_GT(safe.bytes.median, 1000);
  EXPECT_EQ(safe.timed_by_linux, 0u);
  const SetSummary faults = summarize(sets[1]);
  EXPECT_GT(faults.programs, safe.programs);
  // Of an object with several programs some are without a fault.
  EXPECT_LT(faults.accepted, faults.programs / 4);
}

TEST(Growth, AllAreAcceptedAndDiffer) {
  for (const Growth& growth : growths()) {
    uint64_t before = 0;
    for (const auto& [size, sample] : growth.points) {
      EXPECT_TRUE(sample.accepted) << growth.name << " " << size;
      if (growth.unit == "rounds") continue;
      EXPECT_GT(sample.instructions, before) << growth.name << " " << size;
      before = sample.instructions;
    }
  }
}

TEST(Growth, StraightLineIsLevel) {
  const Growth& line = growth_named("straight-line");
  EXPECT_LT(exponent(line), 1.3);
  for (const auto& [size, sample] : line.points) {
    EXPECT_EQ(sample.instructions, size);
    EXPECT_EQ(sample.steps, size);
  }
}

TEST(Growth, RoundsCostNothing) {
  for (const char* name : {"loop", "loop with a branch"}) {
    const Growth& loop = growth_named(name);
    EXPECT_LT(loop.points.back().sample.steps, 100 * loop.points.front().sample.instructions);
  }
}

TEST(Growth, ExponentIsTheSlope) {
  Growth growth{.name = "square", .unit = "instructions", .points = {}};
  for (const uint64_t size : {10, 100, 1000}) {
    growth.points.push_back({.size = size, .sample = {}});
    growth.points.back().sample.milliseconds = 3e-3 * static_cast<double>(size * size);
  }
  EXPECT_NEAR(exponent(growth), 2, 1e-9);
}

TEST(Memory, IsTheSameEachTime) {
  const auto first = measure_memory(200, kFew);
  const auto second = measure_memory(200, kFew);
  ASSERT_GE(first.size(), 4u);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    const auto bytes = static_cast<double>(first[i].bytes);
    EXPECT_GE(first[i].instructions, 200u) << first[i].name;
    EXPECT_LE(first[i].instructions, 300u) << first[i].name;
    EXPECT_GT(bytes, 1000) << first[i].name;
    EXPECT_NEAR(bytes, static_cast<double>(second[i].bytes), bytes / 100) << first[i].name;
  }
}

TEST(Quantile, IsAValueOfThem) {
  EXPECT_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(quantile({3, 1, 2}, 0.99), 3);
  EXPECT_EQ(quantile({3, 1, 2}, 1), 3);
  EXPECT_EQ(quantile({7}, 0), 7);
}

TEST(Plot, PlacesByLogarithms) {
  const PlotSeries series{.name = "s", .points = {{1, 1}, {10, 10}, {100, 100}, {0, 5}}};
  const std::string svg = plot({.title = "t", .x = "x", .y = "y"}, {&series, 1});
  EXPECT_NE(svg.find("<polyline points=\"70,380 330,210 590,40 \""), std::string::npos) << svg;
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
}

TEST(Report, HasTargetsBesideFigures) {
  Sample sample{.name = "p",
                .instructions = 10,
                .accepted = true,
                .milliseconds = 2,
                .steps = 10,
                .bytes = 2048};
  sample.linux_milliseconds = 4;
  const Figures figures{
      .corpus = {{.name = "safe", .samples = {sample}}},
      .growth = {{.name = "straight-line", .unit = "instructions", .points = {{10, sample}}}},
      .memory = {sample},
      .why_not_linux = "bpf(2): no"};
  const std::string report = text(figures);
  for (const char* part : {"1 programs, 1 accepted", "0.5", "target 2.00", "target 64 MiB",
                           "Linux was not timed: bpf(2): no", "worst: p"}) {
    EXPECT_NE(report.find(part), std::string::npos) << part << "\n" << report;
  }
  const nlohmann::json data = json(figures);
  EXPECT_EQ(data["corpus"][0]["linux"]["milliseconds"]["median"], 4);
  EXPECT_EQ(data["straight_line_per_second"], 5000);
  EXPECT_EQ(plots(figures).size(), 3u);
}

}  // namespace
}  // namespace zext::bench
