// Refiner: somebody who is asked when an obligation could not be shown, such as Z3 (refine/).
//
//   const Refiner refiner{.context = &z3, .ask = [](void* context, const Question& question)
//   {...}}; verify(subject, {.refiner = &refiner});
//
// The core knows nothing of solvers: a kernel that embeds it leaves the refiner out.
#pragma once

#include <cstdint>
#include <span>

#include "verifier/verdict.h"

namespace zext::verifier {

struct State;

// A state that the path passed, exactly as the path brought it there: from each machine in it the
// path's decisions lead on.
struct Passed {
  uint32_t pc = 0;
  const State* state = nullptr;
  uint32_t decision = 0;  // index in Question::decisions of the first one after it
};

// An obligation at the end of a path. A decision is what a conditional jump or may_goto did; of a
// call with a callback, whether it called back (taken) or ended; of a tail call in a function that
// was called, and of LD_ABS and LD_IND, whether the function was left (taken); of an iterator's
// next, whether it ended (taken). Unconditional jumps and plain calls are none.
struct Question {
  std::span<const Passed> passed;     // the oldest first; at least one
  std::span<const Branch> decisions;  // the oldest first
  uint32_t pc = 0;
  const State* state = nullptr;  // what is known at pc
  Reason reason = Reason::kTermination;
  uint8_t reg = kNoRegister;
  Access access;
};

struct Answer {
  enum class Kind : uint8_t {
    kUndecided,
    kNever,  // no execution takes this path
    kHolds,  // the obligation holds, and the facts below do
  };
  // A register's number or offset at pc, as a signed integer.
  struct Fact {
    uint8_t reg = 0;
    int64_t low = 0;
    int64_t high = 0;
  };
  Kind kind = Kind::kUndecided;
  // Index in Question::passed: the state from which it was shown. States passed after it are not
  // to stand for other paths.
  uint32_t from = 0;
  std::array<Fact, 11> facts = {};
  uint8_t fact_count = 0;
  // Whether the access that Question::access is about ends within the packet, or whatever else it
  // is in: what its offset and its size have to do with each other.
  bool within = false;
};

struct Refiner {
  void* context = nullptr;
  Answer (*ask)(void* context, const Question& question) = nullptr;
};

}  // namespace zext::verifier
