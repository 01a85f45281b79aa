#include "verifier/cfg/demand.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

constexpr unsigned kSlotBytes = 8;
constexpr uint16_t kArguments = 0x03e;    // r1 to r5
constexpr uint16_t kCallerSaved = 0x03f;  // and r0
constexpr unsigned kMaxRounds = 16;       // over all blocks; then the guess is as good as it gets

constexpr uint16_t bit(ebpf::Reg reg) { return static_cast<uint16_t>(1u << reg); }

bool is_load(Kind kind) {
  return kind == Kind::kLoad || kind == Kind::kLoadSx || kind == Kind::kLoadAcquire;
}
bool is_store(Kind kind) {
  return kind == Kind::kStore || kind == Kind::kStoreImm || kind == Kind::kStoreRelease;
}

// The slots that hold the bytes from `offset` on, relative to r10.
uint64_t slots_of(int64_t offset, unsigned bytes) {
  uint64_t slots = 0;
  for (int64_t at = offset; at < offset + bytes; ++at) {
    if (at >= 0 || at < -ebpf::kStackSize) continue;
    slots |= uint64_t{1} << ((-at - 1) / kSlotBytes);
  }
  return slots;
}

// Slots whose address is taken: from that place up they may be reached otherwise than through r10.
uint64_t reached_otherwise(const ebpf::Code& code, uint32_t entry, uint32_t end) {
  uint64_t slots = 0;
  for (uint32_t pc = entry; pc < end; pc = code.next(pc)) {
    const Instruction<>& insn = code.insns[pc];
    const ebpf::Row& row = insn.row();
    const bool copy = row.kind == Kind::kAlu && row.alu == ebpf::AluOp::kMov &&
                      row.source == ebpf::Source::kRegister && insn.src == ebpf::kFramePointer;
    if (!copy) continue;
    int64_t offset = -ebpf::kStackSize;
    const uint32_t next = code.next(pc);
    if (next < end) {
      const Instruction<>& moved = code.insns[next];
      const bool adds = moved.row().kind == Kind::kAlu && moved.row().alu == ebpf::AluOp::kAdd &&
                        moved.row().source == ebpf::Source::kImmediate && moved.dst == insn.dst;
      if (adds) offset = moved.imm.signed_value();
    }
    if (offset >= 0 || offset < -ebpf::kStackSize) continue;
    slots |= slots_of(offset, static_cast<unsigned>(-offset));
  }
  return slots;
}

class Analysis {
 public:
  Analysis(const ebpf::Code& code, const Cfg& cfg, const Platform* platform)
      : code_(code), cfg_(cfg), platform_(platform) {
    for (size_t i = 0; i < code.functions.size(); ++i) {
      const uint32_t end = i + 1 < code.functions.size() ? code.functions[i + 1] : code.size();
      otherwise_.push_back(reached_otherwise(code, code.functions[i], end));
    }
  }

  Demand run() {
    demand_.before.resize(cfg_.blocks.size());
    bool changed = true;
    for (unsigned round = 0; changed && round < kMaxRounds; ++round) {
      changed = false;
      for (size_t b = cfg_.blocks.size(); b-- > 0;) {
        const Demand::Set set = before(cfg_.blocks[b]);
        changed = changed || set != demand_.before[b];
        demand_.before[b] = set;
      }
    }
    for (size_t b = 0; b < cfg_.blocks.size(); ++b) {
      demand_.before[b].live_slots |= otherwise(cfg_.blocks[b].first);
    }
    return std::move(demand_);
  }

 private:
  uint64_t otherwise(uint32_t pc) const {
    const auto next = std::upper_bound(code_.functions.begin(), code_.functions.end(), pc);
    return otherwise_[static_cast<size_t>(next - code_.functions.begin()) - 1];
  }

