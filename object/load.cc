#include "object/load.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "object/btf.h"
#include "object/btf_ext.h"
#include "object/core_relocation.h"
#include "object/elf_file.h"
#include "object/externs.h"
#include "object/functions.h"
#include "object/link.h"
#include "object/maps.h"
#include "object/section_type.h"
#include "object/variables.h"

namespace zext::object {
namespace {

constexpr char kText[] = ".text";

std::expected<std::optional<Btf>, Error> read_btf(const ElfFile& elf) {
  const uint32_t section = elf.find(".BTF");
  if (section == 0) return std::optional<Btf>();
  auto btf = Btf::parse(elf.sections[section].bytes);
  if (!btf) return std::unexpected(btf.error());
  return std::optional<Btf>(*std::move(btf));
}

std::expected<BtfExt, Error> read_ext(const ElfFile& elf, const std::optional<Btf>& btf) {
  const uint32_t section = elf.find(".BTF.ext");
  if (section == 0) return BtfExt();
  if (!btf) {
    return std::unexpected(Error{".BTF.ext", "needs section .BTF, which is missing",
                                 "compile with -g, or remove .BTF.ext as well"});
  }
  return read_btf_ext(elf.sections[section].bytes, *btf);
}

// Which functions are programs, by index.
std::vector<uint32_t> entries(const ElfFile& elf, const Functions& functions) {
  const auto select = [&](auto wanted) {
    std::vector<uint32_t> found;
    for (uint32_t i = 0; i < functions.list.size(); ++i) {
      const SourceFunction& function = functions.list[i];
      if (wanted(function, elf.sections[function.section].name == kText)) found.push_back(i);
    }
    return found;
  };
  auto found = select([](const auto& f, bool text) { return !text && !f.local; });
  if (found.empty()) found = select([](const auto& f, bool) { return !f.local; });
  if (found.empty()) found = select([](const auto&, bool) { return true; });
  return found;
}

void set_type(Program& program) {
  if (program.section == kText) {
    program.type = ProgramType::kPlainMemory;
    return;
  }
  const SectionType section = section_type(program.section);
  program.type = section.type;
  program.attach_type = section.attach_type;
  program.sleepable = section.sleepable;
  program.attach_target = section.target;
}

std::string member_of(const SourceFunction& function, const StructOpsMembers& members) {
  const auto found =
      members.find({function.section, uint64_t{function.first_slot} * sizeof(ebpf::Slot)});
  return found == members.end() ? "" : found->second;
}

std::string license_of(const ElfFile& elf) {
  const uint32_t section = elf.find("license");
  return std::string(string_at(elf.sections[section].bytes, 0).value_or(""));
}

}  // namespace

std::expected<Object, Error> load(std::span<const uint8_t> bytes) {
  const auto elf = read_elf(bytes);
  if (!elf) return std::unexpected(elf.error());
  const auto btf = read_btf(*elf);
  if (!btf) return std::unexpected(btf.error());
  const auto ext = read_ext(*elf, *btf);
  if (!ext) return std::unexpected(ext.error());
  const Btf* types = *btf ? &**btf : nullptr;
  auto maps = read_maps(*elf, types);
  if (!maps) return std::unexpected(maps.error());
  const auto externs = read_externs(*elf, types, *maps);
  if (!externs) return std::unexpected(externs.error());
  const auto functions = read_functions(*elf, *maps, *externs);
  if (!functions) return std::unexpected(functions.error());

  const auto members = types != nullptr ? struct_ops_members(*elf, *types) : StructOpsMembers();
  Object object;
  Budget budget;
  for (const uint32_t entry : entries(*elf, *functions)) {
    auto program = link_program({*elf, *functions, *ext, types}, entry, budget);
    if (!program) return std::unexpected(program.error());
    set_type(*program);
    if (program->type == ProgramType::kStructOps) {
      program->attach_target = member_of(functions->list[entry], members);
    }
    if (auto note = core_note(*program); !note.empty()) maps->notes.push_back(std::move(note));
    object.programs.push_back(*std::move(program));
  }
  object.maps = std::move(maps->maps);
  object.notes = std::move(maps->notes);
  object.license = license_of(*elf);
  const Bytes section = elf->sections[elf->find(".BTF")].bytes;
  object.btf.assign(section.begin(), section.end());
  return object;
}

}  // namespace zext::object
