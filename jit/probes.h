// Probes: collects the exception table while a program is compiled.
//
//   Probes probes(options.probes);
//   if (const char* why = probes.refused(program)) ...;   // with probes.refused_slot()
//   probes.lowered(pc, layout, emitter);                  // before the emitter is flushed
//   code.exceptions = probes.table(layout);               // after layout.finish()
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/ebpf/decode.h"
#include "jit/baseline/probe.h"
#include "jit/emit/layout.h"
#include "jit/exception.h"

namespace zext::jit {

class Probes {
 public:
  explicit Probes(std::span<const uint32_t> slots) : slots_(slots) {}

  // Why the slots cannot all be probing loads of the program, or null; the slot is refused_slot().
  const char* refused(const ebpf::Code& program) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      const uint32_t slot = slots_[i];
      refused_slot_ = slot;
      if (i != 0 && slot <= slots_[i - 1]) {
        return "the slots of probing loads must be ascending, each once";
      }
      if (slot >= program.size() || program.second_slot(slot)) {
        return "no instruction begins there that could be a probing load";
      }
      const ebpf::Instruction<>& insn = program.insns[slot];
      if (!can_probe(insn.row().kind)) return "only a load can be marked as probing";
      if (insn.src == ebpf::kFramePointer) {
        return "a load through r10 is of the stack, which is always there; leave it unmarked";
      }
    }
    return nullptr;
  }
  uint32_t refused_slot() const { return refused_slot_; }

  // To be told of each instruction, by ascending slot, once its lowering is in `emitter`, and all
  // code before it in `layout`.
  void lowered(uint32_t pc, const Layout& layout, const Emitter<Bits<64>>& emitter, ebpf::Reg dst) {
    if (next_ == slots_.size() || slots_[next_] != pc) return;
    ++next_;
    const ProbingLoad load = probing_load(emitter);
    entries_.push_back({.at = layout.place_of(emitter, load.item),
                        .resume = layout.place_of(emitter, load.resume),
                        .reg = load.reg,
                        .dst = dst});
  }

  // Ascending by offset, since code is in the order of slots.
  std::vector<Exception> table(const Layout& layout) const {
    std::vector<Exception> table;
    table.reserve(entries_.size());
    for (const Entry& entry : entries_) {
      table.push_back({.offset = layout.offset(entry.at),
                       .resume = layout.offset(entry.resume),
                       .reg = entry.reg,
                       .dst = entry.dst});
    }
    return table;
  }

 private:
  struct Entry {
    Place at, resume;
    rv64::Reg reg;
    ebpf::Reg dst;
  };

  std::span<const uint32_t> slots_;
  size_t next_ = 0;
  uint32_t refused_slot_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace zext::jit
