// find_counterexample: an input that breaks a rejected program at the very instruction, replayed.
//
//   const auto found = find_counterexample(subject, verdict.rejection, {.seconds = 5});
//   if (found) print(found->input, found->replay);
//
// Runs are followed from the entry over Z3's words (symbolic/executor.h), those that come nearer to
// the instruction first, loops round by round. Where the obligation can be broken, Z3's example
// becomes an Input, and the interpreter runs the program on it (replay/): only what happens there
// counts.
#pragma once

#include <optional>

#include "verifier/replay/input.h"
#include "verifier/replay/replay.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::verifier {

struct SearchOptions {
  double seconds = 5;
  bool privileged = true;
  bool strict_alignment = false;
};

struct Counterexample {
  enum class Kind : uint8_t {
    kFaults,   // the run stops at the instruction
    kReaches,  // the run gets there with what the obligation forbids
    kEndless,  // the run does not end
  };
  Kind kind = Kind::kFaults;
  Reason reason = Reason::kTermination;  // of the obligation that is broken
  uint32_t pc = 0;
  Input input = {};
  Replay replay = {};
};

struct Search {
  std::optional<Counterexample> found;
  uint64_t examples = 0;  // inputs tried
  uint64_t queries = 0;
  double seconds = 0;        // of the solver
  bool spent = false;        // the budget was, before all was tried
  bool unsupported = false;  // some way ended at something that only the domains know
};

Search find_counterexample(const Subject& subject, const Rejection& rejection,
                           const SearchOptions& options);

}  // namespace zext::verifier
