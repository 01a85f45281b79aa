// The corpus as data: corpus.bzl's table, and the objects built from it.
//
//   for (const Row& row : corpus()) {
//     for (const std::string& version : row.versions) load(object_of(row, version));
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace zext::corpus {

struct Row {
  std::string name;  // the program's, and its function's
  std::string type;  // "xdp", "plain_memory"
  bool safe = false;
  std::string fault;             // unsafe: what goes wrong
  std::vector<uint8_t> witness;  // an input that makes it happen; empty where a run shows nothing
  std::vector<std::string> versions;
};

// How GoogleTest shows one.
inline void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

// Throws when the table is not among the test's data.
std::vector<Row> corpus();

// The bytes of NAME_VERSION.bpf.o.
std::vector<uint8_t> object_of(const Row& row, const std::string& version);

}  // namespace zext::corpus
