// Examine: the verifier's verdict of a program, and what the runtime must know of its loads.
//
//   const Examined examined = examine(kernel, subject, request);      // inside attempt()
//   return conclude(kernel, request.program, examined, analysis);
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "isa/ebpf/decode.h"
#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/programs/program.h"
#include "verifier/options.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::shim {

struct Examined {
  verifier::Verdict verdict;
  std::vector<uint32_t> probes;           // ascending, as Analysis::probes
  std::vector<uint32_t> packet_pointers;  // ascending
  std::vector<uint32_t> dead;             // ascending, as Analysis::dead
  // A load of a packet pointer on one path and of something else on another, which no one
  // instruction can be rewritten for; kNowhere: there is none.
  uint32_t mixed = verifier::kNowhere;
  uint32_t context_bytes = 0;  // as Program::context_bytes
  bool uses_buffer = false;    // likewise
};

verifier::Options options_of(const Kernel& kernel, const LoadRequest& request);
Examined examine(const Kernel& kernel, const verifier::Subject& subject,
                 const LoadRequest& request);

// An instruction that no engine has: arenas, calls through registers, may_goto. Others of version 4
// run, although 5.19 does not know them.
std::optional<ebpf::DecodeError> find_unsupported(const ebpf::Code& code,
                                                  std::span<const ebpf::Slot> slots);

// Copies what is to stay: 0, the errno of a rejection, or -ENOMEM.
int conclude(Kernel& kernel, Program& program, const Examined& examined, Log& log,
             Analysis* analysis);

// What the type of the program offers on this kernel: Linux's row, less the helpers that have no
// function here. Without a name: there is no such type.
verifier::Platform offer_of(const Program& program);

}  // namespace zext::shim
