#include "object/maps.h"

#include <elf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <string_view>

#include "object/map_definition.h"
#include "object/variables.h"

namespace zext::object {
namespace {

// struct bpf_map_def of old libbpf.
struct LegacyDefinition {
  uint32_t type;
  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
  uint32_t flags;
};

// elf.h of Debian 12 lacks a name for it.
constexpr uint32_t kAbsolute64 = 2;  // R_BPF_64_ABS64

constexpr size_t kMaxDataSections = 256;
constexpr size_t kMaxMaps = 4096;
constexpr size_t kMaxInitialValues = 65536;

bool in_family(std::string_view name, std::string_view family) {
  return name == family || (name.starts_with(family) && name[family.size()] == '.');
}

bool is_data(const Section& section) {
  if ((section.flags & SHF_ALLOC) == 0 || section.code()) return false;
  return in_family(section.name, ".data") || in_family(section.name, ".rodata") ||
         in_family(section.name, ".bss");
}

class Reader {
 public:
  Reader(const ElfFile& elf, const Btf* btf) : elf_(elf), btf_(btf) {}

  std::expected<MapTable, Error> read() {
    for (uint32_t i = 1; i < elf_.sections.size(); ++i) {
      const Section& section = elf_.sections[i];
      std::optional<Error> wrong;
      if (section.name == ".maps") wrong = add_btf_maps(i);
      if (section.name.starts_with(".struct_ops")) note_struct_ops(section);
      if (section.name == "maps") wrong = add_legacy_maps(i);
      if (is_data(section) && section.size != 0) wrong = add_data(i);
      if (wrong) return std::unexpected(*std::move(wrong));
    }
    // A pointer may go to a section behind its own.
    for (const auto& [section, map] : table_.data) add_pointers(section, table_.maps[map]);
    return std::move(table_);
  }

 private:
  void note_struct_ops(const Section& section) {
    table_.notes.push_back(std::string(section.name) +
                           " is skipped: its tables say which program the kernel calls for which "
                           "member, and no program reads them");
  }

  std::optional<Error> add_btf_maps(uint32_t section) {
    if (btf_ == nullptr) {
      return Error{".maps", "maps are defined here, but the object has no BTF to describe them",
                   "compile with -g"};
    }
    const btf_type* list = btf_->type(btf_->find(".maps", BTF_KIND_DATASEC));
    if (list == nullptr || !btf_is_datasec(list)) {
      return Error{".maps", "BTF does not describe this section", "compile with -g"};
    }
    // BTF has the places too, but a compiler leaves them to the linker.
    const auto symbols = variable_symbols(elf_, section);
    for (uint32_t i = 0; i < btf_vlen(list); ++i) {
      const btf_type* variable = btf_->type(btf_var_secinfos(list)[i].type);
      if (variable == nullptr || !btf_is_var(variable)) {
        return Error{".maps", "BTF lists something here that is no variable", "compile again"};
      }
      const std::string_view name = btf_->string(variable->name_off);
      // Only declared: another object, linked with this one, has it.
      if (btf_var(variable)->linkage == BTF_VAR_GLOBAL_EXTERN) continue;
      const auto symbol = symbols.find(name);
      if (symbol == symbols.end()) {
        return Error{".maps, " + quoted(name), "is in BTF, but not in the symbol table",
                     "do not strip symbols: use llvm-strip -g"};
      }
      auto definition = read_map_definition(*btf_, name, variable->type);
      if (!definition) return definition.error();
      if (auto wrong = add(*symbol->second, std::move(*definition))) return wrong;
    }
    return std::nullopt;
  }

  std::optional<Error> add(const Symbol& symbol, MapDefinition definition) {
    if (table_.maps.size() >= kMaxMaps) {
      return Error{"map " + quoted(definition.map.name), "more than 4096 maps", "remove some"};
    }
    if (definition.inner) {
      definition.map.inner = static_cast<uint32_t>(table_.maps.size());
      table_.maps.push_back(*std::move(definition.inner));
    }
    const auto index = static_cast<uint32_t>(table_.maps.size());
    if (!table_.definitions.emplace(std::pair(symbol.section, symbol.value), index).second) {
      return Error{"map " + quoted(definition.map.name), "another map is at the same place",
                   "compile again"};
    }
    if (auto wrong = add_initial_values(symbol, definition)) return wrong;
    table_.maps.push_back(std::move(definition.map));
    return std::nullopt;
  }

  // `.values = {[1] = &inner_map, [5] = &program}`: relocations within the map's variable.
  std::optional<Error> add_initial_values(const Symbol& symbol, MapDefinition& definition) {
    if (definition.values_offset == 0) return std::nullopt;
    const uint64_t begin = symbol.value + definition.values_offset;
    const auto relocations = elf_.relocations_of(symbol.section);
    auto at = std::ranges::lower_bound(relocations, begin, {}, &ElfRelocation::offset);
    for (; at != relocations.end() && at->offset < symbol.value + symbol.size; ++at) {
      definition.map.initial.push_back({.key = static_cast<uint32_t>((at->offset - begin) / 8),
                                        .symbol = std::string(elf_.symbols[at->symbol].name)});
      if (++initial_values_ > kMaxInitialValues) {
        return Error{"map " + quoted(definition.map.name), "more than 65536 initial values",
                     "fill the map when the program is loaded"};
      }
    }
    return std::nullopt;
  }