  Demand::Set before(const Block& block) const {
    Demand::Set set;
    for (const uint32_t next : block.successors()) {
      const Demand::Set& after = demand_.before[next];
      set.live_slots |= after.live_slots;
      set.registers |= after.registers;
      set.slots |= after.slots;
    }
    std::vector<uint32_t> pcs;
    for (uint32_t pc = block.first; pc <= block.last; pc = code_.next(pc)) pcs.push_back(pc);
    for (size_t i = pcs.size(); i-- > 0;) step(code_.insns[pcs[i]], set);
    return set;
  }

  void step(const Instruction<>& insn, Demand::Set& set) const {
    const ebpf::Row& row = insn.row();
    const bool reg = row.source == ebpf::Source::kRegister;
    const uint16_t dst = bit(insn.dst);
    const bool wanted = (set.registers & dst) != 0;
    if (is_load(row.kind)) {
      set.registers &= static_cast<uint16_t>(~dst);
      if (insn.src == ebpf::kFramePointer) {
        const uint64_t slots = slots_of(insn.offset, row.bytes);
        set.live_slots |= slots;
        if (wanted) set.slots |= slots;
      }
      set.registers |= bit(insn.src);
      return;
    }
    if (is_store(row.kind) || row.kind == Kind::kAtomic) {
      if (insn.dst == ebpf::kFramePointer) store(insn, set);
      set.registers |= dst;
      return;
    }
    switch (row.kind) {
      case Kind::kAlu:
        if (row.alu == ebpf::AluOp::kMov) set.registers &= static_cast<uint16_t>(~dst);
        if (wanted && reg) set.registers |= bit(insn.src);
        break;
      case Kind::kMovsx:
        set.registers &= static_cast<uint16_t>(~dst);
        if (wanted) set.registers |= bit(insn.src);
        break;
      case Kind::kJump:
        // Either may bound the other, or what it was computed from.
        if (reg) set.registers |= static_cast<uint16_t>(dst | bit(insn.src));
        break;
      case Kind::kImm64:
        set.registers &= static_cast<uint16_t>(~dst);
        break;
      case Kind::kCallLocal:
      case Kind::kCallBtf:
      case Kind::kCallx:
        set.registers = static_cast<uint16_t>((set.registers & ~kCallerSaved) | kArguments);
        break;
      case Kind::kCallHelper:
      case Kind::kLoadAbs:
      case Kind::kLoadInd:
        set.registers = static_cast<uint16_t>((set.registers & ~kCallerSaved) |
                                              (registers_read(insn, platform_) & 0x7ff));
        break;
      case Kind::kNeg:
      case Kind::kEndian:
      case Kind::kJa:
      case Kind::kGotol:
      case Kind::kMayGoto:
      case Kind::kExit:
      case Kind::kAddrSpaceCast:
      case Kind::kLoad:
      case Kind::kLoadSx:
      case Kind::kLoadAcquire:
      case Kind::kStore:
      case Kind::kStoreImm:
      case Kind::kStoreRelease:
      case Kind::kAtomic:
        break;
    }
  }

  static void store(const Instruction<>& insn, Demand::Set& set) {
    const ebpf::Row& row = insn.row();
    const uint64_t slots = slots_of(insn.offset, row.bytes);
    const bool wanted = (set.slots & slots) != 0;
    const bool whole = row.kind != Kind::kAtomic && row.bytes == kSlotBytes;
    if (whole) {
      set.live_slots &= ~slots;
      set.slots &= ~slots;
    } else if (row.kind == Kind::kAtomic) {
      set.live_slots |= slots;
    }
    if (wanted && row.kind != Kind::kStoreImm) set.registers |= bit(insn.src);
  }

  const ebpf::Code& code_;
  const Cfg& cfg_;
  const Platform* platform_;
  std::vector<uint64_t> otherwise_;  // by function
  Demand demand_;
};

}  // namespace

Demand Demand::of(const ebpf::Code& code, const Cfg& cfg, const Platform* platform) {
  return Analysis(code, cfg, platform).run();
}

}  // namespace zext::verifier
