// The core's own bench programs (rtl_sim/core/bench).
#pragma once

#include <array>
#include <string>

namespace zext::bench {

inline constexpr std::array kPrograms = {"mark", "records", "automaton", "crc",
                                         "list", "matrix",  "sort",      "strings"};

// Where `bazel run` and `bazel test` have it.
inline std::string program_file(const std::string& name) {
  return "rtl_sim/core/bench/" + name + ".elf";
}

}  // namespace zext::bench
