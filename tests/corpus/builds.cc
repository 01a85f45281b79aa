#include "tests/corpus/builds.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace zext::corpus {
namespace {

namespace fs = std::filesystem;

std::ifstream open(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return file;
}

std::vector<SeededFault> faults_of(const fs::path& path) {
  static const std::regex kLine(R"(^// fault (\d+): ([a-z-]+): (.*)$)");
  std::ifstream file = open(path);
  std::vector<SeededFault> faults;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (!std::regex_match(line, match, kLine)) continue;
    faults.push_back({.number = static_cast<unsigned>(std::stoul(match[1])),
                      .kind = match[2],
                      .text = match[3]});
    if (faults.back().number != faults.size()) {
      throw std::runtime_error(path.string() + ": faults are not numbered from 1");
    }
  }
  return faults;
}

// Of the files FAULT_OPTIMISATION_VERSION.o.
std::vector<Build> builds_of(const fs::path& directory) {
  std::vector<Build> builds;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string stem = entry.path().stem();
    const size_t split = stem.find('_');
    builds.push_back({.path = entry.path(),
                      .fault = static_cast<unsigned>(std::stoul(stem.substr(0, split))),
                      .name = stem.substr(split + 1)});
  }
  std::ranges::sort(builds, {}, [](const Build& b) { return std::pair(b.fault, b.name); });
  return builds;
}

}  // namespace

std::vector<Source> sources(const std::string& collection) {
  const fs::path folder = collection;
  std::vector<Source> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "programs")) {
    if (entry.path().extension() != ".c") continue;
    const std::string name = entry.path().stem();
    all.push_back({.name = name,
                   .faults = faults_of(entry.path()),
                   .builds = builds_of(folder / "builds" / name)});
  }
  std::ranges::sort(all, {}, &Source::name);
  return all;
}

std::vector<uint8_t> read(const Build& build) {
  std::ifstream file = open(build.path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::vector<std::string>> table(const std::string& file, size_t words) {
  std::ifstream lines = open(file);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream in(line);
    std::vector<std::string> row(words + 1);
    for (size_t i = 0; i < words; ++i) in >> row[i];
    std::getline(in >> std::ws, row[words]);
    if (row[words].empty()) throw std::runtime_error(file + ": too few words: " + line);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace zext::corpus
