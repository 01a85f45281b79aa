// verify: is this program safe to run? Sound: what it accepts never strays, leaks or hangs.
//
//   const auto code = ebpf::decode_program(slots);
//   const Verdict verdict = verify(*code, *find_platform("xdp"));
//   if (verdict.outcome == Outcome::kRejected) print(explain(verdict, ...));  // explain/explain.h
//
// Freestanding: no Z3, no exceptions, no strings; a kernel embeds it.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/ebpf/decode.h"
#include "verifier/check/reason.h"
#include "verifier/facts.h"
#include "verifier/platform/platform.h"

namespace zext::verifier {

struct Options {
  // Budgets; when one is spent the outcome is kResourceLimit.
  uint64_t max_steps = 1'000'000;  // instructions explored, over all attempts
  uint32_t max_states = 40'000;    // abstract states kept at a time (some 2 KiB each)
  // Fill Verdict::invariants: costs a join at each step.
  bool record_invariants = false;
};

enum class Outcome : uint8_t { kAccepted, kRejected, kResourceLimit };

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
  uint8_t reg = 0;  // the register at fault; kNoRegister where none is
  Type type = Type::kUninitialised;  // of that register's content
  Access access;
  RegisterFacts registers;   // before the instruction at pc
  std::vector<Branch> path;  // conditional jumps from the entry to pc, the last kPathLength
};
inline constexpr uint8_t kNoRegister = 0xff;
inline constexpr uint32_t kPathLength = 64;

struct Statistics {
  uint64_t steps = 0;        // abstract instructions executed
  uint32_t peak_states = 0;  // most states kept at a time
  uint32_t attempts = 0;     // strategies tried
  uint32_t widenings = 0;    // loops generalised
  uint32_t stack_bytes = 0;  // of the deepest chain of calls
};

struct Verdict {
  Outcome outcome = Outcome::kResourceLimit;
  Rejection rejection;  // for kRejected; for kResourceLimit its pc says where the budget ended
  std::vector<Invariant> invariants;  // by slot, for kAccepted with record_invariants
  Statistics statistics;
};

// Decides whether every run of `code` as a program of this type is safe, and ends. The obligations
// are check/reason.h's; the budgets bound the time for any input.
Verdict verify(const ebpf::Code& code, const Platform& platform, const Options& options = {});

}  // namespace zext::verifier
