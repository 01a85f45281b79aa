#include "jit/elf/object_file.h"

#include <elf.h>

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "jit/elf/attributes.h"
#include "jit/elf/debug_info.h"
#include "jit/elf/file.h"
#include "jit/elf/frame_table.h"
#include "jit/elf/line_table.h"
#include "jit/elf/section.h"
#include "jit/elf/unit.h"
#include "object/helper_name.h"

namespace zext::jit {
namespace {

using elf::File;
using elf::Section;
using elf::Unit;

constexpr uint64_t kAlignment = 4;

// In the DWARF and the symbols everything is counted in 32 bits somewhere.
constexpr uint64_t kMaxText = uint64_t{1} << 31;

std::optional<object::Error> check_probes(std::span<const CompiledProgram> programs) {
  for (const CompiledProgram& each : programs) {
    if (each.code->exceptions.empty()) continue;
    return object::Error{.where = "program '" + each.program->name + "'",
                         .what = "has loads that may fault, and an object file no table of them",
                         .hint = "compile it without probes, or as raw code"};
  }
  return std::nullopt;
}

std::optional<object::Error> check_names(std::span<const CompiledProgram> programs) {
  std::unordered_set<std::string> names;
  for (const CompiledProgram& each : programs) {
    if (names.insert(each.program->name).second) continue;
    return object::Error{.where = "program '" + each.program->name + "'",
                         .what = "a second program of this name, and a symbol can be only one",
                         .hint = "compile one with --program, or --format raw"};
  }
  for (const CompiledProgram& each : programs) {
    for (const Relocation& relocation : each.code->relocations) {
      if (!names.contains(symbol_of(relocation))) continue;
      return object::Error{.where = "program '" + symbol_of(relocation) + "'",
                           .what = "has the name of a function that is called outside",
                           .hint = "rename it"};
    }
  }
  return std::nullopt;
}

// Puts the code behind each other into .text.
std::vector<Unit> place(std::span<const CompiledProgram> programs, Section& text) {
  std::vector<Unit> units;
  for (const CompiledProgram& each : programs) {
    text.pad(kAlignment);
    units.push_back({each.program, each.bytecode, each.code, text.size()});
    text.append(each.code->bytes);
  }
  return units;
}

void add_symbols(File& file, const Section& text, std::span<const Unit> units,
                 std::string_view source) {
  file.add({.name = std::string(source), .section = SHN_ABS, .type = STT_FILE});
  // Disassemblers: from here on there are instructions (psABI, "Mapping Symbol").
  file.add({.name = "$x", .section = text.number});
  for (const Unit& unit : units) {
    for (const FunctionEntry& function : unit.code->functions) {
      const bool entry = unit.enters(function);
      file.add({.name = unit.name_of(function),
                .section = text.number,
                .value = unit.text + function.offset,
                .size = function.end - function.offset,
                .type = STT_FUNC,
                .binding = static_cast<uint8_t>(entry ? STB_GLOBAL : STB_LOCAL)});
    }
  }
}

void add_relocations(File& file, Section& text, std::span<const Unit> units) {
  std::unordered_map<std::string, elf::SymbolIndex> symbols;
  for (const Unit& unit : units) {
    for (const Relocation& relocation : unit.code->relocations) {
      const std::string name = symbol_of(relocation);
      const auto known = symbols.find(name);
      const elf::SymbolIndex symbol =
          known != symbols.end()
              ? known->second
              : symbols.emplace(name, file.add({.name = name, .binding = STB_GLOBAL}))
                    .first->second;
      text.relocate(unit.text + relocation.offset, R_RISCV_CALL_PLT, symbol);
    }
  }
}

}  // namespace

std::string symbol_of(const Relocation& relocation) {
  const std::string number = std::to_string(relocation.id);
  switch (relocation.kind) {
    case Relocation::Kind::kHelper: {
      const std::string name = object::helper_name(relocation.id);
      return name.empty() ? "bpf_helper_" + number : name;
    }
    case Relocation::Kind::kKernelFunction:
      return "kernel_function_" + number;
  }
  __builtin_unreachable();
}

std::expected<std::vector<uint8_t>, object::Error> object_file(
    std::span<const CompiledProgram> programs, const ObjectFileOptions& options) {
  if (auto wrong = check_names(programs)) return std::unexpected(*std::move(wrong));
  if (auto wrong = check_probes(programs)) return std::unexpected(*std::move(wrong));
  File file(elf::header_flags(options.extensions));
  Section& text = file.add(".text");
  text.flags = SHF_ALLOC | SHF_EXECINSTR;
  text.alignment = kAlignment;
  const std::vector<Unit> units = place(programs, text);
  if (text.size() > kMaxText) {
    return std::unexpected(object::Error{.where = "the RV64 object file",
                                         .what = "its programs have more than 2 GiB of code",
                                         .hint = "compile them one by one with --program"});
  }
  const elf::SourceFiles sources(units);
  add_symbols(file, text, units, sources.names().front());
  add_relocations(file, text, units);
  elf::write_attributes(file.add(".riscv.attributes"), options.extensions);
  Section& lines = file.add(".debug_line");
  elf::write_line_table(lines, text.symbol, units, sources);
  Section& frames = file.add(".debug_frame");
  frames.alignment = 8;
  elf::write_frame_table(frames, text.symbol, units);
  elf::write_debug_info({.info = file.add(".debug_info"),
                         .abbreviations = file.add(".debug_abbrev"),
                         .lines = lines,
                         .text = text},
                        units, sources);
  return file.write();
}

}  // namespace zext::jit
