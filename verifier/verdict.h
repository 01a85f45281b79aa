// Verdict: what verify() says of a program, as plain data.
//
//   if (verdict.outcome == Outcome::kRejected) {
//     verdict.rejection.reason, verdict.rejection.pc ...
//   }
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "verifier/check/reason.h"
#include "verifier/facts.h"

namespace zext::verifier {

inline constexpr uint8_t kNoRegister = 0xff;

enum class Outcome : uint8_t { kAccepted, kRejected, kResourceLimit };

inline constexpr uint32_t kNowhere = ~uint32_t{0};

// Where what a register holds comes from: the instruction that made it. A copy of a register comes
// from where the register came from.
struct Origin {
  uint32_t pc = kNowhere;  // kNowhere: it is as the function began
  uint32_t branches = 0;   // how many of Rejection::path came before it was put into this register
  bool ended = false;      // it was an address, and the call at pc ended that
};
using Origins = std::array<Origin, ebpf::kRegisterCount>;

// Conditional jumps kept of a path, the last ones.
inline constexpr uint32_t kPathLength = 64;

// A conditional jump on the way to an instruction.
struct Branch {
  uint32_t pc = 0;
  bool taken = false;
};

// The access or operation that could not be shown safe; zeros where it does not apply.
struct Access {
  int64_t low = 0;       // least and greatest offset of the first byte from the region's origin
  int64_t high = 0;      //
  uint32_t bytes = 0;    // of the access
  int64_t size = 0;      // bytes of the region known to be there
  bool write = false;    //
  uint32_t related = 0;  // call depth, bytes of stack, helper number or BTF id, as the reason says
};

struct Rejection {
  uint32_t pc = 0;
  Reason reason = Reason::kTermination;
  uint8_t reg = 0;                   // the register at fault; kNoRegister where none is
  Type type = Type::kUninitialised;  // of that register's content
  Access access;
  RegisterFacts registers;      // before the instruction at pc
  Origins origins;              // of what is in them
  std::vector<Branch> path;     // conditional jumps from the entry to pc, the last kPathLength
  std::vector<uint32_t> calls;  // of functions and callbacks that pc is in, the outermost first
};

struct Statistics {
  uint64_t steps = 0;        // abstract instructions executed
  uint32_t peak_states = 0;  // most states kept at a time
  uint32_t attempts = 0;     // strategies tried
  uint32_t widenings = 0;    // loops generalised
  uint32_t stack_bytes = 0;  // of the deepest chain of calls
  uint32_t questions = 0;    // put to the refiner
  bool refined = false;      // the domains alone did not accept, so the refiner was there to ask
};

struct Verdict {
  Outcome outcome = Outcome::kResourceLimit;
  Rejection rejection;     // for kRejected; for kResourceLimit its pc says where the budget ended
  bool undecided = false;  // for kRejected: the refiner was asked, and could not help
  std::vector<Invariant> invariants;  // by slot, for kAccepted with record_invariants
  Statistics statistics;
};

}  // namespace zext::verifier
