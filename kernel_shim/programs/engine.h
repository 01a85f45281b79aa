// Engine: what executes programs: an interpreter, this machine's own text, a simulated machine.
//
//   kernel.engine = &kInterpreter;
//
// One for an instance, chosen when it is made, by whoever embeds it.
#pragma once

#include <cstdint>

#include "kernel_shim/programs/program.h"

namespace zext::shim {

struct Engine {
  const char* name = nullptr;  // "interpreter", "native", "qemu", "rtl", "lockstep"
  bool jits = false;           // Program::jited, text_address and text_size are set
  // Makes Program::compiled (and tail_entry, text_*) of a verified program: 0, -ENOMEM, -ENOTSUPP.
  int (*prepare)(Kernel& kernel, Program& program) = nullptr;
  // Takes that back. No CPU is in the program.
  void (*release)(Kernel& kernel, Program& program) = nullptr;
  // r0 of a run on run.context. In a read section, preemption is off.
  uint64_t (*run)(Kernel& kernel, Program& program, Run& run) = nullptr;
  // Copies the machine code, for PROG_INFO; null where there is none.
  const uint8_t* (*text)(const Program& program) = nullptr;
};

}  // namespace zext::shim
