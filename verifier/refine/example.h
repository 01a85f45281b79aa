// example_input: the input that makes a run go as a machine's history says, by the solver's
// example.
//
//   if (solver.possible(broken) == Possible::kYes) run(subject, example_input(...));
#pragma once

#include "verifier/replay/input.h"
#include "verifier/symbolic/executor.h"

namespace zext::verifier {

Input example_input(const Subject& subject, const symbolic::Machine& machine,
                    const symbolic::Solver& solver);

}  // namespace zext::verifier
