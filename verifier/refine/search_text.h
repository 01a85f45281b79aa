// The counterexample of a rejected program, as lines below its message and as JSON.
//
//   text += search_text(program, subject, search);
#pragma once

#include <string>

#include "object/program.h"
#include "verifier/refine/counterexample.h"
#include "verifier/subject.h"

namespace zext::verifier {

// The input that breaks the program and what happens on it; or that none was found, and why. Lines
// of two blanks more than the message's.
std::string search_text(const object::Program& program, const Subject& subject,
                        const Search& search);

// {"found": true, "kind": "faults", "reason", "pc", "what", "input": {"packet": "00ff", ...}}, or
// {"found": false, "examples": 3}; docs/verifier.md has the fields.
std::string search_json(const Subject& subject, const Search& search);

}  // namespace zext::verifier
