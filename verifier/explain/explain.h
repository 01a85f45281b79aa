// explain: a verdict in words, as a compiler prints an error, and as JSON.
//
//   std::cerr << explain(program, code, verdict);
//   // xdp_filter.c:41:7: error: [packet-bounds] reading 4 bytes at packet offset 34 needs 38
//   bytes,
//   // but only 34 are known to be there
//   //    41 |   if (tcp->dest == port)
//   // ...
//
// Hosted code, beside the freestanding core. The text is part of the interface: explain_test.cc
// holds it.
#pragma once

#include <string>

#include "isa/ebpf/decode.h"
#include "object/program.h"
#include "verifier/verdict.h"

namespace zext::verifier {

// Of a rejection or a spent budget: the place in C, the obligation, the instruction, what registers
// hold, the way there and a hint, each on its line. Of acceptance: one line.
std::string explain(const object::Program& program, const ebpf::Code& code, const Verdict& verdict);

// The same as one JSON object.
std::string explain_json(const object::Program& program, const ebpf::Code& code,
                         const Verdict& verdict);

// "number 0..255", "packet + 14", "stack - 8": what a register holds.
std::string describe(const RegisterFact& fact);

// What was wrong, in one sentence without the place; and how to mend it, empty where there is no
// advice to give.
std::string message_of(const Rejection& rejection);
std::string hint_of(const Rejection& rejection);

}  // namespace zext::verifier
