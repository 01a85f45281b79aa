// Programs for fuzzing: templates that the verifier accepts, and what becomes of them when bits are
// turned.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "kernel_shim/fuzz/sequence.h"

namespace zext::shim::fuzz {

// A program of one of some shapes, about this map.
std::vector<bpf_insn> make_program(uint64_t choice, long map);
// One to four fields of it are changed.
void mutate(std::vector<bpf_insn>& program, Random& random);

}  // namespace zext::shim::fuzz
