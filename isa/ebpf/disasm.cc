#include "isa/ebpf/disasm.h"

namespace zext::ebpf {
namespace {

std::string hexadecimal(uint64_t value) {
  char digits[16];
  unsigned count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value & 0xf];
    value >>= 4;
  } while (value != 0);
  std::string text = "0x";
  while (count > 0) text += digits[--count];
  return text;
}

uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

// "0x5", "-0x1"
std::string number(int64_t value) { return (value < 0 ? "-" : "") + hexadecimal(magnitude(value)); }

// "+0x5", "-0x1"
std::string displacement(int64_t value) {
  return (value < 0 ? "-" : "+") + hexadecimal(magnitude(value));
}

// "r1", or "w1" where the operation is 32 bits wide
std::string reg(Reg number, unsigned width) {
  return (width == 32 ? "w" : "r") + std::to_string(unsigned{number});
}

// "r1 + 0x4"
std::string sum(Reg base, int64_t offset) {
  return reg(base, 64) + (offset < 0 ? " - " : " + ") + hexadecimal(magnitude(offset));
}

std::string type(char prefix, unsigned bytes) { return prefix + std::to_string(8 * bytes); }

// "(u32 *)(r1 + 0x4)"
std::string place(char prefix, unsigned bytes, Reg base, int64_t offset) {
  return "(" + type(prefix, bytes) + " *)(" + sum(base, offset) + ")";
}

unsigned narrow(unsigned bytes) { return bytes == 8 ? 64 : 32; }

std::string operand(const Instruction<>& insn) {
  const Row& row = insn.row();
  return row.source == Source::kRegister ? reg(insn.src, row.width)
                                         : number(insn.imm.signed_value());
}

std::string endian_name(EndianOp op) {
  switch (op) {
    case EndianOp::kLe:
      return "le";
    case EndianOp::kBe:
      return "be";
    case EndianOp::kBswap:
      return "bswap";
  }
  __builtin_unreachable();
}

std::string atomic_text(const Instruction<>& insn) {
  const Row& row = insn.row();
  const std::string symbol = row.symbol;
  const std::string src = reg(insn.src, row.width);
  if (!row.fetch) {
    return "lock *" + place('u', row.bytes, insn.dst, insn.offset) + " " + symbol + " " + src;
  }
  const std::string suffix = row.width == 64 ? "_64(" : "32_32(";
  const std::string address = sum(insn.dst, insn.offset);
  if (row.atomic == AtomicOp::kXchg)
    return src + " = " + symbol + suffix + address + ", " + src + ")";
  if (row.atomic == AtomicOp::kCmpxchg) {
    const std::string r0 = reg(0, row.width);
    return r0 + " = " + symbol + suffix + address + ", " + r0 + ", " + src + ")";
  }
  return src + " = " + symbol + "(" + place('u', row.bytes, insn.dst, insn.offset) + ", " + src +
         ")";
}

std::string imm64_text(const Instruction<>& insn, Style style) {
  const std::string dst = reg(insn.dst, 64);
  if (insn.op == Op::kLoadImm64) return dst + " = " + number(insn.imm.signed_value()) + " ll";
  const uint64_t imm = insn.imm.value();
  std::string text = "ld_pseudo\t" + dst + ", " + hexadecimal(insn.row().src_field) + ", " +
                     hexadecimal(imm & 0xffffffff);
  if (style == Style::kExact && imm >> 32 != 0) text += ", " + hexadecimal(imm >> 32);
  return text;
}

std::string call_text(const Instruction<>& insn, Style style) {
  const int64_t imm = insn.imm.signed_value();
  if (style == Style::kLlvm || insn.op == Op::kCallHelper) return "call " + number(imm);
  if (insn.op == Op::kCallLocal) return "call local " + displacement(imm);
  return "call btf " + number(imm) + (insn.offset == 0 ? "" : ", " + number(insn.offset));
}

std::string packet_text(const Instruction<>& insn, Style style) {
  const Row& row = insn.row();
  const int64_t imm = insn.imm.signed_value();
  std::string index = number(imm);
  if (row.kind == Kind::kLoadInd) {
    index = style == Style::kExact && imm != 0 ? sum(insn.src, imm) : reg(insn.src, 64);
  }
  return "r0 = *(" + type('u', row.bytes) + " *)skb[" + index + "]";
}

// " ; to slot 7"
std::string target_comment(int64_t distance, uint32_t pc, Style style) {
  if (style == Style::kLlvm) return "";
  return " ; to slot " + std::to_string(int64_t{pc} + 1 + distance);
}

}  // namespace

std::string disassemble(const Instruction<>& insn, uint32_t pc, Style style) {
  const Row& row = insn.row();
  const std::string symbol = row.symbol;
  const std::string dst = reg(insn.dst, row.width);
  const int64_t imm = insn.imm.signed_value();
  switch (row.kind) {
    case Kind::kAlu:
      return dst + " " + symbol + " " + operand(insn);
    case Kind::kNeg:
      return dst + " = " + symbol + dst;
    case Kind::kMovsx:
      return dst + " = (" + type('s', row.bytes) + ")" + reg(insn.src, row.width);
    case Kind::kEndian:
      return dst + " = " + endian_name(row.endian) + std::to_string(8 * row.bytes) + " " + dst;
    case Kind::kLoad:
      return dst + " = *" + place('u', row.bytes, insn.src, insn.offset);
    case Kind::kLoadSx:
      return dst + " = *" + place('s', row.bytes, insn.src, insn.offset);
    case Kind::kStore:
      return "*" + place('u', row.bytes, insn.dst, insn.offset) + " = " + reg(insn.src, 64);
    case Kind::kStoreImm:
      return "*" + place('u', row.bytes, insn.dst, insn.offset) + " = " + number(imm);
    case Kind::kAtomic:
      return atomic_text(insn);
    case Kind::kLoadAcquire:
      return reg(insn.dst, narrow(row.bytes)) + " = load_acquire(" +
             place('u', row.bytes, insn.src, insn.offset) + ")";
    case Kind::kStoreRelease:
      return "store_release(" + place('u', row.bytes, insn.dst, insn.offset) + ", " +
             reg(insn.src, narrow(row.bytes)) + ")";
    case Kind::kImm64:
      return imm64_text(insn, style);
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
      return packet_text(insn, style);
    case Kind::kJump:
      return "if " + dst + " " + symbol + " " + operand(insn) + " goto " +
             displacement(insn.offset) + target_comment(insn.offset, pc, style);
    case Kind::kJa:
      return "goto " + displacement(insn.offset) + target_comment(insn.offset, pc, style);
    case Kind::kGotol:
      return "gotol " + displacement(imm) + target_comment(imm, pc, style);
    case Kind::kMayGoto:
      return "may_goto " + displacement(insn.offset) + target_comment(insn.offset, pc, style);
    case Kind::kCallHelper:
    case Kind::kCallBtf:
      return call_text(insn, style);
    case Kind::kCallLocal:
      return call_text(insn, style) + target_comment(imm, pc, style);
    case Kind::kCallx:
      return "callx " + dst;
    case Kind::kExit:
      return "exit";
    case Kind::kAddrSpaceCast:
      return dst + " = addr_space_cast(" + reg(insn.src, 64) + ", " +
             hexadecimal(insn.imm.value() >> 16 & 0xffff) + ", " +
             hexadecimal(insn.imm.value() & 0xffff) + ")";
  }
  __builtin_unreachable();
}

}  // namespace zext::ebpf
