// Analyser: asks the verifier about a program that is being loaded.
//
// Two of them: the plain one is freestanding and knows maps, helpers, program types and the BTF of
// functions as far as btf/ reads it; the hosted one (programs/hosted) adds all that needs libbpf
// and a C library: kernel types, CO-RE, explanations in words.
#pragma once

#include <cstdint>

#include "isa/ebpf/insn.h"
#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

struct Program;

// A map of the program, as its instructions name it.
struct UsedMap {
  Map* map = nullptr;
  bool by_index = false;
  int32_t number = 0;  // descriptor, or index in fd_array
};

struct LoadRequest {
  Program& program;  // all but what the analysis finds is filled in; insns as loaded
  const UsedMap* used = nullptr;
  uint32_t used_count = 0;
  bool privileged = true;  // CAP_PERFMON
  bool strict_alignment = false;
  const bpf_core_relo* core_relocations = nullptr;
  uint32_t core_relocation_count = 0;
};

// What the analysis found, in memory of the Kernel's that counts for the program; the caller moves
// it into the program or frees it. Without an error, or nothing is there to free.
struct Analysis {
  uint32_t* probes = nullptr;  // ascending
  uint32_t probe_count = 0;
  // Loads of the context's 32-bit packet pointers (data, data_end, data_meta), ascending by slot:
  // context.h says what they become.
  uint32_t* packet_pointers = nullptr;
  uint32_t packet_pointer_count = 0;
  // Slots that no run reaches, ascending: what stands there may have no meaning (libbpf leaves
  // calls of helper 0xbad2310 for fields that the kernel lacks).
  uint32_t* dead = nullptr;
  uint32_t dead_count = 0;
  uint32_t verified_insns = 0;  // also of a program that is refused
  uint32_t most_states = 0;     // kept for one instruction
  uint32_t states = 0;          // kept in all
  uint32_t peak_states = 0;     // kept at a time
  uint32_t stack_bytes = 0;
  uint32_t context_bytes = 0;  // Program::context_bytes
  bool uses_buffer = false;    // Program::uses_buffer
};

struct Analyser {
  // 0: the program is safe. -EACCES, -EINVAL, -EPERM, -E2BIG ... as Linux chooses for the reason;
  // the log says why.
  int (*analyse)(Kernel& kernel, const LoadRequest& request, Log& log,
                 Analysis* analysis) = nullptr;
};

extern const Analyser kPlainAnalyser;   // programs/analyser_plain.cc
extern const Analyser kHostedAnalyser;  // programs/hosted

}  // namespace zext::shim
