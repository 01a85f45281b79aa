#include "jit/elf/frame_table.h"

#include <cstdint>

#include "isa/rv64/insn.h"
#include "jit/baseline/frame.h"
#include "jit/elf/dwarf.h"

namespace zext::jit::elf {
namespace {

// Frames grow by multiples of 16, and registers are 8 bytes: offsets are counted in -8.
constexpr int64_t kDataAlignment = -8;

// Registers that a call may change (psABI, "Integer Register Convention"); DWARF numbers them as
// the instruction set does.
constexpr rv64::Reg kLostOverCalls[] = {rv64::kT0, rv64::kT1, rv64::kT2, rv64::kA0, rv64::kA1,
                                        rv64::kA2, rv64::kA3, rv64::kA4, rv64::kA5, rv64::kA6,
                                        rv64::kA7, rv64::kT3, rv64::kT4, rv64::kT5, rv64::kT6};

// What all functions have in common, at the section's begin: the state at their entry.
void write_common(Section& out) {
  const size_t entry = out.begin_length();
  out.u32(0xffff'ffff);  // no function's
  out.u8(4);             // version of this section, as in DWARF 4
  out.string("");        // no augmentation
  out.u8(8);             // of an address
  out.u8(0);             // of a segment selector
  out.uleb(1);           // code alignment: addresses are counted in bytes
  out.sleb(kDataAlignment);
  out.uleb(rv64::kRa);
  out.u8(DW_CFA_def_cfa);
  out.uleb(rv64::kSp);
  out.uleb(0);
  for (const rv64::Reg reg : kLostOverCalls) {
    out.u8(DW_CFA_undefined);
    out.uleb(reg);
  }
  out.pad(8, DW_CFA_nop);
  out.end_length(entry);
}

void advance(Section& out, uint32_t bytes) {
  if (bytes == 0) return;
  if (bytes < 0x40) {
    out.u8(DW_CFA_advance_loc | bytes);
  } else if (bytes < 0x100) {
    out.u8(DW_CFA_advance_loc1);
    out.u8(bytes);
  } else if (bytes < 0x1'0000) {
    out.u8(DW_CFA_advance_loc2);
    out.u16(bytes);
  } else {
    out.u8(DW_CFA_advance_loc4);
    out.u32(bytes);
  }
}

void change(Section& out, const Frame& frame, const FrameEntry& from, const FrameEntry& to) {
  advance(out, to.offset - from.offset);
  if (to.depth != from.depth) {
    out.u8(DW_CFA_def_cfa_offset);
    out.uleb(to.depth);
  }
  each_saved(frame, [&](rv64::Reg reg, unsigned at) {
    const bool was = (from.saved >> reg & 1) != 0;
    const bool is = (to.saved >> reg & 1) != 0;
    if (was == is) return;
    out.u8((is ? DW_CFA_offset : DW_CFA_restore) | reg);
    if (is) out.uleb((frame.size() - at) / static_cast<uint64_t>(-kDataAlignment));
  });
}

}  // namespace

void write_frame_table(Section& out, SymbolIndex text, std::span<const Unit> units) {
  write_common(out);
  for (const Unit& unit : units) {
    auto next = unit.code->frames.begin();
    for (const FunctionEntry& function : unit.code->functions) {
      const size_t entry = out.begin_length();
      out.offset(out.symbol, 0);
      out.address(text, static_cast<int64_t>(unit.text + function.offset));
      out.u64(function.end - function.offset);
      FrameEntry state{.offset = function.offset, .depth = 0, .saved = 0};
      for (; next != unit.code->frames.end() && next->offset < function.end; ++next) {
        change(out, function.frame, state, *next);
        state = *next;
      }
      out.pad(8, DW_CFA_nop);
      out.end_length(entry);
    }
  }
}

}  // namespace zext::jit::elf
