// LD_IMM64 of what is outside the program: maps, their values, kernel variables.
//
//   const auto address = ebpf::address_of(insn, options.addresses);
//   if (!address) return unresolved(pc, address.error());
//   load_address(emitter, layout, home(insn.dst), *address,
//                options.text_address.value_or(0));
#pragma once

#include <cstdint>

#include "isa/ebpf/addresses.h"
#include "jit/baseline/emitter.h"
#include "jit/compile.h"
#include "jit/emit/layout.h"

namespace zext::jit {

// rd = address, as a constant or, where that takes fewer instructions and text_address is not zero,
// from the code's own place. What the emitter holds stays before it.
void load_address(Emitter<Bits<64>>& emitter, Layout& layout, rv64::Reg rd, uint64_t address,
                  uint64_t text_address);

// kUnknownMap or kUnknownVariable.
Error unresolved(uint32_t pc, const ebpf::AddressError& error);

}  // namespace zext::jit
