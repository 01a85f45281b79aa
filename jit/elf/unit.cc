#include "jit/elf/unit.h"

namespace zext::jit::elf {

std::string Unit::name_of(const FunctionEntry& function) const {
  if (enters(function)) return program->name;
  if (function.pc == 0) return program->name + ".tail_entry";
  const object::Function* known = object::function_at(*program, function.pc);
  if (known != nullptr && known->first_slot == function.pc) return known->name;
  return program->name + "." + std::to_string(function.pc);
}

const object::Line* Unit::line_at(const FunctionEntry& function, uint32_t slot) const {
  const object::Line* line = object::line_at(*program, slot);
  return line == nullptr || line->slot < function.pc ? nullptr : line;
}

}  // namespace zext::jit::elf
