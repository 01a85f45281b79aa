// The variables of a section, as BTF describes them; and what tables of struct_ops say by theirs.
//
//   for (const Variable& variable : described_variables(elf, btf, section)) ...
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "object/btf.h"
#include "object/elf_file.h"
#include "object/program.h"

namespace zext::object {

// Places in the section by the names of their variables.
std::unordered_map<std::string_view, const Symbol*> variable_symbols(const ElfFile& elf,
                                                                     uint32_t section);

// Sorted by offset; each lies in the section. Empty where BTF has no such section.
std::vector<Variable> described_variables(const ElfFile& elf, const Btf& btf, uint32_t section);

// Sections .struct_ops and the like hold tables by which the kernel calls programs. From a
// function's section and offset to the member that names it: "tcp_congestion_ops.ssthresh".
using StructOpsMembers = std::map<std::pair<uint32_t, uint64_t>, std::string>;
StructOpsMembers struct_ops_members(const ElfFile& elf, const Btf& btf);

}  // namespace zext::object
