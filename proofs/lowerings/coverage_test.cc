// Every instruction has a theorem: README.md's table has a line for each kind of the instruction
// set, and what it names exists: theorems that are tests of that file, mutations that it refutes.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "isa/ebpf/insn.h"

namespace zext::proofs {
namespace {

// The kind's name; a new one does not compile until it has one here, and then wants its line.
const char* name(ebpf::Kind kind) {
  switch (kind) {
#define ZEXT_KIND(kind)     \
  case ebpf::Kind::k##kind: \
    return #kind;
    ZEXT_KIND(Alu)
    ZEXT_KIND(Neg)
    ZEXT_KIND(Movsx)
    ZEXT_KIND(Endian)
    ZEXT_KIND(Load)
    ZEXT_KIND(LoadSx)
    ZEXT_KIND(Store)
    ZEXT_KIND(StoreImm)
    ZEXT_KIND(Atomic)
    ZEXT_KIND(LoadAcquire)
    ZEXT_KIND(StoreRelease)
    ZEXT_KIND(Imm64)
    ZEXT_KIND(LoadAbs)
    ZEXT_KIND(LoadInd)
    ZEXT_KIND(Jump)
    ZEXT_KIND(Ja)
    ZEXT_KIND(Gotol)
    ZEXT_KIND(MayGoto)
    ZEXT_KIND(CallHelper)
    ZEXT_KIND(CallLocal)
    ZEXT_KIND(CallBtf)
    ZEXT_KIND(Callx)
    ZEXT_KIND(Exit)
    ZEXT_KIND(AddrSpaceCast)
#undef ZEXT_KIND
  }
  __builtin_unreachable();
}

std::string contents(const std::string& file) {
  std::ifstream stream("proofs/lowerings/" + file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

// Whether the file has the GoogleTest case.
bool has_test(const std::string& file, const std::string& suite, const std::string& test) {
  return std::regex_search(contents(file),
                           std::regex("TEST(_P)?\\(" + suite + ",\\s*" + test + "\\)"));
}

struct Line {
  std::string theorems, mutants;
};

// README's table by kind: `| Alu, Neg | file: Suite.Test, ... | kMutation, ... |`.
std::map<std::string, Line> table() {
  std::map<std::string, Line> lines;
  std::istringstream readme(contents("README.md"));
  const std::regex form(R"(\| ([^|]+) \| ([^|]+) \| ([^|]+) \|)");
  for (std::string text; std::getline(readme, text);) {
    std::smatch columns;
    if (!std::regex_match(text, columns, form)) continue;
    const std::string kinds = columns[1];
    const std::regex word(R"(\w+)");
    for (std::sregex_iterator it(kinds.begin(), kinds.end(), word), end; it != end; ++it) {
      lines[it->str()] = {columns[2], columns[3]};
    }
  }
  return lines;
}

// Calls visit(file, suite, test) for each `file: Suite.Test` of a column.
template <class Visit>
void each_theorem(const std::string& column, Visit visit) {
  const std::regex form(R"((\w+_test)|(\w+)\.(\w+))");
  std::string file;
  for (std::sregex_iterator it(column.begin(), column.end(), form), end; it != end; ++it) {
    if ((*it)[1].matched) {
      file = it->str() + ".cc";
    } else {
      visit(file, (*it)[2].str(), (*it)[3].str());
    }
  }
}

TEST(Coverage, EveryRowIsOfAKindWithTheorems) {
  const auto lines = table();
  for (const ebpf::Row& row : ebpf::kRows) {
    const auto line = lines.find(name(row.kind));
    ASSERT_NE(line, lines.end()) << "README.md's table has no line for " << name(row.kind) << " ("
                                 << row.name << ")";
    unsigned theorems = 0;
    each_theorem(line->second.theorems, [&](const auto&...) { ++theorems; });
    EXPECT_GT(theorems, 0u) << name(row.kind);
  }
}

TEST(Coverage, TheTableIsTrue) {
  for (const auto& [kinds, line] : table()) {
    std::set<std::string> files;
    each_theorem(line.theorems, [&](const auto& file, const auto& suite, const auto& test) {
      files.insert(file);
      EXPECT_TRUE(has_test(file, suite, test)) << file << ": " << suite << "." << test;
    });
    const std::regex mutation(R"(k[A-Z]\w+)");
    for (std::sregex_iterator it(line.mutants.begin(), line.mutants.end(), mutation), end;
         it != end; ++it) {
      bool found = false;
      for (const std::string& file : files) {
        found = found || contents(file).find("Mutation::" + it->str()) != std::string::npos;
      }
      EXPECT_TRUE(found) << kinds << ": " << it->str() << " is not refuted in its files";
    }
  }
}

// A line that is not true would be found.
TEST(Coverage, WhatDoesNotExistIsNotFound) {
  EXPECT_FALSE(has_test("memory_test.cc", "Memory", "NoSuchTheorem"));
  EXPECT_FALSE(has_test("no_such_test.cc", "Memory", "Atomics"));
}

}  // namespace
}  // namespace zext::proofs
