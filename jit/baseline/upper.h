// Upper halves: what is known of a register's upper 32 bits, and whether anyone will ask.
//
//   const UpperDemand demand = upper_demand(insn);
//   before = demand.before(after);                    // backwards: which upper halves count
//   uppers = uppers_after(insn, uppers, after);       // forwards: what they are known to be
//
// A machine register holds an eBPF register in full only where its upper half counts: where some
// path reads it before it is written. Elsewhere the lower halves agree and the upper one is the
// lowering's to choose; then a 32-bit result stays as RV64's .w instructions leave it,
// sign-extended, and comparisons need no extension. That each lowering keeps this relation, with
// the demand and the knowledge that the functions here compute, is what proofs/lowerings shows.
#pragma once

#include <cstdint>

#include "isa/ebpf/insn.h"
#include "jit/baseline/constant.h"
#include "jit/baseline/effects.h"
#include "jit/baseline/registers.h"

namespace zext::jit {

// What is known of one register's upper half: that it is zero, that it repeats bit 31.
struct Upper {
  bool zero = false;
  bool sign = false;

  constexpr bool both() const { return zero && sign; }
  friend constexpr bool operator==(Upper, Upper) = default;
};

// Knowledge about r0 to r9.
struct Uppers {
  RegisterSet zero, sign;

  constexpr Upper of(ebpf::Reg reg) const { return {zero.has(reg), sign.has(reg)}; }
  constexpr void set(ebpf::Reg reg, Upper upper) {
    zero.put(reg, upper.zero);
    sign.put(reg, upper.sign);
  }
  // What holds where two paths meet.
  friend constexpr Uppers operator&(Uppers a, Uppers b) {
    return {a.zero & b.zero, a.sign & b.sign};
  }
  friend constexpr bool operator==(Uppers, Uppers) = default;
};

// Which upper halves an instruction reads, as bits by register: some always, some only if the upper
// half of what it writes counts.
struct UpperDemand {
  uint16_t always = 0;
  uint16_t if_written_counts = 0;
  uint16_t written = 0;

