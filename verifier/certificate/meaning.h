// Meaning: a cut point as a set of machines: to start from any of them, to ask whether one is among
// them.
//
//   Environment symbols;
//   symbolic::Machine machine = assume(point, executor, symbols);     // any machine of the set
//   ... steps ...
//   const auto there = included(other, machine, executor, bindings, symbols);
//   there && solver.proves(*there)                                     // it is in the other set
#pragma once

#include <map>
#include <optional>

#include "verifier/certificate/certificate.h"
#include "verifier/symbolic/executor.h"

namespace zext::verifier::certificate {

// What the symbols stand for.
using Environment = std::map<uint32_t, symbolic::Term>;

// A machine about which nothing is known but that the cut point stands for it; `symbols` gets those
// that it names. None where the cut point makes no sense for the subject: a map or function that is
// not there.
std::optional<symbolic::Machine> assume(const CutPoint& point, symbolic::Executor& executor,
                                        Environment& symbols);

// What makes the machine one of the set, given some symbols; none where its shape is another.
// For the other symbols, integers are looked for in its registers, then in `known`. Any choice is
// sound: the truth says that with the choice made, the machine is as described.
std::optional<symbolic::Truth> included(const CutPoint& point, const symbolic::Machine& machine,
                                        symbolic::Executor& executor, Environment given,
                                        const Environment& known);

}  // namespace zext::verifier::certificate
