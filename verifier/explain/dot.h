// dot: a program's control flow as a picture, in Graphviz's language.
//
//   const Verdict verdict = verify(subject, {.record_invariants = true});
//   std::cout << dot(program, subject, verdict);         // zext verify --dot f.o | dot -Tsvg
//
// A box is a basic block: what holds at its beginning, then C lines and instructions. Heads of
// loops have two borders, ways back to them are dashed. Of a rejected program, the way to the
// instruction at fault is red.
#pragma once

#include <string>

#include "object/program.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::verifier {

// What holds is shown where the verdict has invariants.
std::string dot(const object::Program& program, const Subject& subject, const Verdict& verdict);

}  // namespace zext::verifier
