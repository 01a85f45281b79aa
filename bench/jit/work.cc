#include "bench/jit/work.h"

#include "isa/rv64/decode.h"

namespace zext::bench {
namespace {

using rv64::Op;

constexpr const char* kNames[kWorkCount] = {"move",  "extend", "constant", "load",   "store",
                                            "stack", "branch", "jump",     "call",   "add",
                                            "logic", "shift",  "multiply", "divide", "other"};

bool is(const rv64::Instruction<>& insn, std::initializer_list<Op> ops) {
  for (const Op op : ops) {
    if (insn.op == op) return true;
  }
  return false;
}

int64_t imm_of(const rv64::Instruction<>& insn) { return static_cast<int64_t>(insn.imm.value()); }

// The two shifts of an extension by shifting left and back.
bool shifts_back(const rv64::Instruction<>& first, const rv64::Instruction<>& second) {
  return first.op == Op::kSlli && is(second, {Op::kSrli, Op::kSrai}) && first.rd == second.rd &&
         second.rs1 == second.rd && imm_of(second) >= 32;
}

bool is_move(const rv64::Instruction<>& i) {
  if (i.op == Op::kAddi) return i.rs1 != 0 && imm_of(i) == 0;
  return i.op == Op::kAdd && (i.rs1 == 0) != (i.rs2 == 0);
}

bool extends(const rv64::Instruction<>& i) {
  if (is(i, {Op::kSextB, Op::kSextH, Op::kZextH})) return true;
  if (i.op == Op::kAddUw) return i.rs2 == 0;
  if (i.op == Op::kAddiw) return imm_of(i) == 0 && i.rs1 != 0;
  return i.op == Op::kAndi && imm_of(i) == 255;
}

bool begins_constant(const rv64::Instruction<>& i) {
  return is(i, {Op::kLui, Op::kAuipc}) || (is(i, {Op::kAddi, Op::kAddiw}) && i.rs1 == 0);
}

Work arithmetic(const rv64::Instruction<>& i) {
  if (is(i, {Op::kMul, Op::kMulh, Op::kMulhu, Op::kMulhsu, Op::kMulw})) return Work::kMultiply;
  if (is(i, {Op::kDiv, Op::kDivu, Op::kRem, Op::kRemu, Op::kDivw, Op::kDivuw, Op::kRemw,
             Op::kRemuw})) {
    return Work::kDivide;
  }
  if (is(i, {Op::kSll, Op::kSrl, Op::kSra, Op::kSlli, Op::kSrli, Op::kSrai, Op::kSllw, Op::kSrlw,
             Op::kSraw, Op::kSlliw, Op::kSrliw, Op::kSraiw, Op::kRol, Op::kRor, Op::kRori,
             Op::kRolw, Op::kRorw, Op::kRoriw})) {
    return Work::kShift;
  }
  if (is(i, {Op::kAdd, Op::kSub, Op::kAddi, Op::kAddw, Op::kSubw, Op::kAddiw, Op::kAddUw,
             Op::kSh1add, Op::kSh2add, Op::kSh3add, Op::kSh1addUw, Op::kSh2addUw, Op::kSh3addUw})) {
    return Work::kAdd;
  }
  return Work::kLogic;
}

Work value_work(const rv64::Instruction<>& i) {
  if (i.rd == rv64::kSp) return Work::kStack;
  if (is_move(i)) return Work::kMove;
  if (extends(i)) return Work::kExtend;
  if (begins_constant(i)) return Work::kConstant;
  return arithmetic(i);
}

Work work_of(const rv64::Instruction<>& i) {
  const bool links = i.rd == rv64::kRa;
  switch (i.row().kind) {
    case rv64::Kind::kValue:
      return value_work(i);
    case rv64::Kind::kJump:
      if (links) return Work::kCall;
      return i.op == Op::kJalr && i.rs1 == rv64::kRa ? Work::kCall : Work::kJump;
    case rv64::Kind::kBranch:
      return Work::kBranch;
    case rv64::Kind::kLoad:
      return i.rs1 == rv64::kSp ? Work::kStack : Work::kLoad;
    case rv64::Kind::kStore:
      return i.rs1 == rv64::kSp ? Work::kStack : Work::kStore;
    case rv64::Kind::kAmo:
    case rv64::Kind::kLoadReserved:
    case rv64::Kind::kStoreConditional:
    case rv64::Kind::kCsr:
    case rv64::Kind::kFence:
    case rv64::Kind::kEnvironment:
    case rv64::Kind::kPrivileged:
      return Work::kOther;
  }
  __builtin_unreachable();
}

// Whether the instruction only goes on with the constant that the one before it left in rd.
bool completes_constant(const rv64::Instruction<>& before, const rv64::Instruction<>& i) {
  return i.rd == before.rd && i.rs1 == i.rd && is(i, {Op::kAddi, Op::kAddiw, Op::kSlli, Op::kSrli});
}

}  // namespace

const char* name_of(Work work) { return kNames[static_cast<size_t>(work)]; }

std::vector<Work> classify(std::span<const uint8_t> text) {
  std::vector<Work> result(text.size() / 2, Work::kOther);
  const auto half = [&](size_t at) {
    return static_cast<uint32_t>(at + 2 <= text.size() ? text[at] | text[at + 1] << 8 : 0);
  };
  rv64::Instruction<> before;
  size_t before_at = 0;
  for (size_t at = 0; at + 2 <= text.size();) {
    const auto decoded = rv64::decode(half(at) | half(at + 2) << 16);
    if (!decoded) {
      at += 2;
      continue;
    }
    const rv64::Instruction<>& insn = decoded->insn;
    Work& work = result[at / 2] = work_of(insn);
    if (shifts_back(before, insn)) {
      work = Work::kExtend;
      // A shift by 32 only makes room; another amount is the program's own shift.
      if (imm_of(before) == imm_of(insn)) result[before_at / 2] = Work::kExtend;
    } else if (result[before_at / 2] == Work::kConstant && completes_constant(before, insn)) {
      work = Work::kConstant;
    }
    before = insn;
    before_at = at;
    at += decoded->bytes;
  }
  return result;
}

}  // namespace zext::bench
