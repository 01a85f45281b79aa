#include "isa/ebpf/vectors.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace zext::ebpf {
namespace {

// Applies "r1=0x5 m=r9 taken" to `state`.
void apply(const std::string& text, State& state, int line) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "taken" || word == "falls") {
      state.taken = word == "taken";
      continue;
    }
    if (word == "ends") {
      state.ends = true;
      continue;
    }
    const size_t equals = word.find('=');
    ASSERT_NE(equals, std::string::npos) << "line " << line << ": " << word;
    const std::string right = word.substr(equals + 1);
    const uint64_t value =
        right == "r9" ? state.registers[kMemoryRegister] : std::stoull(right, nullptr, 0);
    if (word[0] == 'm') {
      state.memory = value;
    } else {
      state.registers.at(std::stoul(word.substr(1, equals - 1))) = value;
    }
  }
}

void read_file(const char* name, const std::function<uint64_t(size_t)>& memory_address,
               std::vector<Vector>& vectors) {
  std::ifstream file(std::string("isa/ebpf/") + name);
  EXPECT_TRUE(file.good()) << "run from the workspace's root";
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    // Instructions may have a bar of their own, but none between spaces.
    const size_t first = line.find(" | ");
    const size_t second = line.find("| ", first + 2);
    if (first == std::string::npos || second == std::string::npos) {
      ADD_FAILURE() << name << ", line " << number << " has no states";
      continue;
    }
    Vector vector{
        .file = name, .line = number, .text = line.substr(0, first), .before = {}, .after = {}};
    const std::string before = line.substr(first + 3, second - first - 3);
    const std::string after = line.substr(second + 2);
    vector.before.registers[kMemoryRegister] = memory_address(vectors.size());
    apply(before, vector.before, number);
    vector.after = vector.before;
    apply(after, vector.after, number);
    vectors.push_back(vector);
  }
}

}  // namespace

std::vector<Vector> read_vectors(const std::function<uint64_t(size_t)>& memory_address) {
  std::vector<Vector> vectors;
  for (const char* name : {"vectors.txt", "edges.txt"}) read_file(name, memory_address, vectors);
  return vectors;
}

bool has_vectors(const Row& row) {
  switch (row.kind) {
    case Kind::kImm64:
      return row.op != Op::kLoadFunction;
    case Kind::kCallHelper:
    case Kind::kCallLocal:
    case Kind::kCallBtf:
    case Kind::kCallx:
    case Kind::kExit:
    case Kind::kAddrSpaceCast:
      return false;
    case Kind::kAlu:
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kAtomic:
    case Kind::kLoadAcquire:
    case Kind::kStoreRelease:
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
    case Kind::kJump:
    case Kind::kJa:
    case Kind::kGotol:
    case Kind::kMayGoto:
      return true;
  }
  return false;
}

}  // namespace zext::ebpf
