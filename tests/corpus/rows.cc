#include "tests/corpus/rows.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace zext::corpus {
namespace {

constexpr char kFolder[] = "tests/corpus/";

std::ifstream open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return file;
}

std::vector<uint8_t> bytes_of(const std::string& hex) {
  std::vector<uint8_t> bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i + 2 <= hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

std::vector<Row> corpus() {
  std::ifstream file = open(std::string(kFolder) + "corpus_table.json");
  const auto table = nlohmann::json::parse(file);
  std::vector<Row> rows;
  rows.reserve(table.size());
  for (const auto& entry : table) {
    rows.push_back({.name = entry.at("name"),
                    .type = entry.at("type"),
                    .safe = entry.at("safe"),
                    .fault = entry.at("fault"),
                    .witness = bytes_of(entry.at("witness")),
                    .versions = entry.at("versions")});
  }
  return rows;
}

std::vector<uint8_t> object_of(const Row& row, const std::string& version) {
  std::ifstream file = open(kFolder + row.name + "_" + version + ".bpf.o");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace zext::corpus
