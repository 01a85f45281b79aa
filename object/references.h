// What the instructions of one function refer to: by relocation, or relative within the section.
//
//   auto references = read_references({elf, maps, externs}, functions, function);
//
// LLVM's relocations for BPF: R_BPF_64_64 at an LD_IMM64, R_BPF_64_32 at a call. They keep their
// addend in the instruction (Linux's Documentation/bpf/llvm_reloc.rst).
#pragma once

#include <expected>
#include <vector>

#include "object/functions.h"

namespace zext::object {

// What names are looked up in.
struct Scope {
  const ElfFile& elf;
  const MapTable& maps;
  const Externs& externs;
};

// Each sorted by slot.
struct References {
  std::vector<Reference> references;
  std::vector<ExternReference> externs;
};

// Errors: what read_functions calls broken.
std::expected<References, Error> read_references(const Scope& scope, const Functions& functions,
                                                 const SourceFunction& function);

}  // namespace zext::object
