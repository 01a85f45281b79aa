// What RV64 instructions are for: the kinds of work whose shares tell an optimiser where to look.
//
//   std::vector<Work> work = classify(text);       // by halfword of the code
//   work[(pc - base) / 2]
//
// A constant or an extension may take several instructions, so each is looked at together with its
// neighbour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace zext::bench {

enum class Work : uint8_t {
  kMove,      // one register to another
  kExtend,    // zero or sign extension: a shift left and back, zext.w, sext.w, ...
  kConstant,  // li, lui, auipc, and the instructions that complete them
  kLoad,      // from memory
  kStore,     // to memory
  kStack,     // loads and stores by sp, and its changes
  kBranch,    // conditional
  kJump,      // unconditional
  kCall,      // calls and returns
  kAdd,       // add, sub, addi and their 32-bit forms, Zba's
  kLogic,     // and, or, xor, not, comparisons into registers, Zbb's and Zbs's
  kShift,     // shifts and rotations that extend nothing
  kMultiply,  // multiplications
  kDivide,    // divisions and remainders
  kOther,     // atomics, fences, ...
};
inline constexpr size_t kWorkCount = 15;

const char* name_of(Work work);

// The work of the instruction that begins at each halfword (kOther where none does).
std::vector<Work> classify(std::span<const uint8_t> text);

// Instructions executed of each kind.
using WorkCounts = std::array<uint64_t, kWorkCount>;

}  // namespace zext::bench
