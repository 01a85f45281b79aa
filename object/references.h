// What the instructions of one function refer to: by relocation, or relative within the section.
//
//   auto references = read_references(elf, maps, functions, function);
//
// LLVM's relocations for BPF: R_BPF_64_64 at an LD_IMM64, R_BPF_64_32 at a call. They keep their
// addend in the instruction (Linux's Documentation/bpf/llvm_reloc.rst).
#pragma once

#include <expected>
#include <vector>

#include "object/functions.h"

namespace zext::object {

// Sorted by slot. Errors as for read_functions.
std::expected<std::vector<Reference>, Error> read_references(const ElfFile& elf,
                                                             const MapTable& maps,
                                                             const Functions& functions,
                                                             const SourceFunction& function);

}  // namespace zext::object
