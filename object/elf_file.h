// The parts of a BPF ELF object: its sections, symbols and relocations, checked to lie inside it.
//
//   auto elf = read_elf(bytes);
//   if (!elf) return std::unexpected(elf.error());
//   for (const Section& section : elf->sections) ...    // section.name, section.bytes
//
// The format is the System V ABI's (chapter 4 and 5) with LLVM's relocations for BPF.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "object/bytes.h"
#include "object/error.h"

namespace zext::object {

// Largest file read. No real object comes near it.
inline constexpr size_t kMaxFile = size_t{256} << 20;

struct Section {
  std::string_view name;
  uint32_t type = 0;   // SHT_*
  uint64_t flags = 0;  // SHF_*
  uint64_t size = 0;   // of what it occupies when loaded; more than bytes.size() for SHT_NOBITS
  uint32_t link = 0;
  uint32_t info = 0;
  Bytes bytes;

  bool code() const;  // holds instructions
};

struct Symbol {
  std::string_view name;
  uint64_t value = 0;
  uint64_t size = 0;
  uint32_t section = 0;    // index, or SHN_UNDEF, SHN_ABS, SHN_COMMON
  uint8_t type = 0;        // STT_*
  uint8_t binding = 0;     // STB_*
  uint8_t visibility = 0;  // STV_*
};

struct ElfRelocation {
  uint64_t offset = 0;  // in the section it changes
  uint32_t type = 0;    // R_BPF_*
  uint32_t symbol = 0;  // index
  uint32_t section = 0;
};

// Refers to the bytes it was read from.
struct ElfFile {
  std::vector<Section> sections;  // [0] is the null section, as in the file
  std::vector<Symbol> symbols;    // as in the file; each section index is valid
  // Of what is loaded; by section, then offset; each symbol index is valid.
  std::vector<ElfRelocation> relocations;

  // Index of the section with this name, or 0.
  uint32_t find(std::string_view name) const;
  // The relocations of one section, by offset.
  std::span<const ElfRelocation> relocations_of(uint32_t section) const;
};

// Errors: not an ELF file, or not one for BPF (64-bit, little-endian, relocatable); a header,
// section, symbol or relocation that points outside of what it belongs to.
std::expected<ElfFile, Error> read_elf(Bytes file);

}  // namespace zext::object
