// Links one program: its entry function and every function it reaches, one after the other.
//
//   auto program = link_program(elf, functions, btf_ext, entry, budget);
//   program->slots    // calls relative, maps by index, line information moved along
//
// As libbpf does: functions that several programs use are copied into each.
#pragma once

#include <cstdint>
#include <expected>

#include "object/btf.h"
#include "object/btf_ext.h"
#include "object/error.h"
#include "object/functions.h"
#include "object/program.h"

namespace zext::object {

// What all programs of an object may take together. Since functions are copied, a small file could
// otherwise ask for any amount of memory.
struct Budget {
  uint64_t slots = uint64_t{1} << 22;
  uint64_t text = uint64_t{64} << 20;  // bytes of source lines; beyond it they are left empty
};

// What a program is linked from.
struct Parts {
  const ElfFile& elf;
  const Functions& functions;
  const BtfExt& ext;
  const Btf* btf;  // may be null
};

// Errors: the budget is spent.
std::expected<Program, Error> link_program(const Parts& parts, uint32_t entry, Budget& budget);

}  // namespace zext::object
