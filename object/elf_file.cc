#include "object/elf_file.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace zext::object {
namespace {

constexpr char kCompileAgain[] = "the file is damaged or cut short; compile or copy it again";

std::unexpected<Error> error(std::string where, std::string what,
                             std::string hint = kCompileAgain) {
  return std::unexpected(Error{std::move(where), std::move(what), std::move(hint)});
}

std::optional<Error> check_header(Bytes file) {
  const auto header = read<Elf64_Ehdr>(file, 0);
  if (file.size() > kMaxFile) {
    return Error{"file", "larger than 256 MiB", "strip its debug information: llvm-strip -g"};
  }
  if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0) {
    return Error{"file", "not an ELF file",
                 "compile C with `clang -target bpf -g -O2 -c`; for bare instructions say --raw"};
  }
  if (!header) return Error{"ELF header", "the file ends inside it", kCompileAgain};
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB) {
    return Error{"ELF header", "not 64-bit little-endian", "compile with -target bpfel"};
  }
  if (header->e_machine != EM_BPF) {
    return Error{"ELF header", "for machine " + std::to_string(header->e_machine) + ", not for BPF",
                 "compile with -target bpf"};
  }
  if (header->e_type != ET_REL) {
    return Error{"ELF header", "not a relocatable file", "compile with -c, without linking"};
  }
  if (header->e_shentsize != sizeof(Elf64_Shdr)) {
    return Error{
        "ELF header",
        "section headers of " + std::to_string(header->e_shentsize) + " bytes instead of 64",
        kCompileAgain};
  }
  return std::nullopt;
}

// libelf trusts what the section headers say of places in the file: so they are checked before it
// sees them. Sections of an object do not overlap; were they allowed to, a small file could ask
// for any amount of work.
std::optional<Error> check_sections(Bytes file) {
  const Elf64_Ehdr header = *read<Elf64_Ehdr>(file, 0);
  const auto null_section = read<Elf64_Shdr>(file, header.e_shoff);
  if (header.e_shoff == 0 || !null_section) {
    return Error{"ELF header", "its section headers are outside of the file", kCompileAgain};
  }
  const uint64_t count = header.e_shnum != 0 ? header.e_shnum : null_section->sh_size;
  if (count > (file.size() - header.e_shoff) / sizeof(Elf64_Shdr)) {
    return Error{"ELF header", "its section headers go beyond the end of the file", kCompileAgain};
  }
  uint64_t occupied = 0;
  for (uint64_t i = 1; i < count; ++i) {
    const Elf64_Shdr section = *read<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
    const std::string where = "section " + std::to_string(i);
    if (section.sh_flags & SHF_COMPRESSED) {
      return Error{where, "is compressed", "compile without -gz"};
    }
    if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
    if (!slice(file, section.sh_offset, section.sh_size)) {
      return Error{where, "goes beyond the end of the file", kCompileAgain};
    }
    occupied += section.sh_size;
  }
  if (occupied > file.size()) return Error{"ELF header", "its sections overlap", kCompileAgain};
  return std::nullopt;
}

using ElfHandle = std::unique_ptr<Elf, decltype(&elf_end)>;

std::expected<Section, Error> read_section(Bytes file, const GElf_Shdr& header, size_t index) {
  Section section;
  section.type = header.sh_type;
  section.flags = header.sh_flags;
  section.size = header.sh_size;
  section.link = header.sh_link;
  section.info = header.sh_info;
  if (header.sh_type == SHT_NOBITS || header.sh_type == SHT_NULL) return section;
  const auto bytes = slice(file, header.sh_offset, header.sh_size);
  if (!bytes) return error("section " + std::to_string(index), "goes beyond the end of the file");
  section.bytes = *bytes;
  return section;
}

std::optional<Error> read_sections(Bytes bytes, Elf* elf, ElfFile& file) {
  size_t names_index = 0;
  file.sections.push_back({});
  std::vector<uint32_t> name_offsets{0};
  for (Elf_Scn* scn = elf_nextscn(elf, nullptr); scn != nullptr; scn = elf_nextscn(elf, scn)) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) == nullptr) {
      return Error{"section " + std::to_string(elf_ndxscn(scn)), "has no header", kCompileAgain};
    }
    auto section = read_section(bytes, header, elf_ndxscn(scn));
    if (!section) return section.error();
    name_offsets.push_back(header.sh_name);
    file.sections.push_back(*std::move(section));
  }
  if (elf_getshdrstrndx(elf, &names_index) != 0 || names_index == 0 ||
      names_index >= file.sections.size()) {
    return Error{"ELF header", "no section for the names of sections", kCompileAgain};
  }
  for (size_t i = 1; i < file.sections.size(); ++i) {
    const auto name = string_at(file.sections[names_index].bytes, name_offsets[i]);
    if (!name)
      return Error{"section " + std::to_string(i), "its name is unreadable", kCompileAgain};
    file.sections[i].name = *name;
  }
  return std::nullopt;
}

