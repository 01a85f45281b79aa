// The figures as JSON and as plots.
#include "bench/verifier/plot.h"
#include "bench/verifier/report.h"

namespace zext::bench {
namespace {

nlohmann::json json_of(const Sample& sample) {
  nlohmann::json result = {{"name", sample.name},
                           {"instructions", sample.instructions},
                           {"accepted", sample.accepted},
                           {"milliseconds", sample.milliseconds},
                           {"explored", sample.steps},
                           {"peak_bytes", sample.bytes},
                           {"prepare_milliseconds", sample.prepare}};
  if (sample.linux_milliseconds) result["linux_milliseconds"] = *sample.linux_milliseconds;
  return result;
}

nlohmann::json json_of(const Spread& spread) {
  return {{"median", spread.median}, {"percentile_99", spread.high}, {"worst", spread.worst}};
}

nlohmann::json json_of(const CorpusSet& set) {
  const SetSummary s = summarize(set);
  nlohmann::json result = {{"name", set.name},
                           {"programs", s.programs},
                           {"accepted", s.accepted},
                           {"milliseconds", json_of(s.milliseconds)},
                           {"microseconds_per_instruction", json_of(s.microseconds_each)},
                           {"peak_bytes", json_of(s.bytes)},
                           {"peak_bytes_per_instruction", json_of(s.bytes_each)},
                           {"prepare_milliseconds", json_of(s.prepare)},
                           {"explored_per_second", s.rate},
                           {"slowest", s.slowest},
                           {"largest", s.largest}};
  if (s.timed_by_linux != 0) {
    result["linux"] = {{"programs", s.timed_by_linux},
                       {"milliseconds", json_of(s.linux_milliseconds)},
                       {"zext_milliseconds", json_of(s.ours)}};
  }
  for (const Sample& sample : set.samples) result["samples"].push_back(json_of(sample));
  return result;
}

nlohmann::json json_of(const Growth& growth) {
  nlohmann::json result = {{"name", growth.name}, {"unit", growth.unit}};
  for (const auto& [size, sample] : growth.points) {
    nlohmann::json point = json_of(sample);
    point.erase("name");
    point["size"] = size;
    result["points"].push_back(std::move(point));
  }
  if (growth.points.size() >= 2) result["exponent"] = exponent(growth);
  return result;
}

std::string plot_growth(const std::vector<Growth>& all, bool rounds) {
  std::vector<PlotSeries> series;
  for (const Growth& growth : all) {
    if ((growth.unit == "rounds") != rounds) continue;
    PlotSeries one{.name = growth.name, .points = {}};
    for (const auto& [size, sample] : growth.points) {
      const uint64_t x = rounds ? size : sample.instructions;
      one.points.push_back({.x = static_cast<double>(x), .y = sample.milliseconds});
    }
    series.push_back(std::move(one));
  }
  return plot({.title = rounds ? "Time to verify a loop, by its rounds"
                               : "Time to verify a program, by its length",
               .x = rounds ? "rounds" : "instructions",
               .y = "ms"},
              series);
}

std::string plot_corpus(const CorpusSet& set) {
  PlotSeries ours{.name = "zext", .points = {}, .joined = false};
  PlotSeries kernel{.name = "Linux, where it accepts", .points = {}, .joined = false};
  for (const Sample& sample : set.samples) {
    const auto x = static_cast<double>(sample.instructions);
    ours.points.push_back({.x = x, .y = sample.milliseconds});
    if (sample.linux_milliseconds)
      kernel.points.push_back({.x = x, .y = *sample.linux_milliseconds});
  }
  std::vector<PlotSeries> series = {std::move(ours)};
  if (!kernel.points.empty()) series.push_back(std::move(kernel));
  return plot({.title = "Time to verify the programs of the corpus: " + set.name,
               .x = "instructions",
               .y = "ms",
               .limits = {{.name = "target of the median", .y = kTargetMedian},
                          {.name = "target of 99 %", .y = kTarget99}}},
              series);
}

}  // namespace

nlohmann::json json(const Figures& figures) {
  nlohmann::json result = {{"straight_line_per_second", straight_line_rate(figures.growth)},
                           {"targets",
                            {{"median_milliseconds", kTargetMedian},
                             {"percentile_99_milliseconds", kTarget99},
                             {"straight_line_per_second", kTargetRate},
                             {"peak_bytes_of_5000", kTargetBytes}}}};
  for (const CorpusSet& set : figures.corpus) result["corpus"].push_back(json_of(set));
  for (const Growth& growth : figures.growth) result["growth"].push_back(json_of(growth));
  for (const Sample& sample : figures.memory) result["memory"].push_back(json_of(sample));
  if (!figures.why_not_linux.empty()) result["why_not_linux"] = figures.why_not_linux;
  return result;
}

std::map<std::string, std::string> plots(const Figures& figures) {
  return {{"verifier-corpus.svg", plot_corpus(figures.corpus.front())},
          {"verifier-growth.svg", plot_growth(figures.growth, false)},
          {"verifier-rounds.svg", plot_growth(figures.growth, true)}};
}

}  // namespace zext::bench
