// Unit: one compiled program and its place in the object file, as each of its tables is made from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/ebpf/decode.h"
#include "jit/compile.h"
#include "object/program.h"

namespace zext::jit::elf {

struct Unit {
  const object::Program* program = nullptr;
  const ebpf::Code* bytecode = nullptr;
  const Code* code = nullptr;
  uint64_t text = 0;  // offset of the code in .text

  // Whether callers from outside enter the program here.
  bool enters(const FunctionEntry& function) const { return function.offset == code->entry; }
  // The name of a function of its code: the program's where it is entered. Those that the object
  // knows have theirs; where bytecode is all there is, they are named for the slot they begin at.
  std::string name_of(const FunctionEntry& function) const;
  // The C line of the slot, which is in that function; null where there is none.
  const object::Line* line_at(const FunctionEntry& function, uint32_t slot) const;
};

}  // namespace zext::jit::elf
