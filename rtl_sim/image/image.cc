#include "rtl_sim/image/image.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace zext::rtl_sim {
namespace {

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfCloser>;

std::string hex(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

std::unexpected<Error> error(std::string what, std::string where, std::string fix) {
  return std::unexpected(Error{std::move(what), std::move(where), std::move(fix)});
}

// libelf takes a mutable pointer, but reads only.
std::expected<ElfHandle, Error> open(std::vector<char>& bytes) {
  if (elf_version(EV_CURRENT) == EV_NONE) {
    return error("libelf is too old", "elf_version", "install libelf 0.180 or newer");
  }
  ElfHandle elf(elf_memory(bytes.data(), bytes.size()));
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) {
    return error("not an ELF file", "ELF header", "give an RV64 ELF executable");
  }
  return elf;
}

std::expected<GElf_Ehdr, Error> header(Elf* elf) {
  GElf_Ehdr ehdr;
  if (gelf_getehdr(elf, &ehdr) == nullptr) {
    return error("damaged ELF header", "ELF header", "rebuild the file");
  }
  if (ehdr.e_machine != EM_RISCV) {
    return error("ELF file for another machine", "e_machine " + std::to_string(ehdr.e_machine),
                 "compile for riscv64");
  }
  if (ehdr.e_ident[EI_CLASS] != ELFCLASS64) {
    return error("32-bit ELF file", "EI_CLASS", "compile with -march=rv64... -mabi=lp64");
  }
  if (ehdr.e_ident[EI_DATA] != ELFDATA2LSB) {
    return error("big-endian ELF file", "EI_DATA", "compile for little-endian riscv64");
  }
  if (ehdr.e_type != ET_EXEC) {
    return error("not an executable", "e_type " + std::to_string(ehdr.e_type),
                 "link statically at a fixed address");
  }
  return ehdr;
}

std::expected<std::vector<Segment>, Error> segments(Elf* elf, std::span<const uint8_t> file,
                                                    const MemoryRange& memory) {
  size_t count = 0;
  GElf_Ehdr ehdr;
  // Of a table that the file does not hold as a whole libelf counts only the part that it does.
  if (elf_getphdrnum(elf, &count) != 0 || gelf_getehdr(elf, &ehdr) == nullptr ||
      count < ehdr.e_phnum) {
    return error("damaged program header table", "ELF header", "rebuild the file");
  }
  std::vector<Segment> result;
  for (size_t i = 0; i < count; ++i) {
    const std::string where = "program header " + std::to_string(i);
    GElf_Phdr phdr;
    if (gelf_getphdr(elf, static_cast<int>(i), &phdr) == nullptr) {
      return error("damaged program header", where, "rebuild the file");
    }
    if (phdr.p_type != PT_LOAD || phdr.p_memsz == 0) continue;
    if (phdr.p_filesz > phdr.p_memsz || phdr.p_offset > file.size() ||
        phdr.p_filesz > file.size() - phdr.p_offset) {
      return error("segment outside the file", where, "the file is truncated; rebuild it");
    }
    if (!memory.contains(phdr.p_paddr, phdr.p_memsz)) {
      return error("segment outside memory",
                   where + " at " + hex(phdr.p_paddr) + ", " + hex(phdr.p_memsz) + " bytes",
                   "memory is " + hex(memory.size) + " bytes at " + hex(memory.base));
    }
    const auto bytes = file.subspan(phdr.p_offset, phdr.p_filesz);
    result.push_back({.address = phdr.p_paddr,
                      .bytes = {bytes.begin(), bytes.end()},
                      .size = phdr.p_memsz,
                      .executable = (phdr.p_flags & PF_X) != 0});
  }
  if (result.empty()) {
    return error("nothing to load", "program headers", "link the program with a PT_LOAD segment");
  }
  return result;
}

std::expected<void, Error> check_overlap(const std::vector<Segment>& segments) {
  std::vector<const Segment*> sorted;
  sorted.reserve(segments.size());
  for (const Segment& segment : segments) sorted.push_back(&segment);
  std::ranges::sort(sorted, {}, [](const Segment* segment) { return segment->address; });
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->address - sorted[i - 1]->address < sorted[i - 1]->memory_size()) {
      return error("overlapping segments", "address " + hex(sorted[i]->address),
                   "give each section its own addresses in the linker script");
    }
  }
  return {};
}

// A file without a symbol table has no symbols; a damaged one has those that can be read.
std::map<std::string, uint64_t> symbols(Elf* elf) {
  std::map<std::string, uint64_t> result;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr shdr;
    if (gelf_getshdr(section, &shdr) == nullptr) continue;
    if (shdr.sh_type != SHT_SYMTAB || shdr.sh_entsize == 0) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr) continue;
    const uint64_t count = std::min<uint64_t>(shdr.sh_size, data->d_size) / shdr.sh_entsize;
    for (uint64_t i = 0; i < count && i <= INT32_MAX; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
      const int type = GELF_ST_TYPE(symbol.st_info);
      if (type == STT_SECTION || type == STT_FILE || symbol.st_shndx == SHN_UNDEF) continue;
      const char* name = elf_strptr(elf, shdr.sh_link, symbol.st_name);
      if (name == nullptr || *name == '\0' || *name == '.' || *name == '$') continue;
      result.emplace(name, symbol.st_value);
    }
  }
  return result;
}

}  // namespace

std::optional<uint64_t> Image::symbol(const std::string& name) const {
  const auto found = symbols.find(name);
  if (found == symbols.end()) return std::nullopt;
  return found->second;
}

std::expected<Image, Error> load_elf(std::span<const uint8_t> bytes, const ElfOptions& options) {
  std::vector<char> copy(bytes.begin(), bytes.end());
  auto elf = open(copy);
  if (!elf) return std::unexpected(elf.error());
  const auto ehdr = header(elf->get());
  if (!ehdr) return std::unexpected(ehdr.error());
  auto loaded = segments(elf->get(), bytes, options.memory);
  if (!loaded) return std::unexpected(loaded.error());
  if (auto ok = check_overlap(*loaded); !ok) return std::unexpected(ok.error());

  Image image{.segments = std::move(*loaded),
              .entry = ehdr->e_entry,
              .tohost = std::nullopt,
              .symbols = symbols(elf->get())};
  if ((image.entry & 1) != 0 || !options.memory.contains(image.entry, 2)) {
    return error("entry point outside memory or odd", hex(image.entry),
                 "memory is " + hex(options.memory.size) + " bytes at " + hex(options.memory.base));
  }
  image.tohost = image.symbol("tohost");
  if (image.tohost && !options.memory.contains(*image.tohost, 8)) {
    return error("tohost outside memory", hex(*image.tohost), "place it in a loaded section");
  }
  if (options.require_tohost && !image.tohost) {
    return error("no symbol `tohost`", "symbol table",
                 "define it: the program ends by storing 2 * exit code + 1 to it");
  }
  return image;
}

Image raw_image(std::vector<uint8_t> bytes, uint64_t address) {
  Image image;
  image.segments.push_back(
      {.address = address, .bytes = std::move(bytes), .size = 0, .executable = true});
  image.entry = address;
  return image;
}

}  // namespace zext::rtl_sim
