// Object file: compiled programs as one relocatable RV64 ELF file, with symbols and DWARF, for
// linkers, debuggers, profilers and disassemblers.
//
//   const CompiledProgram programs[] = {{&object.programs[0], &bytecode, &code}};
//   auto bytes = object_file(programs, {.extensions = kRv64gc});
//
// .text holds each program behind the other: a global function symbol a program, a local one for
// each function it calls. What the code calls outside are undefined symbols: helpers by their names
// in C (bpf_map_lookup_elem), those that have none as bpf_helper_N and kernel functions as
// kernel_function_N. .debug_line leads to the C files, .debug_frame through each frame, and
// .debug_info has the functions and eBPF's registers.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "isa/ebpf/decode.h"
#include "jit/compile.h"
#include "jit/extensions.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::jit {

struct CompiledProgram {
  const object::Program* program = nullptr;
  const ebpf::Code* bytecode = nullptr;  // of the program
  const Code* code = nullptr;            // by compile(*bytecode, {.relocatable = true})
};

struct ObjectFileOptions {
  Extensions extensions = kRv64gc;  // that the programs were compiled for
};

// The symbol that a relocation is against.
std::string symbol_of(const Relocation& relocation);

// Errors: programs of one name, or of a name that they call something else by; probing loads; more
// than 2 GiB of code; no temporary file.
std::expected<std::vector<uint8_t>, object::Error> object_file(
    std::span<const CompiledProgram> programs, const ObjectFileOptions& options);

}  // namespace zext::jit
