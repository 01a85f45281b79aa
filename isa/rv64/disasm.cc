#include "isa/rv64/disasm.h"

#include "isa/rv64/csrs.h"

namespace zext::rv64 {

namespace {

std::string hex(uint64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + digits;
}

std::string signed_hex(uint64_t value) {
  return static_cast<int64_t>(value) < 0 ? "-" + hex(0 - value) : hex(value);
}

// Texts of operands, separated by commas.
template <class... Texts>
std::string list(const std::string& first, const Texts&... rest) {
  return (first + ... + (", " + rest));
}

std::string reg(Reg number) {
  return number < kRegisterCount ? kRegisterNames[number] : "x" + std::to_string(number);
}

// What the manual calls imm[31:12], as an unsigned number.
std::string upper(uint64_t imm) { return hex(imm >> 12 & 0xfffff); }

std::string memory(const Instruction<>& insn) {
  return signed_hex(insn.imm.value()) + "(" + reg(insn.rs1) + ")";
}

std::string csr(uint64_t number) {
  const std::string name = csr_name(static_cast<unsigned>(number));
  return name.empty() ? hex(number) : name;
}

// One of fence's sets: device input, device output, memory reads, memory writes.
std::string accesses(uint64_t set) {
  std::string text;
  for (unsigned i = 0; i < 4; ++i) {
    if ((set >> (3 - i) & 1) != 0) text += "iorw"[i];
  }
  return text.empty() ? "0" : text;
}

std::string ordering(const Instruction<>& insn) {
  if (insn.aq) return insn.rl ? ".aqrl" : ".aq";
  return insn.rl ? ".rl" : "";
}

std::string operands(const Instruction<>& insn, uint64_t pc) {
  const std::string rd = reg(insn.rd), rs1 = reg(insn.rs1), rs2 = reg(insn.rs2);
  const uint64_t imm = insn.imm.value();
  const Row& row = insn.row();
  switch (row.format) {
    case Format::kR:
      return list(rd, rs1, rs2);
    case Format::kI:
      if (row.kind == Kind::kLoad || row.kind == Kind::kJump) return list(rd, memory(insn));
      return list(rd, rs1, signed_hex(imm));
    case Format::kShift6:
    case Format::kShift5:
      return list(rd, rs1, hex(imm));
    case Format::kUnary:
      return list(rd, rs1);
    case Format::kS:
      return list(rs2, memory(insn));
    case Format::kB:
      return list(rs1, rs2, hex(pc + imm));
    case Format::kU:
      return list(rd, upper(imm));
    case Format::kJ:
      return list(rd, hex(pc + imm));
    case Format::kAmo:
      return list(rd, rs2, "(" + rs1 + ")");
    case Format::kLr:
      return list(rd, "(" + rs1 + ")");
    case Format::kCsr:
      return list(rd, csr(imm), rs1);
    case Format::kCsrImm:
      return list(rd, csr(imm), hex(insn.rs1));
    case Format::kFence:
      return list(accesses(imm >> 4), accesses(imm));
    case Format::kNone:
      return "";
  }
  __builtin_unreachable();
}

std::string compressed_operands(CompressedFormat format, const Instruction<>& insn, uint64_t pc) {
  const std::string rd = reg(insn.rd), rs1 = reg(insn.rs1), rs2 = reg(insn.rs2);
  const uint64_t imm = insn.imm.value();
  switch (format) {
    case CompressedFormat::kAddi4spn:
      return list(rd, rs1, hex(imm));
    case CompressedFormat::kLoadWord:
    case CompressedFormat::kLoadDouble:
    case CompressedFormat::kLoadWordSp:
    case CompressedFormat::kLoadDoubleSp:
      return list(rd, memory(insn));
    case CompressedFormat::kStoreWord:
    case CompressedFormat::kStoreDouble:
    case CompressedFormat::kStoreWordSp:
    case CompressedFormat::kStoreDoubleSp:
      return list(rs2, memory(insn));
    case CompressedFormat::kNop:
      return imm == 0 ? "" : signed_hex(imm);
    case CompressedFormat::kImmediate:
    case CompressedFormat::kLoadImmediate:
    case CompressedFormat::kAddi16sp:
    case CompressedFormat::kShortImmediate:
      return list(rd, signed_hex(imm));
    case CompressedFormat::kLoadUpper:
      // LLVM prints the HINT's immediate as a signed number.
      return list(
          rd, insn.rd == kZero ? signed_hex(ashr(insn.imm, Bits<64>::of(12)).value()) : upper(imm));
    case CompressedFormat::kShort64:
    case CompressedFormat::kShift64:
      return rd;
    case CompressedFormat::kShortShift:
    case CompressedFormat::kShift:
      return list(rd, hex(imm));
    case CompressedFormat::kArithmetic:
    case CompressedFormat::kMove:
    case CompressedFormat::kAdd:
      return list(rd, rs2);
    case CompressedFormat::kJump:
      return hex(pc + imm);
    case CompressedFormat::kBranch:
      return list(rs1, hex(pc + imm));
    case CompressedFormat::kJumpRegister:
    case CompressedFormat::kCallRegister:
      return rs1;
    case CompressedFormat::kNone:
      return "";
  }
  __builtin_unreachable();
}

std::string join(const std::string& mnemonic, const std::string& operands) {
  return operands.empty() ? mnemonic : mnemonic + " " + operands;
}

}  // namespace

std::string disassemble(const Instruction<>& insn, uint64_t pc) {
  return join(insn.row().mnemonic + ordering(insn), operands(insn, pc));
}

std::string disassemble(const Decoded& decoded, uint64_t pc) {
  const CompressedRow* row = decoded.compressed;
  if (row == nullptr) return disassemble(decoded.insn, pc);
  return join(row->mnemonic, compressed_operands(row->format, decoded.insn, pc));
}

}  // namespace zext::rv64
