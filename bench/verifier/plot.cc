#include "bench/verifier/plot.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace zext::bench {
namespace {

constexpr int kLeft = 70;
constexpr int kTop = 40;
constexpr int kWidth = 520;  // of the field with the points
constexpr int kHeight = 340;
constexpr int kLegend = 200;
constexpr std::array kColours = {"#4a7fb5", "#c2703d", "#2a7d2a", "#8a4fa3",
                                 "#b23a48", "#5b6770", "#b59a2a", "#2a9d8f"};

// Whole decades that hold what was added.
class Decades {
 public:
  void add(double value) {
    low_ = std::min(low_, std::floor(std::log10(value)));
    high_ = std::max(high_, std::ceil(std::log10(value)));
  }
  // Where a value is: 0 at the lowest decade, 1 at the highest.
  double place(double value) const { return (std::log10(value) - first()) / (last() - first()); }
  int first() const { return low_ > high_ ? 0 : static_cast<int>(low_); }
  int last() const { return std::max(first() + 1, static_cast<int>(high_)); }

 private:
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

bool drawable(const PlotPoint& point) { return point.x > 0 && point.y > 0; }

class Canvas {
 public:
  Canvas(const PlotFrame& frame, std::span<const PlotSeries> all) {
    for (const PlotSeries& series : all) {
      for (const PlotPoint& point : series.points) {
        if (!drawable(point)) continue;
        x_.add(point.x);
        y_.add(point.y);
      }
    }
    for (const PlotLimit& limit : frame.limits) y_.add(limit.y);
  }

  void axes(const PlotFrame& frame) {
    text(kLeft, 22, "start", frame.title, "#000", 14);
    text(kLeft + kWidth / 2, kTop + kHeight + 36, "middle", frame.x, "#000");
    text(kLeft - 6, kTop - 6, "end", frame.y, "#000");
    for (int decade = x_.first(); decade <= x_.last(); ++decade) {
      const int x = across(std::pow(10, decade));
      line(x, kTop, x, kTop + kHeight, "#ddd");
      text(x, kTop + kHeight + 16, "middle", fmt::format("{:g}", std::pow(10, decade)), "#000");
    }
    for (int decade = y_.first(); decade <= y_.last(); ++decade) {
      const int y = down(std::pow(10, decade));
      line(kLeft, y, kLeft + kWidth, y, "#ddd");
      text(kLeft - 6, y + 4, "end", fmt::format("{:g}", std::pow(10, decade)), "#000");
    }
    for (const PlotLimit& limit : frame.limits) {
      line(kLeft, down(limit.y), kLeft + kWidth, down(limit.y), "#b23a48");
      text(kLeft + kWidth + 6, down(limit.y) + 4, "start", limit.name, "#b23a48");
    }
  }

  void series(const PlotSeries& series, size_t number) {
    const char* colour = kColours[number % kColours.size()];
    std::string way;
    std::set<std::pair<int, int>> places;
    for (const PlotPoint& point : series.points) {
      if (!drawable(point)) continue;
      way += fmt::format("{},{} ", across(point.x), down(point.y));
      places.emplace(across(point.x), down(point.y));
    }
    if (series.joined) {
      svg_ += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\"/>\n", way, colour);
    }
    svg_ += fmt::format("<g fill=\"{}\" fill-opacity=\"0.6\">\n", colour);
    for (const auto& [x, y] : places) dot(x, y);
    const int y = kTop + 24 + static_cast<int>(number) * 18;
    dot(kLeft + kWidth + 12, y - 4);
    svg_ += "</g>\n";
    text(kLeft + kWidth + 20, y, "start", series.name, colour);
  }

  std::string svg() const {
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
        "font-family=\"sans-serif\" font-size=\"11\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{}</svg>\n",
        kLeft + kWidth + kLegend, kTop + kHeight + 50, svg_);
  }

 private:
  int across(double x) const { return kLeft + static_cast<int>(std::lround(x_.place(x) * kWidth)); }
  int down(double y) const {
    return kTop + kHeight - static_cast<int>(std::lround(y_.place(y) * kHeight));
  }
  void line(int x1, int y1, int x2, int y2, const char* colour) {
    svg_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\"/>\n", x1, y1,
                        x2, y2, colour);
  }
  void dot(int x, int y) { svg_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"2.5\"/>\n", x, y); }
  void text(int x, int y, const char* anchor, const std::string& what, const char* colour,
            int size = 11) {
    svg_ += fmt::format(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"{}\" fill=\"{}\" font-size=\"{}\">{}</text>\n", x, y,
        anchor, colour, size, what);
  }

  Decades x_;
  Decades y_;
  std::string svg_;
};

}  // namespace

std::string plot(const PlotFrame& frame, std::span<const PlotSeries> all) {
  Canvas canvas(frame, all);
  canvas.axes(frame);
  for (size_t i = 0; i < all.size(); ++i) canvas.series(all[i], i);
  return canvas.svg();
}

}  // namespace zext::bench
