#include "jit/elf/file.h"

#include <libelf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace zext::jit::elf {
namespace {

using Handle = std::unique_ptr<Elf, decltype(&elf_end)>;

std::unexpected<object::Error> failure(std::string what) {
  return std::unexpected(object::Error{.where = "the RV64 object file",
                                       .what = std::move(what),
                                       .hint = "zext jit --format raw needs no temporary file"});
}

// Names behind each other, the empty one first.
class Strings {
 public:
  uint32_t put(std::string_view name) {
    name = name.substr(0, name.find('\0'));
    if (name.empty()) return 0;
    const auto at = static_cast<uint32_t>(bytes_.size());
    bytes_ += name;
    bytes_ += '\0';
    return at;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_ = std::string(1, '\0');
};

struct SymbolTable {
  std::vector<Elf64_Sym> entries = {Elf64_Sym{}};
  std::vector<uint32_t> places;  // in it, of each of the file's symbols
  uint32_t first_global = 1;
};

// Local symbols come first, as ELF demands.
SymbolTable ordered(const std::vector<Symbol>& symbols, Strings& names) {
  SymbolTable table;
  table.places.resize(symbols.size());
  for (const bool local : {true, false}) {
    for (size_t i = 0; i < symbols.size(); ++i) {
      const Symbol& symbol = symbols[i];
      if ((symbol.binding == STB_LOCAL) != local) continue;
      table.places[i] = static_cast<uint32_t>(table.entries.size());
      table.entries.push_back(
          {.st_name = names.put(symbol.name),
           .st_info = static_cast<unsigned char>(ELF64_ST_INFO(symbol.binding, symbol.type)),
           .st_other = STV_DEFAULT,
           .st_shndx = static_cast<Elf64_Section>(symbol.section),
           .st_value = symbol.value,
           .st_size = symbol.size});
    }
    if (local) table.first_global = static_cast<uint32_t>(table.entries.size());
  }
  return table;
}

struct Header {
  uint32_t type = SHT_PROGBITS;
  uint64_t flags = 0;
  uint64_t alignment = 1;
  uint32_t link = 0;
  uint32_t info = 0;
  uint64_t entry_size = 0;
};

// Hands sections to libelf, which lays them out. What it is given lives until it is written.
class Writer {
 public:
  explicit Writer(Elf* elf) : elf_(elf) {}

  bool good() const { return good_; }

  void add(std::string_view name, const Header& header, const void* bytes, size_t size,
           Elf_Type type = ELF_T_BYTE) {
    Elf_Scn* scn = elf_newscn(elf_);
    Elf_Data* data = scn == nullptr ? nullptr : elf_newdata(scn);
    Elf64_Shdr* placed = scn == nullptr ? nullptr : elf64_getshdr(scn);
    if (data == nullptr || placed == nullptr) {
      good_ = false;
      return;
    }
    // libelf's parameter is not const, but it only reads.
    data->d_buf = const_cast<void*>(bytes);
    data->d_size = size;
    data->d_type = type;
    data->d_align = header.alignment;
    placed->sh_name = names_.put(name);
    placed->sh_type = header.type;
    placed->sh_flags = header.flags;
    placed->sh_addralign = header.alignment;
    placed->sh_link = header.link;
    placed->sh_info = header.info;
    placed->sh_entsize = header.entry_size;
  }
  template <class Entry>
  void add(std::string_view name, Header header, const std::vector<Entry>& entries, Elf_Type type) {
    header.alignment = alignof(Entry);
    header.entry_size = sizeof(Entry);
    add(name, header, entries.data(), entries.size() * sizeof(Entry), type);
  }

  // The section of the sections' names, which comes last.
  void finish(Elf64_Ehdr& header, uint32_t number) {
    constexpr std::string_view kName = ".shstrtab";
    header.e_shstrndx = static_cast<Elf64_Half>(number);
    Strings complete = names_;
    complete.put(kName);
    last_ = complete.bytes();
    add(kName, {.type = SHT_STRTAB}, last_.data(), last_.size());
  }

 private:
  Elf* elf_;
  Strings names_;
  std::string last_;
  bool good_ = true;
};

std::vector<Elf64_Rela> relocations_of(const Section& section, const SymbolTable& symbols) {
  std::vector<Elf64_Rela> result;
  result.reserve(section.relocations().size());
  for (const Section::Relocation& relocation : section.relocations()) {
    result.push_back({.r_offset = relocation.offset,
                      .r_info = ELF64_R_INFO(uint64_t{symbols.places[relocation.symbol]},
                                             uint64_t{relocation.type}),
                      .r_addend = relocation.addend});
  }
  return result;
}

std::expected<std::vector<uint8_t>, object::Error> contents(int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) return failure(std::strerror(errno));
  std::vector<uint8_t> bytes(static_cast<size_t>(status.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count <= 0) return failure(count < 0 ? std::strerror(errno) : "it is cut short");
    done += static_cast<size_t>(count);
  }
  return bytes;
}

struct Descriptor {
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  int number;
};

}  // namespace

Section& File::add(std::string_view name) {
  const auto number = static_cast<uint32_t>(sections_.size() + 1);
  const SymbolIndex symbol = add({.name = "", .section = number, .type = STT_SECTION});
  return sections_.emplace_back(std::string(name), number, symbol);
}

SymbolIndex File::add(Symbol symbol) {
  symbols_.push_back(std::move(symbol));
  return static_cast<SymbolIndex>(symbols_.size() - 1);
}

std::expected<std::vector<uint8_t>, object::Error> File::write() const {
  const Descriptor file{memfd_create("zext", MFD_CLOEXEC)};
  if (file.number < 0) return failure(std::strerror(errno));
  elf_version(EV_CURRENT);
  const Handle elf(elf_begin(file.number, ELF_C_WRITE, nullptr), elf_end);
  Elf64_Ehdr* header = elf ? elf64_newehdr(elf.get()) : nullptr;
  if (header == nullptr) return failure(elf_errmsg(-1));
  header->e_ident[EI_DATA] = ELFDATA2LSB;
  header->e_type = ET_REL;
  header->e_machine = EM_RISCV;
  header->e_version = EV_CURRENT;
  header->e_flags = flags_;

  Strings names;
  const SymbolTable symbols = ordered(symbols_, names);
  std::deque<std::vector<Elf64_Rela>> relocations;
  Writer writer(elf.get());
  auto symbol_table = static_cast<uint32_t>(sections_.size() + 1);
  for (const Section& section : sections_) {
    writer.add(section.name,
               {.type = section.type, .flags = section.flags, .alignment = section.alignment},
               section.bytes().data(), section.size());
    if (!section.relocations().empty()) ++symbol_table;
  }
  for (const Section& section : sections_) {
    if (section.relocations().empty()) continue;
    writer.add(
        ".rela" + section.name,
        {.type = SHT_RELA, .flags = SHF_INFO_LINK, .link = symbol_table, .info = section.number},
        relocations.emplace_back(relocations_of(section, symbols)), ELF_T_RELA);
  }
  writer.add(".symtab",
             {.type = SHT_SYMTAB, .link = symbol_table + 1, .info = symbols.first_global},
             symbols.entries, ELF_T_SYM);
  writer.add(".strtab", {.type = SHT_STRTAB}, names.bytes().data(), names.bytes().size());
  writer.finish(*header, symbol_table + 2);
  if (!writer.good() || elf_update(elf.get(), ELF_C_WRITE) < 0) return failure(elf_errmsg(-1));
  return contents(file.number);
}

}  // namespace zext::jit::elf
