// explain: a verdict in words, as a compiler prints an error, and as JSON.
//
//   std::cerr << explain(program, subject, verdict);
//   // xdp_filter.c:41:7: error: [packet-bounds] reading 4 bytes at packet offset 34 needs 38
//   bytes,
//   // but only 34 are known to be there
//   //    41 |   if (tcp->dest == port)
//   //   instruction 31: r1 = *(u32 *)(r2 + 0x22)
//   //   known there:
//   //     r2 = packet    read at xdp_filter.c:25
//   //   the way there:
//   //     xdp_filter.c:28: jump at 5 not taken    | if (ethernet + 1 > data_end)
//   //   hint: before it, compare with the packet's end: if (data + 38 > data_end) return ...
//
// Hosted code, beside the freestanding core. The text is part of the interface: testdata/ holds it,
// for every reason.
#pragma once

#include <string>

#include "isa/ebpf/decode.h"
#include "object/program.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::verifier {

// Of a rejection or a spent budget: the place in C, the obligation, the instruction, what the
// registers that matter hold and where it comes from, the way there and a hint. Of acceptance: one
// line. With `every_register`, also those that have nothing to do with it.
std::string explain(const object::Program& program, const Subject& subject, const Verdict& verdict,
                    bool every_register = false);

// The same as one JSON object; docs/verifier.md says what is in it.
std::string explain_json(const object::Program& program, const Subject& subject,
                         const Verdict& verdict);

// The subject that a program is when nothing is known but its type: no maps, no types.
Subject subject_of(const object::Program& program, const ebpf::Code& code);

// The same for such a subject.
std::string explain(const object::Program& program, const ebpf::Code& code, const Verdict& verdict);
std::string explain_json(const object::Program& program, const ebpf::Code& code,
                         const Verdict& verdict);

// "number 0..255", "packet + 14", "stack - 8": what a register holds. `subject` gives names.
std::string describe(const RegisterFact& fact, const Subject* subject = nullptr);

struct Story;
// What was wrong, in one sentence without the place; and how to mend it, empty where there is no
// advice to give.
std::string message_of(const Story& story);
std::string hint_of(const Story& story);
// Where what a register holds comes from: "moved at filter.c:36 by r3"; empty where there is
// nothing to say.
std::string origin_of(const Story& story, ebpf::Reg reg);
// The registers that have to do with the rejection, bit by number.
uint16_t relevant_registers(const Story& story);

}  // namespace zext::verifier
