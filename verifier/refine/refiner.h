// SmtRefiner: Z3 decides what the domains leave open.
//
//   SmtRefiner z3(subject, {.seconds = 5});
//   const Verdict verdict = verify(subject, {.refiner = &z3.hook()});
//
// A question is an obligation at the end of a path (refiner.h). The path's last part is executed
// over Z3's words, from what is known at its beginning: if the obligation follows there, or the
// part cannot be taken at all, the question is answered. Otherwise a longer part is tried, up to
// the whole path: so what does not matter for the obligation is left out. This is the refinement of
// abstractions along a path, as in Henzinger et al., "Lazy abstraction" (POPL 2002), with the
// backward extension of "Prove It to the Kernel" (SOSP 2025).
#pragma once

#include <optional>

#include "verifier/refiner.h"
#include "verifier/subject.h"
#include "verifier/symbolic/executor.h"

namespace zext::verifier {

struct RefinerOptions {
  double seconds = 5;  // for a program
  bool privileged = true;
  bool strict_alignment = false;
};

class SmtRefiner {
 public:
  SmtRefiner(const Subject& subject, const RefinerOptions& options);
  SmtRefiner(const SmtRefiner&) = delete;
  SmtRefiner& operator=(const SmtRefiner&) = delete;

  const Refiner& hook() const { return hook_; }

  struct Statistics {
    uint64_t questions = 0;
    uint64_t held = 0;   // answered: the obligation holds
    uint64_t never = 0;  // answered: no execution takes the path
    uint64_t queries = 0;
    double seconds = 0;
  };
  Statistics statistics() const;
  // Whether some question stayed open because the budget was spent.
  bool spent() const { return solver_.expired(); }

 private:
  Answer ask(const Question& question);
  Answer ask_from(const Question& question, uint32_t from);
  bool fact_of_access(const Question& question, Answer& answer) const;
  void find_facts(const Question& question, const symbolic::Machine& machine, Answer& answer);

  symbolic::Rules rules_;
  symbolic::Solver solver_;
  Refiner hook_;
  Statistics statistics_;
};

}  // namespace zext::verifier
