#include "jit/constants.h"

#include <algorithm>
#include <optional>

#include "jit/baseline/endian.h"
#include "jit/baseline/immediate.h"
#include "jit/baseline/jump.h"
#include "jit/baseline/memory.h"

namespace zext::jit {
namespace {

using W = Bits<64>;

// Weighted uses from which a constant is worth a register: a use in a loop counts ten times.
constexpr uint64_t kLoopWeight = 10;
constexpr uint64_t kMaxWeight = 1000;
constexpr uint64_t kWorthwhile = kLoopWeight;

std::optional<W> unless(bool encoded, W value) {
  return encoded ? std::nullopt : std::optional(value);
}

bool is_mask_of_shifts(W mask) {
  return is_power_of_two(mask + W::of(1)) || is_power_of_two(W::of(0) - mask);
}

std::optional<W> alu_constant(const ebpf::Instruction<>& insn) {
  const W imm = insn.imm;
  switch (insn.row().alu) {
    case ebpf::AluOp::kAdd:
      return unless(fits12(imm), imm);
    case ebpf::AluOp::kSub:
      return unless(fits12(W::of(0) - imm), W::of(0) - imm);
    case ebpf::AluOp::kAnd:
      return unless(fits12(imm) || is_mask_of_shifts(imm), imm);
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      return unless(fits12(imm), imm);
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kMod:
      return unless(imm == W::of(0) || is_power_of_two(imm), imm);
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kSmod:
      return unless(imm == W::of(0), imm);
    case ebpf::AluOp::kMov:
      return unless(fits12(imm), imm);
    case ebpf::AluOp::kLsh:
    case ebpf::AluOp::kRsh:
    case ebpf::AluOp::kArsh:
      return std::nullopt;
  }
  __builtin_unreachable();
}

std::optional<W> jump_constant(const ebpf::Instruction<>& insn) {
  const W imm = insn.imm;
  if (insn.row().jump == ebpf::JumpOp::kJset) {
    return unless(fits12(imm) || is_power_of_two(imm), imm);
  }
  Branch branch;
  return unless(internal::compares_with_zero(insn.row().jump, home(insn.dst), imm, branch), imm);
}

// The constant that the instruction's lowering is expected to put in a register.
std::optional<W> constant_of(const ebpf::Instruction<>& insn) {
  const ebpf::Row& row = insn.row();
  const bool immediate = row.source == ebpf::Source::kImmediate;
  if (row.kind == ebpf::Kind::kAlu && immediate) return alu_constant(insn);
  if (row.kind == ebpf::Kind::kJump && immediate && insn.dst != ebpf::kFramePointer) {
    return jump_constant(insn);
  }
  if (row.kind == ebpf::Kind::kStoreImm) {
    const W value = stored_constant(row.bytes, insn.imm);
    return unless(value == W::of(0), value);
  }
  if (insn.op == ebpf::Op::kLoadImm64) return unless(fits12(insn.imm), insn.imm);
  return std::nullopt;
}

}  // namespace

// Where loops begin and end: a jump backward makes all from its target to itself one deeper.
void ConstantKeeper::find_depths(const ebpf::Code& program, uint32_t begin, uint32_t end) {
  depth_changes_.assign(end - begin + 1, 0);
  for (uint32_t pc = begin; pc < end; pc = program.next(pc)) {
    const ebpf::Kind kind = program.insns[pc].row().kind;
    if (kind != ebpf::Kind::kJump && kind != ebpf::Kind::kJa && kind != ebpf::Kind::kGotol)
      continue;
    const auto target = program.target(pc);
    if (*target > pc) continue;
    ++depth_changes_[*target - begin];
    --depth_changes_[pc + 1 - begin];
  }
}

void ConstantKeeper::count(W value, uint64_t uses) {
  for (unsigned i = 0; i < candidate_count_; ++i) {
    if (candidates_[i].value != value) continue;
    candidates_[i].uses += uses;
    return;
  }
  if (candidate_count_ < kMaxCandidates) candidates_[candidate_count_++] = {value, uses};
}

// The masks that swapping bytes takes.
void ConstantKeeper::count_masks(const ebpf::Row& row, uint64_t uses) {
  if (row.kind != ebpf::Kind::kEndian || row.endian == ebpf::EndianOp::kLe) return;
  if (row.bytes == 4) count(W::of(kOddBytes32), uses);
  if (row.bytes != 8) return;
  count(W::of(kOddBytes), uses);
  count(W::of(kOddHalfwords), uses);
}

// Those that save most: each use saves the instructions that load the constant.
void ConstantKeeper::take_best() {
  const auto saved = [](const Candidate& candidate) {
    return candidate.uses * steps_length(candidate.value);
  };
  while (size_ < kRegisters.size()) {
    Candidate* best = nullptr;
    for (unsigned i = 0; i < candidate_count_; ++i) {
      Candidate& candidate = candidates_[i];
      if (candidate.uses < kWorthwhile) continue;
      if (best == nullptr || saved(candidate) > saved(*best)) best = &candidate;
    }
    if (best == nullptr) return;
    kept_[size_] = {best->value, kRegisters[size_]};
    ++size_;
    best->uses = 0;
  }
}

void ConstantKeeper::choose(const ebpf::Code& program, uint32_t begin, uint32_t end,
                            const Frame& frame, Extensions extensions) {
  size_ = 0;
  candidate_count_ = 0;
  if (frame.calls) return;
  find_depths(program, begin, end);
  const bool swaps = !extensions.has(rv64::Extension::kZbb);
  int32_t depth = 0;
  for (uint32_t pc = begin; pc < end; ++pc) {
    depth += depth_changes_[pc - begin];
    if (depth == 0 || program.second_slot(pc)) continue;
    uint64_t weight = kLoopWeight;
    for (int32_t i = 1; i < depth && weight < kMaxWeight; ++i) weight *= kLoopWeight;
    const ebpf::Instruction<>& insn = program.insns[pc];
    if (const auto value = constant_of(insn)) count(*value, weight);
    if (swaps) count_masks(insn.row(), weight);
  }
  take_best();
}

}  // namespace zext::jit
