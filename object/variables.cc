#include "object/variables.h"

#include <elf.h>

#include <algorithm>
#include <optional>
#include <span>

namespace zext::object {
namespace {

// "TYPE.MEMBER" of the pointer at this place of a variable.
std::optional<std::string> member_at(const Btf& btf, uint32_t type_id, uint64_t offset) {
  const btf_type* type = btf.resolved(type_id);
  if (type == nullptr || !btf_is_struct(type)) return std::nullopt;
  for (uint32_t i = 0; i < btf_vlen(type); ++i) {
    const btf_member& member = btf_members(type)[i];
    const btf_type* pointer = btf.resolved(member.type);
    if (btf_member_bit_offset(type, i) != offset * 8 || pointer == nullptr) continue;
    if (!btf_is_ptr(pointer)) continue;
    return std::string(without_flavour(btf.string(type->name_off))) + "." +
           std::string(btf.string(member.name_off));
  }
  return std::nullopt;
}

void add_members(const ElfFile& elf, const Btf& btf, uint32_t section, StructOpsMembers& members) {
  const std::vector<Variable> variables = described_variables(elf, btf, section);
  for (const ElfRelocation& relocation : elf.relocations_of(section)) {
    const Symbol& symbol = elf.symbols[relocation.symbol];
    const auto addend = read<uint64_t>(elf.sections[section].bytes, relocation.offset);
    const auto after =
        std::ranges::upper_bound(variables, relocation.offset, {}, &Variable::offset);
    if (!addend || after == variables.begin()) continue;
    const Variable& variable = *(after - 1);
    const auto member = member_at(btf, variable.btf_id, relocation.offset - variable.offset);
    if (member) members.emplace(std::pair(symbol.section, symbol.value + *addend), *member);
  }
}

}  // namespace

std::unordered_map<std::string_view, const Symbol*> variable_symbols(const ElfFile& elf,
                                                                     uint32_t section) {
  std::unordered_map<std::string_view, const Symbol*> found;
  for (const Symbol& symbol : elf.symbols) {
    if (symbol.section == section && symbol.type == STT_OBJECT) found.emplace(symbol.name, &symbol);
  }
  return found;
}

std::vector<Variable> described_variables(const ElfFile& elf, const Btf& btf, uint32_t section) {
  std::vector<Variable> found;
  const uint64_t size = elf.sections[section].size;
  const btf_type* list = btf.type(btf.find(elf.sections[section].name, BTF_KIND_DATASEC));
  if (list == nullptr || !btf_is_datasec(list)) return found;
  const std::span places(btf_var_secinfos(list), btf_vlen(list));
  // A compiler leaves the offsets in BTF 0, a linker sets them.
  const bool linked = std::ranges::any_of(places, [](const auto& place) { return place.offset; });
  const auto symbols = variable_symbols(elf, section);
  for (const btf_var_secinfo& place : places) {
    const btf_type* variable = btf.type(place.type);
    if (variable == nullptr || !btf_is_var(variable)) continue;
    const std::string_view name = btf.string(variable->name_off);
    const auto symbol = symbols.find(name);
    if (!linked && symbol == symbols.end()) continue;
    const uint64_t offset = linked ? place.offset : symbol->second->value;
    const auto bytes = btf.size_of(variable->type);
    if (!bytes || offset > size || *bytes > size - offset) continue;
    found.push_back({.name = std::string(name),
                     .offset = static_cast<uint32_t>(offset),
                     .bytes = static_cast<uint32_t>(*bytes),
                     .btf_id = variable->type});
  }
  std::ranges::stable_sort(found, {}, &Variable::offset);
  return found;
}

StructOpsMembers struct_ops_members(const ElfFile& elf, const Btf& btf) {
  StructOpsMembers members;
  for (uint32_t i = 1; i < elf.sections.size(); ++i) {
    if (elf.sections[i].name.starts_with(".struct_ops")) add_members(elf, btf, i, members);
  }
  return members;
}

}  // namespace zext::object
