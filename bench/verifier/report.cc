#include "bench/verifier/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

namespace zext::bench {
namespace {

constexpr size_t kSlowest = 8;  // programs named

template <typename F>
Spread spread(const std::vector<Sample>& samples, F value) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const Sample& sample : samples) values.push_back(value(sample));
  if (values.empty()) return {};
  return {.median = quantile(values, 0.5),
          .high = quantile(values, 0.99),
          .worst = quantile(values, 1)};
}

double each(const Sample& sample, double value) {
  return value / static_cast<double>(sample.instructions);
}

void add_linux(const CorpusSet& set, SetSummary& summary) {
  std::vector<Sample> timed;
  for (const Sample& sample : set.samples) {
    if (sample.linux_milliseconds) timed.push_back(sample);
  }
  summary.timed_by_linux = timed.size();
  summary.linux_milliseconds = spread(timed, [](const Sample& s) { return *s.linux_milliseconds; });
  summary.ours = spread(timed, [](const Sample& s) { return s.milliseconds; });
}

}  // namespace

SetSummary summarize(const CorpusSet& set) {
  SetSummary summary;
  const auto& all = set.samples;
  double steps = 0;
  double milliseconds = 0;
  for (const Sample& sample : all) {
    steps += static_cast<double>(sample.steps);
    milliseconds += sample.milliseconds;
  }
  summary.programs = all.size();
  summary.accepted = static_cast<size_t>(std::ranges::count_if(all, &Sample::accepted));
  summary.rate = steps / milliseconds * 1000;
  summary.milliseconds = spread(all, [](const Sample& s) { return s.milliseconds; });
  summary.microseconds_each =
      spread(all, [](const Sample& s) { return each(s, 1000 * s.milliseconds); });
  summary.bytes = spread(all, [](const Sample& s) { return static_cast<double>(s.bytes); });
  summary.bytes_each =
      spread(all, [](const Sample& s) { return each(s, static_cast<double>(s.bytes)); });
  summary.prepare = spread(all, [](const Sample& s) { return s.prepare; });
  summary.slowest = std::ranges::max_element(all, {}, &Sample::milliseconds)->name;
  summary.largest = std::ranges::max_element(all, {}, &Sample::bytes)->name;
  add_linux(set, summary);
  return summary;
}

double straight_line_rate(const std::vector<Growth>& growth) {
  const auto line = std::ranges::find(growth, "straight-line", &Growth::name);
  const Sample& sample = line->points.back().sample;
  return static_cast<double>(sample.instructions) / sample.milliseconds * 1000;
}

namespace {

std::string row(const char* name, const Spread& values, double unit, const std::string& note) {
  return fmt::format("  {:<34} {:>10.3f} {:>10.3f} {:>10.3f}  {}\n", name, values.median / unit,
                     values.high / unit, values.worst / unit, note);
}

std::string slowest(const CorpusSet& set) {
  std::vector<Sample> all = set.samples;
  std::ranges::sort(all, std::greater<>(), &Sample::milliseconds);
  all.resize(std::min<size_t>(all.size(), kSlowest));
  std::string result = "  the slowest\n";
  for (const Sample& sample : all) {
    result += fmt::format("    {:<48} {:>10.3f} ms {:>8} explored {:>8} KiB{}\n", sample.name,
                          sample.milliseconds, sample.steps, sample.bytes / 1024,
                          sample.accepted ? ", accepted" : "");
  }
  return result;
}

std::string text(const CorpusSet& set) {
  const SetSummary s = summarize(set);
  std::string result = fmt::format("{}: {} programs, {} accepted\n  {:<34} {:>10} {:>10} {:>10}\n",
                                   set.name, s.programs, s.accepted, "", "median", "99 %", "worst");
  result += row("time, ms", s.milliseconds, 1, "worst: " + s.slowest);
  result += fmt::format("  {:<34} {:>10} {:>10}\n", "  target", kTargetMedian, kTarget99);
  result += row("  for an instruction, us", s.microseconds_each, 1, "");
  result += row("peak memory, KiB", s.bytes, 1024, "worst: " + s.largest);
  result += row("  for an instruction, bytes", s.bytes_each, 1, "");
  result += row("maps and types before, ms", s.prepare, 1, "");
  if (s.timed_by_linux != 0) {
    const std::string note = fmt::format("the {} that it accepts", s.timed_by_linux);
    result += row("Linux, ms", s.linux_milliseconds, 1, note);
    result += row("  zext on the same, ms", s.ours, 1, "");
  }
  result += fmt::format("  {:<34} {:>10.2f}\n", "million instructions explored / s", s.rate / 1e6);
  return result + slowest(set) + "\n";
}

std::string text(const Growth& growth) {
  std::string result =
      fmt::format("{}\n  {:>12} {:>12} {:>9} {:>12} {:>9} {:>12} {:>10}\n", growth.name,
                  growth.unit, "instructions", "accepted", "explored", "ms", "us / insn.", "KiB");
  for (const auto& [size, sample] : growth.points) {
    result += fmt::format("  {:>12} {:>12} {:>9} {:>12} {:>9.3f} {:>12.3f} {:>10.1f}\n", size,
                          sample.instructions, sample.accepted ? "yes" : "no", sample.steps,
                          sample.milliseconds, each(sample, 1000 * sample.milliseconds),
                          static_cast<double>(sample.bytes) / 1024);
  }
  if (growth.points.size() < 2) return result + "\n";
  return result + fmt::format("  time grows as size to the power {:.2f}\n\n", exponent(growth));
}

}  // namespace

std::string text(const Figures& figures) {
  std::string result;
  for (const CorpusSet& set : figures.corpus) result += text(set);
  if (!figures.why_not_linux.empty()) {
    result += "Linux was not timed: " + figures.why_not_linux + "\n\n";
  }
  for (const Growth& growth : figures.growth) result += text(growth);
  result += fmt::format("million straight-line instructions / s: {:.2f}, target {:.2f}\n\n",
                        straight_line_rate(figures.growth) / 1e6, kTargetRate / 1e6);
  result += fmt::format("programs of 5,000 instructions: peak memory, target {:.0f} MiB\n",
                        kTargetBytes / (1 << 20));
  for (const Sample& sample : figures.memory) {
    result += fmt::format("  {:<24} {:>7} instructions {:>8.2f} MiB {:>9.3f} ms {}\n", sample.name,
                          sample.instructions, static_cast<double>(sample.bytes) / (1 << 20),
                          sample.milliseconds, sample.accepted ? "" : "not accepted");
  }
  return result;
}

}  // namespace zext::bench