  std::optional<Error> add_legacy_maps(uint32_t section) {
    for (const Symbol& symbol : elf_.symbols) {
      if (symbol.section != section || symbol.type == STT_SECTION) continue;
      const std::string where = "maps, " + quoted(symbol.name);
      const auto raw = object::read<LegacyDefinition>(elf_.sections[section].bytes, symbol.value);
      if (!raw || symbol.size < sizeof *raw) {
        return Error{where, "is shorter than a struct bpf_map_def (20 bytes)",
                     "define the map in section .maps, as libbpf does"};
      }
      note_other_fields(section, symbol);
      MapDefinition definition;
      definition.map.name = symbol.name;
      definition.map.kind = Map::Kind::kLegacy;
      definition.map.type = raw->type;
      definition.map.key_size = raw->key_size;
      definition.map.value_size = raw->value_size;
      definition.map.max_entries = raw->max_entries;
      definition.map.flags = raw->flags;
      if (auto wrong = add(symbol, std::move(definition))) return wrong;
    }
    return std::nullopt;
  }

  // Other loaders have longer definitions that begin like libbpf's.
  void note_other_fields(uint32_t section, const Symbol& symbol) {
    const uint64_t known = sizeof(LegacyDefinition);
    const Bytes rest =
        elf_.sections[section].bytes.subspan(symbol.value + known, symbol.size - known);
    if (std::ranges::all_of(rest, [](uint8_t byte) { return byte == 0; })) return;
    table_.notes.push_back("map " + quoted(symbol.name) +
                           " has fields that struct bpf_map_def of libbpf does not have; they are "
                           "ignored: size, type and flags are before them");
  }

  std::optional<Error> add_data(uint32_t index) {
    const Section& section = elf_.sections[index];
    if (section.size > kMaxDataSection) {
      return Error{quoted(section.name), "more than 64 MiB of variables",
                   "keep large tables in a map of their own"};
    }
    if (table_.data.size() == kMaxDataSections) {
      return Error{quoted(section.name), "more than 256 sections of variables", "merge them"};
    }
    Map map;
    map.name = section.name;
    map.kind = Map::Kind::kData;
    map.type = BPF_MAP_TYPE_ARRAY;
    map.key_size = sizeof(uint32_t);
    map.value_size = static_cast<uint32_t>(section.size);
    map.max_entries = 1;
    map.read_only = in_family(section.name, ".rodata");
    map.flags = map.read_only ? BPF_F_RDONLY_PROG : 0;
    map.value.assign(section.bytes.begin(), section.bytes.end());
    if (btf_ != nullptr) {
      map.value_btf_id = btf_->find(section.name, BTF_KIND_DATASEC);
      map.variables = described_variables(elf_, *btf_, index);
    }
    if (!elf_.relocations_of(index).empty()) {
      table_.notes.push_back(std::string(section.name) +
                             " holds addresses of other variables or of functions; in a kernel "
                             "nobody fills them in, so a program that follows them is not going to "
                             "work there");
    }
    table_.data.emplace(index, static_cast<uint32_t>(table_.maps.size()));
    table_.maps.push_back(std::move(map));
    return std::nullopt;
  }

  void add_pointers(uint32_t section, Map& map) {
    for (const ElfRelocation& relocation : elf_.relocations_of(section)) {
      const Symbol& symbol = elf_.symbols[relocation.symbol];
      Pointer pointer{.at = relocation.offset, .map = std::nullopt};
      const auto addend = object::read<uint64_t>(map.value, relocation.offset);
      if (relocation.type == kAbsolute64 && addend) {
        const auto place = table_.at(symbol.section, symbol.value + *addend);
        if (place && place->value && place->offset <= table_.maps[place->map].value_size) {
          pointer.map = place->map;
          pointer.offset = place->offset;
        }
      }
      map.pointers.push_back(pointer);
    }
  }

  const ElfFile& elf_;
  const Btf* btf_;
  MapTable table_;
  size_t initial_values_ = 0;
};

}  // namespace

std::optional<MapPlace> MapTable::at(uint32_t section, uint64_t offset) const {
  if (const auto found = data.find(section); found != data.end()) {
    return MapPlace{.map = found->second, .value = true, .offset = offset};
  }
  const auto found = definitions.find({section, offset});
  if (found == definitions.end()) return std::nullopt;
  return MapPlace{.map = found->second};
}

std::expected<MapTable, Error> read_maps(const ElfFile& elf, const Btf* btf) {
  return Reader(elf, btf).read();
}

}  // namespace zext::object
