// The functions of an object, cut out of its code sections, and what their instructions refer to.
//
//   auto functions = read_functions(elf, maps, externs);
//   functions->list[0].references    // slot 3: map 0; slot 9: function 2
//
// link.h makes programs of them.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "isa/ebpf/insn.h"
#include "object/elf_file.h"
#include "object/error.h"
#include "object/externs.h"
#include "object/maps.h"
#include "object/program.h"

namespace zext::object {

// An instruction that names something else, before linking.
struct Reference {
  uint32_t slot = 0;  // in the function
  Relocation::Kind kind = Relocation::Kind::kCall;
  uint32_t index = 0;   // of the map, or into Functions::list
  uint32_t offset = 0;  // kMapValue
};

// An instruction that names what the object only declares.
struct ExternReference {
  uint32_t slot = 0;  // in the function
  const ExternSymbol* symbol = nullptr;
};

struct SourceFunction {
  std::string_view name;
  uint32_t section = 0;
  uint32_t first_slot = 0;  // in the section
  uint32_t slots = 0;
  bool local = false;                    // static in C
  bool hidden = false;                   // not static, but for this object's functions only
  std::vector<Reference> references;     // sorted by slot
  std::vector<ExternReference> externs;  // sorted by slot
  std::optional<Error> broken;           // what its references are wrong in; then there are none
};

struct Functions {
  std::vector<SourceFunction> list;  // by section, then place

  // The function that begins at this slot of this section.
  std::optional<uint32_t> starting_at(uint32_t section, uint64_t slot) const;
};

// The slots of a function, read from its section.
std::vector<ebpf::Slot> slots_of(const ElfFile& elf, const SourceFunction& function);

// Errors: functions that overlap or do not begin at an instruction. What is wrong inside of one
// makes that one `broken`: a relocation of an unknown kind, at an instruction that takes none, or
// to something the object neither holds nor declares. The result refers to `externs`.
std::expected<Functions, Error> read_functions(const ElfFile& elf, const MapTable& maps,
                                               const Externs& externs);

}  // namespace zext::object
