// The maps of an object: BTF-defined, legacy, and one for each section of global variables.
//
//   auto table = read_maps(elf, btf);
//   std::optional<MapPlace> place = table->at(section_index, symbol.value);
//
// The conventions are libbpf's (Documentation/bpf/libbpf/libbpf_overview.rst and bpf_helpers.h).
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "object/btf.h"
#include "object/elf_file.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::object {

// Largest value of a map of global variables; .bss costs no bytes in the file.
inline constexpr uint64_t kMaxDataSection = uint64_t{64} << 20;

// What an address in a section of maps or variables means.
struct MapPlace {
  uint32_t map = 0;
  bool value = false;   // the address is of a byte of the value, not of the map itself
  uint64_t offset = 0;  // in the value
};

struct MapTable {
  std::vector<Map> maps;
  std::vector<std::string> notes;

  // None where the section has no map there.
  std::optional<MapPlace> at(uint32_t section, uint64_t offset) const;

  std::map<std::pair<uint32_t, uint64_t>, uint32_t> definitions;  // section, offset -> map
  std::map<uint32_t, uint32_t> data;                              // section -> map
};

// `btf` may be null: then BTF-defined maps are an error. Errors name the map and its field.
std::expected<MapTable, Error> read_maps(const ElfFile& elf, const Btf* btf);

}  // namespace zext::object