std::expected<Symbol, Error> read_symbol(const ElfFile& file, const Section& table, size_t index) {
  const std::string where = "symbol " + std::to_string(index);
  const Elf64_Sym raw = *read<Elf64_Sym>(table.bytes, index * sizeof(Elf64_Sym));
  const auto name = string_at(file.sections[table.link].bytes, raw.st_name);
  // A table without any names may have an empty string section.
  if (!name && raw.st_name != 0) return error(where, "its name is unreadable");
  Symbol symbol{.name = name.value_or(""),
                .value = raw.st_value,
                .size = raw.st_size,
                .section = raw.st_shndx,
                .type = static_cast<uint8_t>(ELF64_ST_TYPE(raw.st_info)),
                .binding = static_cast<uint8_t>(ELF64_ST_BIND(raw.st_info)),
                .visibility = static_cast<uint8_t>(ELF64_ST_VISIBILITY(raw.st_other))};
  if (symbol.section == SHN_ABS || symbol.section == SHN_COMMON) return symbol;
  if (symbol.section >= file.sections.size()) {
    return error(where + " " + quoted(symbol.name), "its section does not exist");
  }
  const uint64_t size = file.sections[symbol.section].size;
  if (symbol.section != SHN_UNDEF && (symbol.value > size || symbol.size > size - symbol.value)) {
    return error(where + " " + quoted(symbol.name), "lies outside of its section");
  }
  return symbol;
}

std::optional<Error> read_symbols(ElfFile& file) {
  for (const Section& table : file.sections) {
    if (table.type != SHT_SYMTAB) continue;
    if (!file.symbols.empty()) {
      return Error{"symbol table " + quoted(table.name), "a second symbol table", kCompileAgain};
    }
    if (table.link >= file.sections.size()) {
      return Error{"symbol table " + quoted(table.name), "its names' section does not exist",
                   kCompileAgain};
    }
    if (table.bytes.size() % sizeof(Elf64_Sym) != 0) {
      return Error{"symbol table " + quoted(table.name), "its size is no multiple of 24",
                   kCompileAgain};
    }
    for (size_t i = 0; i < table.bytes.size() / sizeof(Elf64_Sym); ++i) {
      const auto symbol = read_symbol(file, table, i);
      if (!symbol) return symbol.error();
      file.symbols.push_back(*symbol);
    }
  }
  return std::nullopt;
}

std::optional<Error> read_relocations(ElfFile& file) {
  for (const Section& table : file.sections) {
    if (table.type == SHT_RELA) {
      return Error{quoted(table.name), "relocations with addends, which BPF objects have not",
                   "compile with clang or gcc for BPF"};
    }
    if (table.type != SHT_REL) continue;
    if (table.info == 0 || table.info >= file.sections.size()) {
      return Error{quoted(table.name), "the section it relocates does not exist", kCompileAgain};
    }
    // Debug information and BTF are complete without theirs.
    if ((file.sections[table.info].flags & SHF_ALLOC) == 0) continue;
    if (table.bytes.size() % sizeof(Elf64_Rel) != 0) {
      return Error{quoted(table.name), "its size is no multiple of 16", kCompileAgain};
    }
    for (size_t at = 0; at < table.bytes.size(); at += sizeof(Elf64_Rel)) {
      const Elf64_Rel raw = *read<Elf64_Rel>(table.bytes, at);
      const ElfRelocation relocation{.offset = raw.r_offset,
                                     .type = static_cast<uint32_t>(ELF64_R_TYPE(raw.r_info)),
                                     .symbol = static_cast<uint32_t>(ELF64_R_SYM(raw.r_info)),
                                     .section = table.info};
      const std::string where = quoted(table.name) + " entry " + std::to_string(at / sizeof raw);
      if (relocation.symbol >= file.symbols.size()) {
        return Error{where, "its symbol does not exist", kCompileAgain};
      }
      if (relocation.offset >= file.sections[table.info].size) {
        return Error{where, "lies outside of the section it relocates", kCompileAgain};
      }
      file.relocations.push_back(relocation);
    }
  }
  std::ranges::sort(file.relocations, {}, [](const ElfRelocation& relocation) {
    return std::tuple(relocation.section, relocation.offset);
  });
  return std::nullopt;
}

}  // namespace

bool Section::code() const { return type == SHT_PROGBITS && (flags & SHF_EXECINSTR) != 0; }

uint32_t ElfFile::find(std::string_view name) const {
  const auto found = std::ranges::find(sections, name, &Section::name);
  return found == sections.end() ? 0 : static_cast<uint32_t>(found - sections.begin());
}

std::span<const ElfRelocation> ElfFile::relocations_of(uint32_t section) const {
  return std::ranges::equal_range(relocations, section, {}, &ElfRelocation::section);
}

std::expected<ElfFile, Error> read_elf(Bytes bytes) {
  if (auto wrong = check_header(bytes)) return std::unexpected(*std::move(wrong));
  if (auto wrong = check_sections(bytes)) return std::unexpected(*std::move(wrong));
  elf_version(EV_CURRENT);
  // elf_memory's parameter is not const, but it writes only when asked to.
  char* image = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  const ElfHandle elf(elf_memory(image, bytes.size()), elf_end);
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) {
    return error("file", std::string("libelf cannot read it: ") + elf_errmsg(-1));
  }
  ElfFile file;
  if (auto wrong = read_sections(bytes, elf.get(), file)) return std::unexpected(*std::move(wrong));
  if (auto wrong = read_symbols(file)) return std::unexpected(*std::move(wrong));
  if (auto wrong = read_relocations(file)) return std::unexpected(*std::move(wrong));
  return file;
}

}  // namespace zext::object
