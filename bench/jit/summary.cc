#include "bench/jit/summary.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace zext::bench {
namespace {

double ratio(uint64_t a, uint64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

double mean_of(std::span<const Figures> all, const std::function<double(const Figures&)>& value) {
  std::vector<double> values;
  for (const Figures& figures : all) values.push_back(value(figures));
  return geometric_mean(values);
}

double instructions(std::span<const Figures> all, Variant a, Variant b) {
  return mean_of(
      all, [&](const Figures& f) { return ratio(f.of(a).instructions, f.of(b).instructions); });
}

double cycles(std::span<const Figures> all, Variant a, Variant b) {
  return mean_of(all, [&](const Figures& f) { return ratio(f.of(a).cycles, f.of(b).cycles); });
}

double per_ebpf(std::span<const Figures> all, Variant variant) {
  return mean_of(
      all, [&](const Figures& f) { return ratio(f.of(variant).instructions, f.ebpf_executed); });
}

double bytes(std::span<const Figures> all, Variant variant) {
  uint64_t bytes = 0;
  uint64_t length = 0;
  for (const Figures& figures : all) {
    bytes += figures.of(variant).bytes;
    length += figures.ebpf_length;
  }
  return ratio(bytes, length);
}

double compile_rate(std::span<const Figures> all) {
  double seconds = 0;
  uint64_t length = 0;
  for (const Figures& figures : all) {
    seconds += figures.compile_seconds;
    length += figures.ebpf_length;
  }
  return static_cast<double>(length) / seconds;
}

void add_work(std::span<const Figures> all, Summary& summary) {
  for (const Figures& figures : all) {
    for (size_t variant = 0; variant < kVariantCount; ++variant) {
      for (size_t work = 0; work < kWorkCount; ++work) {
        summary.work[variant][work] +=
            ratio(figures.costs[variant].work[work], figures.ebpf_executed) /
            static_cast<double>(all.size());
      }
    }
  }
}

void add_excess(std::span<const Figures> all, Summary& summary) {
  std::map<std::string, double> excess;
  for (const Figures& figures : all) {
    const auto total = static_cast<double>(figures.of(Variant::kOurs).instructions);
    for (const auto& [name, op] : figures.ops) {
      const auto more = static_cast<double>(op.instructions) - static_cast<double>(op.executed);
      excess[name] += more / total / static_cast<double>(all.size());
    }
  }
  summary.excess.assign(excess.begin(), excess.end());
  std::ranges::sort(summary.excess, std::greater(), &std::pair<std::string, double>::second);
}

}  // namespace

double geometric_mean(std::span<const double> values) {
  double logarithms = 0;
  for (const double value : values) logarithms += std::log(value);
  return std::exp(logarithms / static_cast<double>(values.size()));
}

Summary summarize(std::span<const Figures> all) {
  Summary summary;
  summary.ours_clang = instructions(all, Variant::kOurs, Variant::kClang);
  summary.ours_clang_b = instructions(all, Variant::kOursB, Variant::kClangB);
  summary.ours_gcc = instructions(all, Variant::kOurs, Variant::kGcc);
  summary.ours_gcc_b = instructions(all, Variant::kOursB, Variant::kGccB);
  summary.cycles_clang = cycles(all, Variant::kOurs, Variant::kClang);
  summary.cycles_clang_b = cycles(all, Variant::kOursB, Variant::kClangB);
  summary.rv64_ebpf = per_ebpf(all, Variant::kOurs);
  summary.rv64_ebpf_b = per_ebpf(all, Variant::kOursB);
  summary.bytes = bytes(all, Variant::kOurs);
  summary.bytes_b = bytes(all, Variant::kOursB);
  summary.bytes_clang = bytes(all, Variant::kClang);
  summary.compile_rate = compile_rate(all);
  add_work(all, summary);
  add_excess(all, summary);
  return summary;
}

}  // namespace zext::bench
