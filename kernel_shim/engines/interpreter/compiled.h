// Compiled: a program as the interpreter executes it.
#pragma once

#include <cstdint>
#include <span>

#include "isa/ebpf/decode.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {

// In one piece of the program's memory, with what it shows behind it. Calls of helpers hold the
// HelperFunction in `imm` (that of tail calls: the number), loads that may fault hold kProbe.
struct Compiled {
  Program* program = nullptr;
  std::span<const ebpf::Instruction<>> insns = {};
  std::span<const uint32_t> functions = {};

  uint64_t bytes() const { return sizeof(Compiled) + insns.size_bytes() + functions.size_bytes(); }
};

inline constexpr uint64_t kProbe = 1;

// Engine::prepare and release.
int compile(Kernel& kernel, Program& program);
void discard(Kernel& kernel, Program& program);

}  // namespace zext::shim
