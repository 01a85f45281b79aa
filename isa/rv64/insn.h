// The RV64 instruction set as types: what isa/rv64/insns.def says, for programs to read.
//
//   const Row& row = row_of(Op::kAddi);     // "addi", format I, match 0x13, mask 0x707f
//   Instruction<> move{.op = Op::kAddi, .rd = kA0, .rs1 = kA1, .imm = Bits<64>::of(16)};
//
// encode.h and decode.h go from instructions to bits and back, semantics.h says what each does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "isa/rv64/format.h"
#include "word/bits.h"

namespace zext::rv64 {

// Registers by their ABI names (psABI, "Integer Register Convention").
using Reg = uint8_t;
inline constexpr unsigned kRegisterCount = 32;
inline constexpr Reg kZero = 0, kRa = 1, kSp = 2, kGp = 3, kTp = 4, kT0 = 5, kT1 = 6, kT2 = 7,
                     kS0 = 8, kFp = 8, kS1 = 9, kA0 = 10, kA1 = 11, kA2 = 12, kA3 = 13, kA4 = 14,
                     kA5 = 15, kA6 = 16, kA7 = 17, kS2 = 18, kS3 = 19, kS4 = 20, kS5 = 21, kS6 = 22,
                     kS7 = 23, kS8 = 24, kS9 = 25, kS10 = 26, kS11 = 27, kT3 = 28, kT4 = 29,
                     kT5 = 30, kT6 = 31;

inline constexpr const char* kRegisterNames[kRegisterCount] = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

// Where an instruction is defined; kMachine is the privileged architecture's machine mode.
enum class Extension : uint8_t {
  kI,
  kM,
  kA,
  kC,
  kZicsr,
  kZifencei,
  kZba,
  kZbb,
  kZbs,
  kZicond,
  kMachine,
};

// What a consumer dispatches on first.
enum class Kind : uint8_t {
  kValue,             // rd = compute(...)
  kJump,              // rd = address of the next instruction, pc = target(...)
  kBranch,            // pc = pc + imm if taken(...)
  kLoad,              // rd = loaded(..., *(bytes)(rs1 + imm))
  kStore,             // *(bytes)(rs1 + imm) = rs2
  kAmo,               // rd = *(bytes)(rs1), *(bytes)(rs1) = amo(...)
  kLoadReserved,      // rd = *(bytes)(rs1), reserve
  kStoreConditional,  // if reserved *(bytes)(rs1) = rs2; rd = failed
  kCsr,               // rd = csr, csr = csr_value(...)
  kFence,             // orders memory accesses or instruction fetches
  kEnvironment,       // ecall, ebreak
  kPrivileged,        // mret, wfi
};

// Every 32-bit instruction.
enum class Op : uint8_t {
#define RV64_VALUE(name, ...) k##name,
#define RV64_JUMP(name, ...) k##name,
#define RV64_BRANCH(name, ...) k##name,
#define RV64_LOAD(name, ...) k##name,
#define RV64_STORE(name, ...) k##name,
#define RV64_AMO(name, ...) k##name##W, k##name##D,
#define RV64_RESERVATION(name, ...) k##name,
#define RV64_CSR(name, ...) k##name,
#define RV64_SINGLE(name, ...) k##name,
#include "isa/rv64/insns.def"
};

// What the table says of one instruction.
struct Row {
  Op op;
  const char* mnemonic;
  Kind kind;
  Format format;
  Extension extension;
  uint32_t match;     // the bits that name the instruction
  uint32_t mask;      // where they are: every bit that is no operand's
  uint8_t bytes = 0;  // of the memory access
};

namespace internal {

constexpr Row row(Op op, const char* mnemonic, Kind kind, Format format, Extension extension,
                  uint32_t opcode, uint32_t funct3, uint32_t high, uint8_t bytes = 0) {
  return {.op = op,
          .mnemonic = mnemonic,
          .kind = kind,
          .format = format,
          .extension = extension,
          .match = opcode | funct3 << 12 | high << high_at(format),
          .mask = ~layout_of(format).operand_bits(),
          .bytes = bytes};
}

inline constexpr Row kRows[] = {
#define RV64_VALUE(name, mnemonic, format, opcode, funct3, high, extension, ...)                 \
  row(Op::k##name, mnemonic, Kind::kValue, Format::format, Extension::extension, opcode, funct3, \
      high),
#define RV64_JUMP(name, mnemonic, format, opcode, funct3, extension, ...) \
  row(Op::k##name, mnemonic, Kind::kJump, Format::format, Extension::extension, opcode, funct3, 0),
#define RV64_BRANCH(name, mnemonic, funct3, ...) \
  row(Op::k##name, mnemonic, Kind::kBranch, Format::kB, Extension::kI, 0x63, funct3, 0),
#define RV64_LOAD(name, mnemonic, funct3, bytes, ...) \
  row(Op::k##name, mnemonic, Kind::kLoad, Format::kI, Extension::kI, 0x03, funct3, 0, bytes),
#define RV64_STORE(name, mnemonic, funct3, bytes) \
  row(Op::k##name, mnemonic, Kind::kStore, Format::kS, Extension::kI, 0x23, funct3, 0, bytes),
#define RV64_AMO(name, mnemonic, funct5, ...)                                                      \
  row(Op::k##name##W, mnemonic ".w", Kind::kAmo, Format::kAmo, Extension::kA, 0x2f, 2, funct5, 4), \
      row(Op::k##name##D, mnemonic ".d", Kind::kAmo, Format::kAmo, Extension::kA, 0x2f, 3, funct5, \
          8),
#define RV64_RESERVATION(name, mnemonic, kind, format, funct5, funct3, bytes)                 \
  row(Op::k##name, mnemonic, Kind::kind, Format::format, Extension::kA, 0x2f, funct3, funct5, \
      bytes),
#define RV64_CSR(name, mnemonic, format, funct3, ...) \
  row(Op::k##name, mnemonic, Kind::kCsr, Format::format, Extension::kZicsr, 0x73, funct3, 0),
#define RV64_SINGLE(name, mnemonic, kind, format, opcode, funct3, high, extension)             \
  row(Op::k##name, mnemonic, Kind::kind, Format::format, Extension::extension, opcode, funct3, \
      high),
#include "isa/rv64/insns.def"
};

// Rows lie in the order of Op, constant fields stay clear of operands, and no word has two rows.
consteval bool rows_consistent() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    const Row& a = kRows[i];
    if (static_cast<size_t>(a.op) != i) return false;
    if ((a.match & ~a.mask) != 0 || (a.match & 3) != 3) return false;
    for (size_t j = 0; j < i; ++j) {
      const Row& b = kRows[j];
      if (((a.match ^ b.match) & a.mask & b.mask) == 0) return false;
    }
  }
  return true;
}
static_assert(rows_consistent());

}  // namespace internal

inline constexpr auto& kRows = internal::kRows;
inline constexpr size_t kRowCount = std::size(internal::kRows);

constexpr const Row& row_of(Op op) { return kRows[static_cast<size_t>(op)]; }

// One instruction; W is Bits<64>, or Bv<64> where a theorem is about every immediate. The default
// is `nop`.
template <Word W = Bits<64>>
struct Instruction {
  Op op = Op::kAddi;
  Reg rd = 0;
  Reg rs1 = 0;  // of csrrwi, csrrsi and csrrci: the 5-bit constant
  Reg rs2 = 0;
  // The value that enters the operation: sign-extended, a branch's or jump's byte offset, lui's and
  // auipc's with its low 12 bits zero, a shift amount, a CSR's number, fence's sets.
  W imm = W::of(0);
  bool aq = false;
  bool rl = false;

  constexpr const Row& row() const { return row_of(op); }
  friend constexpr bool operator==(const Instruction& a, const Instruction& b) {
    return a.op == b.op && a.rd == b.rd && a.rs1 == b.rs1 && a.rs2 == b.rs2 && a.imm == b.imm &&
           a.aq == b.aq && a.rl == b.rl;
  }
};

// The operands as words; all of them, whether or not the format has a place for each.
constexpr Operands<Bits<64>> operands_of(const Instruction<>& insn) {
  using W = Bits<64>;
  return {.rd = W::of(insn.rd),
          .rs1 = W::of(insn.rs1),
          .rs2 = W::of(insn.rs2),
          .imm = insn.imm,
          .aq = W::of(insn.aq),
          .rl = W::of(insn.rl)};
}

constexpr Instruction<> instruction_of(Op op, const Operands<Bits<64>>& operands) {
  return {.op = op,
          .rd = static_cast<Reg>(operands.rd.value()),
          .rs1 = static_cast<Reg>(operands.rs1.value()),
          .rs2 = static_cast<Reg>(operands.rs2.value()),
          .imm = operands.imm,
          .aq = operands.aq.value() != 0,
          .rl = operands.rl.value() != 0};
}

}  // namespace zext::rv64