  constexpr RegisterSet before(RegisterSet after) const {
    unsigned bits = (after.bits() & ~written) | always;
    if ((after.bits() & written) != 0) bits |= if_written_counts;
    return RegisterSet::of(bits);
  }
};

namespace internal {

constexpr uint16_t bit(ebpf::Reg reg) { return static_cast<uint16_t>(1u << reg); }
inline constexpr uint16_t kArguments = bit(1) | bit(2) | bit(3) | bit(4) | bit(5);
inline constexpr uint16_t kClobbered = kArguments | bit(0);

template <Word W>
UpperDemand alu_demand(const ebpf::Instruction<W>& insn) {
  const ebpf::Row& row = insn.row();
  const bool immediate = row.source == ebpf::Source::kImmediate;
  const uint16_t dst = bit(insn.dst);
  const uint16_t src = immediate ? uint16_t{0} : bit(insn.src);
  UpperDemand demand{.written = dst};
  if (row.width == 32) return demand;
  switch (row.alu) {
    case ebpf::AluOp::kMov:
      demand.if_written_counts = src;
      break;
    case ebpf::AluOp::kAnd:
      if (immediate && bool(sle(W::of(0), insn.imm))) break;  // the mask's upper half is zero
      [[fallthrough]];
    case ebpf::AluOp::kAdd:
    case ebpf::AluOp::kSub:
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      demand.if_written_counts = dst | src;
      break;
    case ebpf::AluOp::kLsh:  // of the amount six bits count
      if (immediate && bool(ule(W::of(32), insn.imm & W::of(63)))) break;
      demand.if_written_counts = dst;
      break;
    case ebpf::AluOp::kRsh:
    case ebpf::AluOp::kArsh:
      demand.always = dst;
      break;
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kMod:
    case ebpf::AluOp::kSmod:
      demand.always = dst | src;
      break;
  }
  return demand;
}

template <Word W>
UpperDemand jump_demand(const ebpf::Instruction<W>& insn) {
  const ebpf::Row& row = insn.row();
  if (row.width == 32) return {};
  if (row.source == ebpf::Source::kRegister) {
    return {.always = static_cast<uint16_t>(bit(insn.dst) | bit(insn.src))};
  }
  if (row.jump == ebpf::JumpOp::kJset && bool(sle(W::of(0), insn.imm))) return {};
  return {.always = bit(insn.dst)};
}

template <Word W>
UpperDemand atomic_demand(const ebpf::Instruction<W>& insn) {
  const ebpf::Row& row = insn.row();
  const bool exchange = row.atomic == ebpf::AtomicOp::kCmpxchg;
  UpperDemand demand{.always = bit(insn.dst)};
  if (row.width == 64) {
    demand.always |= bit(insn.src);
    if (exchange) demand.always |= bit(0);
  }
  if (row.fetch) demand.written = exchange ? bit(0) : bit(insn.src);
  return demand;
}

}  // namespace internal

// A call of a function of the program also demands what counts where that begins.
template <Word W>
UpperDemand upper_demand(const ebpf::Instruction<W>& insn) {
  using internal::bit;
  const ebpf::Row& row = insn.row();
  const uint16_t dst = bit(insn.dst);
  const uint16_t src = bit(insn.src);
  const auto call = [&](unsigned operands) {
    return UpperDemand{.always = static_cast<uint16_t>(internal::kArguments | operands),
                       .written = internal::kClobbered};
  };
  switch (row.kind) {
    case ebpf::Kind::kAlu:
      return internal::alu_demand(insn);
    case ebpf::Kind::kNeg:
      return {.if_written_counts = row.width == 64 ? dst : uint16_t{0}, .written = dst};
    case ebpf::Kind::kMovsx:
      return {.written = dst};
    case ebpf::Kind::kEndian:
      if (row.bytes < 8) return {.written = dst};
      if (row.endian == ebpf::EndianOp::kLe) return {};
      return {.always = dst, .written = dst};
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kLoadAcquire:
    case ebpf::Kind::kAddrSpaceCast:
      return {.always = src, .written = dst};
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreRelease:
      return {.always = static_cast<uint16_t>(row.bytes == 8 ? dst | src : dst)};
    case ebpf::Kind::kStoreImm:
      return {.always = dst};
    case ebpf::Kind::kAtomic:
      return internal::atomic_demand(insn);
    case ebpf::Kind::kImm64:
      return {.written = dst};
    case ebpf::Kind::kLoadAbs:
      return {.always = bit(6), .written = internal::kClobbered};
    case ebpf::Kind::kLoadInd:
      return {.always = static_cast<uint16_t>(bit(6) | src), .written = internal::kClobbered};
    case ebpf::Kind::kJump:
      return internal::jump_demand(insn);
    case ebpf::Kind::kJa:
    case ebpf::Kind::kGotol:
    case ebpf::Kind::kMayGoto:
      return {};
    case ebpf::Kind::kCallHelper: {
      // A tail call that is not taken leaves r0 as it was.
      const auto tail_call = bool(insn.imm == W::of(ebpf::kTailCallHelper));
      return call(tail_call ? bit(0) : 0u);
    }
    case ebpf::Kind::kCallBtf:
    case ebpf::Kind::kCallLocal:
      return call(0);
    case ebpf::Kind::kCallx:
      return call(dst);
    case ebpf::Kind::kExit:
      return {.always = bit(0)};
  }
  __builtin_unreachable();
}

// Whether the operation is done by RV64's 32-bit instruction: it is one of 32 bits, or only the low
// half of its result counts and is that of the low halves.
constexpr bool is_narrow(const ebpf::Row& row, bool counts) {
  if (row.width == 32) return true;
  if (counts) return false;
  if (row.kind == ebpf::Kind::kNeg) return true;
  return row.kind == ebpf::Kind::kAlu &&
         (row.alu == ebpf::AluOp::kAdd || row.alu == ebpf::AluOp::kSub ||
          row.alu == ebpf::AluOp::kMul || row.alu == ebpf::AluOp::kMov);
}

// What is known of a constant's upper half.
template <Word W>
Upper upper_of(const W& constant) {
  return {.zero = bool(ult(constant, W::of(uint64_t{1} << 32))),
          .sign = bool(fits_signed(32, constant))};
}

namespace internal {

// Of `a op b`, for the bitwise operations, which have no width.
constexpr Upper bitwise_upper(ebpf::AluOp op, Upper a, Upper b) {
  if (op != ebpf::AluOp::kAnd) return {.zero = a.zero && b.zero, .sign = a.sign && b.sign};
  const bool both = a.both() || b.both();
  return {.zero = a.zero || b.zero, .sign = both || (a.sign && b.sign)};
}

// Of RV64's 32-bit instruction for the operation: sign-extended, and zero where it is not negative.
template <Word W>
Upper narrow_upper(const ebpf::Instruction<W>& insn, Upper left, Upper right) {
  const bool immediate = insn.row().source == ebpf::Source::kImmediate;
  const W amount = insn.imm & W::of(31);
  switch (insn.row().alu) {
    case ebpf::AluOp::kMov:
      return right;
    case ebpf::AluOp::kAnd:
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      return bitwise_upper(insn.row().alu, left, right);
    case ebpf::AluOp::kRsh:
      if (!immediate) return {.sign = true};
      if (bool(amount != W::of(0))) return {.zero = true, .sign = true};
      return left.zero ? left : Upper{.sign = true};
    case ebpf::AluOp::kMod:
      return {.zero = immediate && bool(slt(W::of(0), insn.imm)), .sign = true};
    case ebpf::AluOp::kDiv:
      return {.zero = immediate && bool(slt(W::of(1), insn.imm)), .sign = true};
    case ebpf::AluOp::kAdd:
    case ebpf::AluOp::kSub:
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kSmod:
    case ebpf::AluOp::kLsh:
    case ebpf::AluOp::kArsh:
      // Shifted left in place by a constant, the shorter 64-bit instruction does.
      return {.sign = insn.row().alu != ebpf::AluOp::kLsh || !immediate};
  }
  __builtin_unreachable();
}

template <Word W>
Upper wide_upper(const ebpf::Instruction<W>& insn, Upper left, Upper right) {
  const bool immediate = insn.row().source == ebpf::Source::kImmediate;
  const W amount = insn.imm & W::of(63);
  switch (insn.row().alu) {
    case ebpf::AluOp::kMov:
      return right;
    case ebpf::AluOp::kAnd:
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      return bitwise_upper(insn.row().alu, left, right);
    case ebpf::AluOp::kRsh:
      if (immediate && bool(ult(W::of(32), amount))) return {.zero = true, .sign = true};
      if (immediate && bool(amount == W::of(32))) return {.zero = true};
      return left.zero ? left : Upper{};
    case ebpf::AluOp::kArsh:
      if (immediate && bool(ule(W::of(32), amount))) return {.zero = left.zero, .sign = true};
      return left;
    case ebpf::AluOp::kMod:
      if (immediate && bool(slt(W::of(0), insn.imm))) return {.zero = true, .sign = true};
      return {.zero = left.zero};
    case ebpf::AluOp::kDiv:
      return {.zero = left.zero};
    case ebpf::AluOp::kAdd:
    case ebpf::AluOp::kSub:
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kSmod:
    case ebpf::AluOp::kLsh:
      return {};
  }
  __builtin_unreachable();
}

}  // namespace internal

// What an operation's result is before an extension, given what is known of its operands.
template <Word W>
Upper alu_upper(const ebpf::Instruction<W>& insn, bool counts, Upper left, Upper right) {
  return is_narrow(insn.row(), counts) ? internal::narrow_upper(insn, left, right)
                                       : internal::wide_upper(insn, left, right);
}

// What is left of a 32-bit result that is extended with zeros if its upper half counts.
constexpr Upper extended(Upper result, bool counts) {
  if (!counts) return result;
  return {.zero = true, .sign = result.both()};
}

namespace internal {

template <Word W>
Upper alu_after(const ebpf::Instruction<W>& insn, Uppers before, bool counts) {
  const ebpf::Row& row = insn.row();
  const bool immediate = row.source == ebpf::Source::kImmediate;
  Upper right;
  if (immediate) {
    right = upper_of(insn.imm);
  } else if (insn.src != ebpf::kFramePointer) {
    right = before.of(insn.src);
  }
  const Upper result = alu_upper(insn, counts, before.of(insn.dst), right);
  return row.width == 32 ? extended(result, counts) : result;
}

// What is known of the register that an instruction without a call writes (effects.h).
template <Word W>
Upper upper_written(const ebpf::Instruction<W>& insn, Uppers before, bool counts) {
  const ebpf::Row& row = insn.row();
  constexpr Upper kZero{.zero = true}, kSign{.sign = true}, kBoth{.zero = true, .sign = true};
  const Upper word = counts ? kZero : kSign;  // 32 bits, extended as it is needed
  switch (row.kind) {
    case ebpf::Kind::kAlu:
      return alu_after(insn, before, counts);
    case ebpf::Kind::kNeg:
      return row.width == 32 ? word : (counts ? Upper{} : kSign);
    case ebpf::Kind::kMovsx:
      return row.width == 32 ? word : kSign;
    case ebpf::Kind::kEndian:
      if (row.bytes == 2) return kBoth;
      if (row.endian != ebpf::EndianOp::kLe) return row.bytes == 4 ? word : Upper{};
      return row.bytes == 4 ? extended(before.of(insn.dst), counts) : before.of(insn.dst);
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadAcquire:
      return row.bytes < 4 ? kBoth : (row.bytes == 4 ? word : Upper{});
    case ebpf::Kind::kLoadSx:
      return kSign;
    case ebpf::Kind::kAtomic:
      return row.bytes == 4 ? word : Upper{};
    case ebpf::Kind::kImm64:
      if (insn.op != ebpf::Op::kLoadImm64) return {};
      return counts ? upper_of(insn.imm) : upper_of(sext<64>(trunc<32>(insn.imm)));
    case ebpf::Kind::kAddrSpaceCast:
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kStoreRelease:
    case ebpf::Kind::kJump:
    case ebpf::Kind::kJa:
    case ebpf::Kind::kGotol:
    case ebpf::Kind::kMayGoto:
    case ebpf::Kind::kCallHelper:
    case ebpf::Kind::kCallLocal:
    case ebpf::Kind::kCallBtf:
    case ebpf::Kind::kCallx:
    case ebpf::Kind::kExit:
      return {};
  }
  __builtin_unreachable();
}

}  // namespace internal

// Whether a 32-bit comparison may be made on registers whose upper halves are zero; all may on
// those that are sign-extended, which keeps unsigned order too.
constexpr bool compares_unsigned(ebpf::JumpOp op) {
  switch (op) {
    case ebpf::JumpOp::kJeq:
    case ebpf::JumpOp::kJne:
    case ebpf::JumpOp::kJset:
    case ebpf::JumpOp::kJgt:
    case ebpf::JumpOp::kJge:
    case ebpf::JumpOp::kJlt:
    case ebpf::JumpOp::kJle:
      return true;
    case ebpf::JumpOp::kJsgt:
    case ebpf::JumpOp::kJsge:
    case ebpf::JumpOp::kJslt:
    case ebpf::JumpOp::kJsle:
      return false;
  }
  __builtin_unreachable();
}

// Whether a register is sign-extended for a comparison where it is: nobody needs its upper half.
constexpr bool extends_in_place(ebpf::Reg reg, RegisterSet counts) {
  return reg != ebpf::kFramePointer && !counts.has(reg);
}

// The registers that a jump compares sign-extended and that are not known to be.
template <Word W>
RegisterSet compared_extended(const ebpf::Instruction<W>& insn, Uppers before) {
  const ebpf::Row& row = insn.row();
  if (row.kind != ebpf::Kind::kJump || row.width == 64 || row.jump == ebpf::JumpOp::kJset)
    return {};
  const bool immediate = row.source == ebpf::Source::kImmediate;
  const auto of = [&](ebpf::Reg reg) {
    return reg == ebpf::kFramePointer ? Upper{} : before.of(reg);
  };
  const Upper left = of(insn.dst);
  Upper right = {.sign = true};
  if (immediate) {
    right.zero = bool(sle(W::of(0), insn.imm));
  } else {
    right = of(insn.src);
  }
  RegisterSet extended;
  if (compares_unsigned(row.jump) && left.zero && right.zero) return extended;
  extended.put(insn.dst, !left.sign);
  if (!immediate && !right.sign) extended.put(insn.src, true);
  return extended;
}

// What is known after one instruction, given what is known before it and which upper halves count
// after it.
template <Word W>
Uppers uppers_after(const ebpf::Instruction<W>& insn, Uppers before, RegisterSet counts) {
  Uppers after = before;
  if (insn.row().kind == ebpf::Kind::kAlu) {
    after.set(insn.dst, internal::alu_after(insn, before, counts.has(insn.dst)));
  } else if (calls(insn.row().kind)) {
    for (ebpf::Reg reg = 0; reg <= 5; ++reg) after.set(reg, {});
  } else if (const auto reg = written(insn)) {
    after.set(*reg, internal::upper_written(insn, before, counts.has(*reg)));
  } else if (insn.row().kind == ebpf::Kind::kJump) {
    const RegisterSet extended = compared_extended(insn, before);
    for (const ebpf::Reg reg : {insn.dst, insn.src}) {
      if (extended.has(reg) && extends_in_place(reg, counts)) after.set(reg, {.sign = true});
    }
  }
  return after;
}

}  // namespace zext::jit
