// The verifier's figures: time and memory, over the corpus and as programs grow.
//
//   figures [--all-builds] [--rounds N] [--json] [--plots DIRECTORY]

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/verifier/report.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/report.h"
#include "tests/corpus/linux.h"

namespace {

namespace bench = zext::bench;
namespace cli = zext::cli;
namespace fs = std::filesystem;

int write_plots(const std::string& name, const bench::Figures& figures) {
  // Relative to where `bazel run` was called, since it changes the directory.
  const char* called_in = std::getenv("BUILD_WORKING_DIRECTORY");
  const fs::path directory = fs::path(called_in == nullptr ? "" : called_in) / name;
  std::error_code error;
  fs::create_directories(directory, error);
  for (const auto& [file, svg] : bench::plots(figures)) {
    std::ofstream out(directory / file);
    out << svg;
    out.close();
    if (!out) {
      return cli::report({.where = (directory / file).string(),
                          .what = "cannot be written",
                          .hint = "name another directory"},
                         false);
    }
  }
  return cli::kAccepted;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What verifying costs: the programs of the corpus, and programs that grow");
  bench::CorpusOptions options;
  bool json = false;
  std::string directory;
  app.add_flag("--all-builds", options.all_builds, "all levels and versions, not -O2 v3 alone");
  app.add_option("--rounds", options.repetition.rounds, "times that each program is verified");
  app.add_flag("--json", json, "one JSON object on standard output");
  app.add_option("--plots", directory, "also draw SVG files into this directory");
  CLI11_PARSE(app, argc, argv);
  bench::Figures figures;
  figures.why_not_linux = zext::corpus::why_not_linux().value_or("");
  options.ask_linux = figures.why_not_linux.empty();
  figures.growth = bench::measure_growth({.repetition = options.repetition});
  figures.memory = bench::measure_memory(bench::kMemoryLength, options.repetition);
  figures.corpus = bench::measure_corpus(options);
  if (json) {
    cli::print_json(bench::json(figures));
  } else {
    fmt::print("{}", bench::text(figures));
  }
  return directory.empty() ? cli::kAccepted : write_plots(directory, figures);
}
