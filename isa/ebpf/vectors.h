// vectors.txt and edges.txt as data: single instructions with the state before and after, by hand
// and from RFC 9669's formulas. For tests.
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

#include "isa/ebpf/addresses.h"
#include "isa/ebpf/insn.h"

namespace zext::ebpf {

// What LD_IMM64 of maps and variables stands for in the vectors.
inline constexpr MapAddress kVectorMaps[] = {
    {.number = 5, .map = 0xffff'ffe0'1234'5678, .value = 0x8765'4320, .value_size = 16},
    {.by_index = true, .number = 5, .map = 0x7ff, .value = 0xffff'ffff'ffff'fff0, .value_size = 16},
    {.number = -1, .map = 0x8000'0000},
};
inline constexpr VariableAddress kVectorVariables[] = {
    {.btf_id = 9, .address = 0xffff'ffff'8000'1000},
    {.btf_id = 9, .module_fd = 3, .address = 0x0123'4567'89ab'cdef},
};
inline constexpr Addresses kVectorAddresses = {.maps = kVectorMaps, .variables = kVectorVariables};

inline constexpr unsigned kMemoryRegister = 9;  // points to the eight bytes of State::memory

// What LD_ABS and LD_IND read.
inline constexpr std::array<uint8_t, 8> kPacket = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88};

struct State {
  std::array<uint64_t, 10> registers{};
  uint64_t memory = 0;
  std::optional<bool> taken;  // where a jump went
  bool ends = false;          // the program, with r0 as its result
};

struct Vector {
  const char* file = "";  // vectors.txt or edges.txt
  int line = 0;
  std::string text;
  State before;
  State after;

  // Whether it is of edges.txt: the ends of operands' ranges.
  bool edge() const { return file[0] == 'e'; }
  // "vectors.txt:12: r1 += 5"
  std::string name() const { return file + (":" + std::to_string(line)) + ": " + text; }
};

// All vectors, with r9 as `memory_address(index)` says. A malformed line is a test failure.
std::vector<Vector> read_vectors(const std::function<uint64_t(size_t)>& memory_address);

// Rows whose meaning is not one step on registers and memory, for which there can be no vector.
bool has_vectors(const Row& row);

}  // namespace zext::ebpf
