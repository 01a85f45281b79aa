#include <fmt/core.h>

#include <algorithm>

#include "bench/jit/summary.h"

namespace zext::bench {
namespace {

constexpr int kLeft = 140;   // where the bars begin
constexpr int kScale = 200;  // pixels for a ratio of one
constexpr int kRow = 16;
constexpr int kTop = 40;
constexpr int kWidth = 900;

double ratio_of(const Figures& figures) {
  return static_cast<double>(figures.of(Variant::kOurs).instructions) /
         static_cast<double>(figures.of(Variant::kClang).instructions);
}

std::string vertical(double ratio, const std::string& label, const char* colour, int bottom) {
  const double x = kLeft + ratio * kScale;
  return fmt::format(
      "<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"{3}\"/>\n"
      "<text x=\"{0:.1f}\" y=\"{4}\" fill=\"{3}\" text-anchor=\"middle\">{5}</text>\n",
      x, kTop, bottom, colour, bottom + 14, label);
}

std::string bar(const std::string& name, double ratio, int y) {
  const double width = std::min(ratio * kScale, 1.0 * kWidth - kLeft - 50);
  return fmt::format(
      "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n"
      "<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>\n"
      "<text x=\"{:.1f}\" y=\"{}\">{:.2f}</text>\n",
      kLeft - 6, y + 11, name, kLeft, y + 2, width, kRow - 4,
      ratio <= kTargetInstructions ? "#4a7fb5" : "#c2703d", kLeft + width + 4, y + 11, ratio);
}

}  // namespace

std::string plot(std::span<const Figures> all, const Summary& summary) {
  std::vector<Figures> sorted(all.begin(), all.end());
  std::ranges::sort(sorted, {}, ratio_of);
  const int bottom = kTop + static_cast<int>(sorted.size()) * kRow;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
      "font-family=\"sans-serif\" font-size=\"11\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{}\" y=\"20\" font-size=\"14\">RV64 instructions executed: zext over clang -O2, "
      "rv64gc (geometric mean {:.2f})</text>\n",
      kWidth, bottom + 40, kLeft, summary.ours_clang);
  int y = kTop;
  for (const Figures& figures : sorted) {
    svg += bar(figures.kernel.name, ratio_of(figures), y);
    y += kRow;
  }
  svg += vertical(1, "1.00", "#555555", bottom);
  svg += vertical(kTargetInstructions, fmt::format("target {:.2f}", kTargetInstructions), "#2a7d2a",
                  bottom);
  return svg + "</svg>\n";
}

}  // namespace zext::bench
