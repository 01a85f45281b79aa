// vectors.txt as data: single instructions with the state before and after, by hand. For tests.
//
//   for (const Vector& vector : read_vectors([](size_t) { return 0x10000; })) ...
//   vector.text                                // "r1 += r2"
//   vector.before.registers[1]                 // r9 is the address given for the vector
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "isa/ebpf/insn.h"

namespace zext::ebpf {

inline constexpr unsigned kMemoryRegister = 9;  // points to the eight bytes of State::memory

struct State {
  std::array<uint64_t, 10> registers{};
  uint64_t memory = 0;
  std::optional<bool> taken;  // where a jump went
};

struct Vector {
  int line = 0;  // in vectors.txt
  std::string text;
  State before;
  State after;
};

// All vectors, with r9 as `memory_address(index)` says. A malformed line is a test failure.
std::vector<Vector> read_vectors(const std::function<uint64_t(size_t)>& memory_address);

// Rows whose meaning is not one step on registers and memory, for which there can be no vector.
bool has_vectors(const Row& row);

}  // namespace zext::ebpf
