// Run: one invocation of a program, as helpers see it.
//
//   uint64_t get_attach_cookie(Run& run, const Arguments&) { return run.cookie; }
#pragma once

#include <cstdint>

namespace zext::shim {

class Kernel;
struct Program;

using Arguments = uint64_t[5];  // r1 to r5

// A packet under a program of type socket_filter, sched_cls, sched_act or xdp. Its memory is the
// caller's, with room before and behind.
struct Packet {
  uint8_t* head = nullptr;   // first byte of the buffer
  uint8_t* data = nullptr;   // first byte of the packet
  uint8_t* end = nullptr;    // behind its last byte
  uint8_t* limit = nullptr;  // behind the buffer's last byte
  uint8_t* meta = nullptr;   // first byte of the metadata, at most `data`
};

struct Run {
  Kernel& kernel;
  const Program* program;
  // What r1 is. For packets: a context of programs/context.h.
  void* context = nullptr;
  Packet* packet = nullptr;
  uint64_t cookie = 0;  // of the attach point: bpf_get_attach_cookie
  uint32_t cpu = 0;
  Run* outer = nullptr;  // the run that this one interrupts, on the same CPU
  // Calls a function of the program back, at the address that the program gave; the engine's.
  uint64_t (*call)(Run& run, uint64_t function, const Arguments& arguments) = nullptr;
  void* engine = nullptr;  // the engine's own
  uint64_t cycles = 0;     // taken, where the engine counts them
  bool in_test_run = false;
  uint64_t irq_flags = 0;  // as they were before the program took a spin lock
};

// A helper function: its result is r0.
using HelperFunction = uint64_t (*)(Run& run, const Arguments& arguments);

}  // namespace zext::shim
