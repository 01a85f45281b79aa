// Attributes: .riscv.attributes and e_flags, which say for what machine the code is (RISC-V ELF
// psABI, "Attributes" and "File Header").
//
//   write_attributes(file.add(".riscv.attributes"), kRv64gc);   // "rv64i2p1_m2p0_a2p1_c2p0_..."
#pragma once

#include <cstdint>
#include <string>

#include "jit/elf/section.h"
#include "jit/extensions.h"

namespace zext::jit::elf {

// The architecture's name in its canonical order, each extension with its version.
std::string architecture(Extensions extensions);

// Soft-float lp64, since eBPF has no floating point; compressed code where C is among them.
uint32_t header_flags(Extensions extensions);

void write_attributes(Section& out, Extensions extensions);

}  // namespace zext::jit::elf
