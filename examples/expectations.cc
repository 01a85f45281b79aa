#include "examples/expectations.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace zext::examples {
namespace {

std::ifstream open(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  return file;
}

}  // namespace

std::vector<Example> read_examples(const std::string& folder) {
  std::ifstream file = open(folder + "examples.json");
  const auto table = nlohmann::json::parse(file);
  std::vector<Example> examples;
  for (const auto& entry : table.at("examples")) {
    Example example;
    example.program = entry.at("program");
    example.type = entry.at("type");
    const std::string verdict = entry.at("verdict");
    if (verdict != "accepted" && verdict != "rejected") throw std::runtime_error(verdict);
    example.accepted = verdict == "accepted";
    example.line = entry.value("line", "");
    for (const auto& run : entry.at("runs")) {
      const std::string r0 = run.at("r0");
      example.runs.push_back({.input = run.at("input"), .r0 = std::stoull(r0, nullptr, 16)});
    }
    examples.push_back(std::move(example));
  }
  return examples;
}

std::vector<uint8_t> read_hex(const std::string& path) {
  std::ifstream file = open(path);
  std::string digits;
  for (std::string line; std::getline(file, line);) {
    for (const char c : line.substr(0, line.find('#'))) {
      if (std::isspace(static_cast<unsigned char>(c)) == 0) digits += c;
    }
  }
  if (digits.size() % 2 != 0) throw std::runtime_error(path + ": half a byte");
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    size_t used = 0;
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), &used, 16)));
    if (used != 2) throw std::runtime_error(path + ": not hexadecimal");
  }
  return bytes;
}

}  // namespace zext::examples
