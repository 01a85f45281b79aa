// Random programs whose paths meet: what a JIT that carries facts across joins and loops may get
// wrong.
//
//   const Program program = random_program(seed);
//   const auto code = ebpf::decode_program(link(program));
//   link(without(program, 7, 1));         // the same less its eighth instruction
//
// Every program ends: each loop has a register of its own that only counts. Registers are written
// before they are read on every path, and no address of the stack gets into a result, so that every
// correct machine gives the same r0 and the same memory. What differs from program to program is
// which halves of which registers anybody reads, on which paths, and at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isa/ebpf/encode.h"

namespace zext::jit::fuzz {

// Bytes of memory that r1 points to at entry: what the program works on, then what it leaves there
// of its registers at its end.
inline constexpr unsigned kWorkBytes = 64;
inline constexpr unsigned kDataBytes = kWorkBytes + 10 * 8;

// The helper that programs call: it is given all five arguments.
inline constexpr int32_t kHelper = 1;

struct Item {
  static constexpr int32_t kNone = -1;

  ebpf::Instruction<> insn;
  int32_t target = kNone;  // of a jump, or a local call: index of the item it goes to
  bool keep = false;       // the program might not end, or read what nobody wrote, without it
};

using Program = std::vector<Item>;

// The same program for the same seed, on every machine.
Program random_program(uint64_t seed);

// The program less `count` items from `first` on, of which those to keep stay; jumps to them go to
// what follows.
Program without(const Program& program, size_t first, size_t count);

// As slots, with jumps' and calls' displacements.
std::vector<ebpf::Slot> link(const Program& program);

}  // namespace zext::jit::fuzz
