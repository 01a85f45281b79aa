// Provenance: which instruction made what each register holds, on one path. Messages say it;
// nothing else depends on it.
//
//   provenance.wrote(insn, pc, trace);
//   provenance.origin(3).pc
//
// A copy of a register comes from where the register came from.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "isa/ebpf/insn.h"
#include "verifier/cfg/cfg.h"
#include "verifier/state/state.h"
#include "verifier/verdict.h"

namespace zext::verifier {

class Provenance {
 public:
  struct Write {
    uint32_t pc = kNowhere;
    uint32_t trace = kNowhere;  // the last branch of the path before it
    bool ended = false;         // it was an address, and the call at pc ended that
  };

  const Write& of(size_t reg) const { return registers_[reg]; }

  void wrote(const ebpf::Instruction<>& insn, uint32_t pc, uint32_t trace) {
    const ebpf::Row& row = insn.row();
    const bool copies = row.kind == ebpf::Kind::kAlu && row.alu == ebpf::AluOp::kMov &&
                        row.width == 64 && row.source == ebpf::Source::kRegister;
    if (copies) {
      registers_[insn.dst] = {registers_[insn.src].pc, trace, registers_[insn.src].ended};
      return;
    }
    for (unsigned mask = registers_written(insn); mask != 0; mask &= mask - 1) {
      registers_[static_cast<size_t>(std::countr_zero(mask))] = {pc, trace};
    }
  }

  // A call made numbers of addresses that registers held before.
  using Addresses = std::array<bool, kSavedCount>;
  static Addresses addresses(const State& state) {
    Addresses result;
    for (size_t i = 0; i < kSavedCount; ++i) {
      result[i] = is_pointer(state.registers[kFirstSaved + i].type);
    }
    return result;
  }
  void ended(const Addresses& before, const State& after, uint32_t pc, uint32_t trace) {
    const Addresses now = addresses(after);
    for (size_t i = 0; i < kSavedCount; ++i) {
      if (before[i] && !now[i]) registers_[kFirstSaved + i] = {pc, trace, true};
    }
  }

  // Into a function of the program, and back to who called it.
  void enter() {
    Saved& saved = callers_.emplace_back();
    for (unsigned i = 0; i < kSavedCount; ++i) {
      saved[i] = registers_[kFirstSaved + i];
      registers_[kFirstSaved + i] = {};
    }
  }
  void leave(uint32_t call, uint32_t trace) {
    for (unsigned reg = 1; reg < kFirstSaved; ++reg) registers_[reg] = {call, trace};
    for (unsigned i = 0; i < kSavedCount; ++i) registers_[kFirstSaved + i] = callers_.back()[i];
    callers_.pop_back();
  }

 private:
  using Saved = std::array<Write, kSavedCount>;

  std::array<Write, ebpf::kRegisterCount> registers_;
  std::vector<Saved> callers_;
};

}  // namespace zext::verifier
