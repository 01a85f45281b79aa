#include "jit/elf/line_table.h"

#include <cstddef>

#include "jit/elf/dwarf.h"

namespace zext::jit::elf {
namespace {

// A special opcode adds to the line from kLineBase, and to the address what is left.
constexpr int64_t kLineBase = -5;
constexpr uint64_t kLineRange = 14;
constexpr uint64_t kOpcodeBase = 13;
constexpr uint8_t kOperands[kOpcodeBase - 1] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};

struct Position {
  uint32_t file = 0;
  uint32_t line = 0;
  uint32_t column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// The state machine of section 6.2.2, from the side that writes its program.
class Sequence {
 public:
  Sequence(Section& out, SymbolIndex text, uint64_t begin) : out_(out), address_(begin) {
    extended(DW_LNE_set_address, 8);
    out_.address(text, static_cast<int64_t>(begin));
  }

  void flag(LineOpcode opcode) { out_.u8(opcode); }

  void row(uint64_t address, const Position& position) {
    if (position.file != now_.file) {
      out_.u8(DW_LNS_set_file);
      out_.uleb(position.file);
    }
    if (position.column != now_.column) {
      out_.u8(DW_LNS_set_column);
      out_.uleb(position.column);
    }
    uint64_t ahead = address - address_;
    int64_t lines = int64_t{position.line} - now_.line;
    if (lines < kLineBase || lines >= kLineBase + static_cast<int64_t>(kLineRange)) {
      out_.u8(DW_LNS_advance_line);
      out_.sleb(lines);
      lines = 0;
    }
    if (special(ahead, lines) > 255) {
      out_.u8(DW_LNS_advance_pc);
      out_.uleb(ahead);
      ahead = 0;
    }
    out_.u8(special(ahead, lines));
    now_ = position;
    address_ = address;
  }

  void end(uint64_t address) {
    out_.u8(DW_LNS_advance_pc);
    out_.uleb(address - address_);
    extended(DW_LNE_end_sequence, 0);
  }

 private:
  static uint64_t special(uint64_t ahead, int64_t lines) {
    return static_cast<uint64_t>(lines - kLineBase) + kLineRange * ahead + kOpcodeBase;
  }
  void extended(ExtendedLineOpcode opcode, uint64_t operand_bytes) {
    out_.u8(0);
    out_.uleb(operand_bytes + 1);
    out_.u8(opcode);
  }

  Section& out_;
  Position now_ = {.file = 1, .line = 1, .column = 0};
  uint64_t address_;
};

void write_header(Section& out, const SourceFiles& files) {
  out.u16(kDwarfVersion);
  out.u8(8);  // of an address
  out.u8(0);  // of a segment selector
  const size_t header = out.begin_length();
  out.u8(1);  // shortest instruction: addresses are counted in bytes
  out.u8(1);  // operations in one
  out.u8(1);  // rows are statements
  out.u8(static_cast<uint64_t>(kLineBase));
  out.u8(kLineRange);
  out.u8(kOpcodeBase);
  out.append(kOperands);
  out.u8(1);  // directories: a path each
  out.uleb(DW_LNCT_path);
  out.uleb(DW_FORM_string);
  out.uleb(1);
  out.string(".");
  out.u8(2);  // files: a path and a directory each
  out.uleb(DW_LNCT_path);
  out.uleb(DW_FORM_string);
  out.uleb(DW_LNCT_directory_index);
  out.uleb(DW_FORM_udata);
  out.uleb(files.names().size());
  for (const std::string_view name : files.names()) {
    out.string(name);
    out.uleb(0);
  }
  out.end_length(header);
}

Position position_of(const object::Line* line, const SourceFiles& files) {
  if (line == nullptr) return {};
  return {.file = files.number_of(line->file), .line = line->line, .column = line->column};
}

void write_sequence(Section& out, SymbolIndex text, const Unit& unit, const SourceFiles& files) {
  const Code& code = *unit.code;
  if (code.bytes.empty()) return;
  Sequence sequence(out, text, unit.text);
  size_t function = 0;
  uint32_t slot = 0;
  Position last;
  bool first = true, in_prologue = false;
  for (const LineEntry& entry : code.lines) {
    while (entry.offset >= code.functions[function].end) ++function;
    const FunctionEntry& here = code.functions[function];
    const bool prologue = entry.pc == LineEntry::kPrologue;
    const bool epilogue = entry.pc == LineEntry::kEpilogue;
    // A prologue is its function's first line's, an epilogue its exit's.
    if (!epilogue) slot = prologue ? here.pc : entry.pc;
    const Position position = position_of(unit.line_at(here, slot), files);
    const bool begins = entry.offset == here.offset;
    if (first || begins || in_prologue || epilogue || position != last) {
      if (in_prologue && !prologue) sequence.flag(DW_LNS_set_prologue_end);
      if (epilogue) sequence.flag(DW_LNS_set_epilogue_begin);
      sequence.row(unit.text + entry.offset, position);
    }
    first = false;
    in_prologue = prologue;
    last = position;
  }
  sequence.end(unit.text + code.bytes.size());
}

}  // namespace

SourceFiles::SourceFiles(std::span<const Unit> units) {
  for (const Unit& unit : units) {
    for (const object::Line& line : unit.program->lines) {
      const auto number = static_cast<uint32_t>(names_.size());
      if (numbers_.try_emplace(line.file, number).second) names_.emplace_back(line.file);
    }
  }
  if (names_.empty()) names_.emplace_back(units.empty() ? "" : units.front().program->name);
}

uint32_t SourceFiles::number_of(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? 0 : found->second;
}

void write_line_table(Section& out, SymbolIndex text, std::span<const Unit> units,
                      const SourceFiles& files) {
  const size_t table = out.begin_length();
  write_header(out, files);
  for (const Unit& unit : units) write_sequence(out, text, unit, files);
  out.end_length(table);
}

}  // namespace zext::jit::elf
