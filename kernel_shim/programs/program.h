// Program: a BPF program that was loaded: verified, its instructions resolved, ready to run.
//
//   long fd = program_load(kernel, attr, attr_user);          // BPF_PROG_LOAD (load.h)
//   uint64_t r0 = program_run(kernel, *program, run);         // in a read section
//
// `insns` are as the engine executes them: maps by address, context fields of pointers rewritten
// (context.h). `xlated` are as bpftool shows them: maps by id.
#pragma once

#include <linux/bpf.h>

#include <atomic>
#include <cstdint>

#include "isa/ebpf/insn.h"
#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/runtime/kernel.h"
#include "kernel_shim/runtime/run.h"

namespace zext::shim {

struct ProgramStatistics {  // a CPU's; bpf_stats
  uint64_t runs = 0;
  uint64_t nanoseconds = 0;
  uint64_t misses = 0;  // recursion
};

struct Program : Object {
  uint32_t type = 0;
  uint32_t attach_type = 0;  // expected_attach_type
  uint32_t flags = 0;        // prog_flags
  char name[BPF_OBJ_NAME_LEN] = {};
  uint8_t tag[BPF_TAG_SIZE] = {};
  uint32_t uid = 0;
  uint32_t ifindex = 0;
  bool gpl_compatible = false;
  bool sleepable = false;
  bool jited = false;
  bool privileged = false;  // loaded with CAP_PERFMON: addresses may be seen
  uint32_t attach_btf_id = 0;
  Object* attach_btf = nullptr;       // BtfObject, a reference
  Program* attach_program = nullptr;  // a reference
  char attach_name[64] = {};          // the kernel function's or tracepoint's

  ebpf::Slot* insns = nullptr;  // `slots` of each
  ebpf::Slot* xlated = nullptr;
  uint32_t slots = 0;
  // Ascending slots of loads that may fault and then give 0 (BPF_PROBE_MEM).
  uint32_t* probes = nullptr;
  uint32_t probe_count = 0;

  Map** maps = nullptr;  // those that it uses, in order, a reference of each; BIND_MAP adds
  uint32_t map_count = 0;
  uint32_t map_room = 0;  // pointers that `maps` has room for
  Lock maps_lock{};

  BtfObject* btf = nullptr;      // a reference
  uint8_t* func_info = nullptr;  // as loaded, records of func_info_size, offsets as in `insns`
  uint32_t func_info_count = 0, func_info_size = 0;
  uint8_t* line_info = nullptr;
  uint32_t line_info_count = 0, line_info_size = 0;

  uint32_t verified_insns = 0;
  uint32_t stack_bytes = 0;
  uint32_t context_bytes = 0;  // of its context, up to the last one that it reads or writes
  bool uses_buffer = false;    // of a writable raw tracepoint: what its first argument points to
  uint64_t load_time = 0;      // KSHIM_CLOCK_BOOT

  ProgramStatistics* statistics = nullptr;  // one a CPU

  // The engine's own, made by Engine::prepare.
  bool prepared = false;
  void* compiled = nullptr;
  // For tail calls: what JIT code jumps to (jit/tail_call.h); 0 for engines without text.
  uint64_t tail_entry = 0;
  uint64_t text_address = 0;  // of the machine code, and its bytes: jited_prog_len
  uint64_t text_size = 0;
};

void program_destroy(Kernel& kernel, Object& object);

// Runs it, in a read section, on run.context (r1); fills run.program, run.cpu. Counts statistics.
uint64_t program_run(Kernel& kernel, Program& program, Run& run);

}  // namespace zext::shim
