// The programs/*.c of a collection as data: their faults, and the objects that its builds.sh makes
// of them.
//
//   for (const Source& source : sources("tests/corpus")) {
//     for (const Build& build : source.builds) load(read(build));
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace zext::corpus {

// Of a `// fault N: kind: text` line.
struct SeededFault {
  unsigned number = 0;
  std::string kind;  // "packet-bounds"
  std::string text;
};

struct Build {
  std::string path;
  unsigned fault = 0;  // 0: the safe program
  std::string name;    // "O2_v3": optimisation and version of the instruction set
};

struct Source {
  std::string name;                 // "vlan_stack_pop"
  std::vector<SeededFault> faults;  // by number, from 1
  std::vector<Build> builds;        // by fault, then name

  const SeededFault& fault(unsigned number) const { return faults.at(number - 1); }
};

// How GoogleTest shows one.
inline void PrintTo(const Source& source, std::ostream* out) { *out << source.name; }

// Those of the collection in a folder, by name. Throws when they are not among the test's data, or
// a program's faults are not numbered from 1.
std::vector<Source> sources(const std::string& collection = "tests/corpus");

std::vector<uint8_t> read(const Build& build);

// The rows of a table in a file: a line a row, its first `words` words and then the rest of
// the line as one more; no row for an empty line, or one that begins with '#'. Throws for a line
// of fewer words.
std::vector<std::vector<std::string>> table(const std::string& file, size_t words);

}  // namespace zext::corpus
