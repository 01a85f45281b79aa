// The JIT's bench: what our code costs, and what clang's and gcc's for the same C do.
//
//   bench [KERNEL...] [--json] [--plot FILE.svg]

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/jit/kernels.h"
#include "bench/jit/measure.h"
#include "bench/jit/scaling.h"
#include "bench/jit/summary.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/report.h"

namespace {

using zext::bench::Figures;
using zext::bench::Kernel;
namespace cli = zext::cli;

// The kernels of these names; all if there is none.
std::expected<std::vector<Kernel>, zext::object::Error> chosen(
    const std::vector<std::string>& names) {
  const auto all = zext::bench::kernels();
  if (names.empty()) return std::vector<Kernel>(all.begin(), all.end());
  std::vector<Kernel> result;
  for (const std::string& name : names) {
    const auto kernel = std::ranges::find(all, name, &Kernel::name);
    if (kernel == all.end()) {
      return std::unexpected(zext::object::Error{.where = name,
                                                 .what = "no kernel of this name",
                                                 .hint = "they are in bench/jit/kernels.def"});
    }
    result.push_back(*kernel);
  }
  return result;
}

// Relative to where `bazel run` was called, since it changes the directory.
std::filesystem::path output_path(const std::string& name) {
  const char* directory = std::getenv("BUILD_WORKING_DIRECTORY");
  return std::filesystem::path(directory == nullptr ? "" : directory) / name;
}

int write_plot(const std::string& name, const std::string& svg) {
  std::ofstream file(output_path(name));
  file << svg;
  file.close();
  if (file) return cli::kAccepted;
  return cli::report({.where = name, .what = "cannot be written", .hint = "name another file"},
                     false);
}

int run(const std::vector<std::string>& names, bool json, const std::string& plot) {
  const auto kernels = chosen(names);
  if (!kernels) return cli::report(kernels.error(), json);
  std::vector<Figures> all;
  for (const Kernel& kernel : *kernels) {
    const auto figures = zext::bench::measure(kernel, "bench/jit/");
    if (!figures) {
      cli::report(figures.error(), json);
      return cli::kRejected;
    }
    all.push_back(*figures);
  }
  auto summary = zext::bench::summarize(all);
  static constexpr uint64_t kLengths[] = {10'000, 100'000, 1'000'000};
  auto scaling = zext::bench::measure_scaling(*kernels, "bench/jit/", kLengths);
  if (!scaling) {
    cli::report(scaling.error(), json);
    return cli::kRejected;
  }
  summary.scaling = std::move(*scaling);
  if (json) {
    cli::print_json(zext::bench::json(all, summary));
  } else {
    fmt::print("{}{}", zext::bench::table(all), zext::bench::text(summary));
  }
  return plot.empty() ? cli::kAccepted : write_plot(plot, zext::bench::plot(all, summary));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Our code for the kernels against clang's and gcc's, on our core");
  std::vector<std::string> names;
  std::string plot;
  bool json = false;
  app.add_option("KERNEL", names, "only these");
  app.add_flag("--json", json, "one JSON object on standard output");
  app.add_option("--plot", plot, "also draw the ratios to clang into this SVG file");
  CLI11_PARSE(app, argc, argv);
  return run(names, json, plot);
}
