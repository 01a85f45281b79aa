// A state in one line, close to Linux's log: "R1=ctx R2=pkt(off=14) R3=scalar(umax=255) fp-8=R1".
//
//   state_text(subject, state)                 // all of it
//   changes_text(subject, before, after)       // what one instruction changed
//   relation_texts(state)                      // "packet_size in 14..65535", "s4 - s5 >= 1"
#pragma once

#include <string>
#include <vector>

#include "verifier/state/state.h"
#include "verifier/subject.h"

namespace zext::verifier {

// With `forms`, also what each number is as a sum of named unknowns.
std::string state_text(const Subject& subject, const State& state, bool forms = false);
std::string changes_text(const Subject& subject, const State& before, const State& after,
                         bool forms = false);
// What is known of the unknowns, one fact each.
std::vector<std::string> relation_texts(const State& state);

}  // namespace zext::verifier
