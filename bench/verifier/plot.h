// Plots with two logarithmic axes, as the text of an SVG file.
//
//   const PlotSeries line{.name = "straight-line", .points = {{100, 0.02}, {1000, 0.2}}};
//   file << plot({.title = "Time", .x = "instructions", .y = "ms"}, {&line, 1});
#pragma once

#include <span>
#include <string>
#include <vector>

namespace zext::bench {

struct PlotPoint {
  double x = 0;
  double y = 0;
};

struct PlotSeries {
  std::string name;
  std::vector<PlotPoint> points;  // those that are not above 0 are left out
  bool joined = true;             // by a line
};

// A value of y that something must stay below, drawn across.
struct PlotLimit {
  std::string name;
  double y = 0;
};

struct PlotFrame {
  std::string title;
  std::string x;  // what the axes are
  std::string y;
  std::vector<PlotLimit> limits = {};
};

// Decades of both axes are chosen to hold all points.
std::string plot(const PlotFrame& frame, std::span<const PlotSeries> all);

}  // namespace zext::bench
