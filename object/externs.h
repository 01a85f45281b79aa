// What an object declares and the kernel defines: kernel functions, variables, configuration.
//
//   auto externs = read_externs(elf, btf, maps);
//   const ExternSymbol* symbol = externs->find("bpf_rcu_read_lock");   // or null
//
// The conventions are libbpf's: __ksym puts a declaration in section .ksyms, __kconfig in .kconfig,
// both of which BTF alone describes. Values of the configuration are those of a read-only map that
// libbpf makes and fills: it is added to the maps, without its values.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "object/btf.h"
#include "object/elf_file.h"
#include "object/error.h"
#include "object/maps.h"
#include "object/program.h"

namespace zext::object {

struct ExternSymbol {
  std::string name;
  Extern::Kind kind = Extern::Kind::kFunction;
  uint32_t btf_id = 0;  // of the declaration: BTF_KIND_FUNC or BTF_KIND_VAR
  bool weak = false;
  uint32_t offset = 0;  // kConfig: in the map's value
};

struct Externs {
  std::map<std::string, ExternSymbol, std::less<>> symbols;
  std::optional<uint32_t> config_map;  // where there is a kConfig

  const ExternSymbol* find(std::string_view name) const {
    const auto found = symbols.find(name);
    return found == symbols.end() ? nullptr : &found->second;
  }
};

// Symbols that BTF does not describe are left out; `btf` may be null. Errors: a configuration value
// of a type without a size.
std::expected<Externs, Error> read_externs(const ElfFile& elf, const Btf* btf, MapTable& maps);

}  // namespace zext::object
