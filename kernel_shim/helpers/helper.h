// Helpers: the functions that programs call, by number.
//
//   HelperFunction lookup = helper_function(BPF_FUNC_map_lookup_elem);   // null: not implemented
//   uint64_t r0 = lookup(run, arguments);
//
// What a helper takes and gives is its row in verifier/platform/helpers.def, which the verifier
// reads; the runtime only says what it does. A program that calls one without a function is refused
// when it is loaded: "unknown func bpf_...#N".
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/run.h"
#include "verifier/platform/platform.h"

namespace zext::shim {

HelperFunction helper_function(uint32_t number);

// The platform of a program type less the helpers that have no function here. `tail_call` (12) is
// the engine's and stays.
verifier::Platform available(const verifier::Platform& platform);

}  // namespace zext::shim
