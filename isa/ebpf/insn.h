// The eBPF instruction set as types: what isa/ebpf/insns.def says, for programs to read.
//
//   const Row& row = row_of(Op::kAdd64Imm);    // kind kAlu, width 64, source kImmediate, opcode
//   0x07 Instruction add{.op = Op::kAdd64Imm, .dst = 1, .imm = Bits<64>::of(5)};      // r1 += 5
//
// Slot is an instruction as encoded (RFC 9669, section 3); Instruction is one as understood.
// decode.h turns slots into instructions, semantics.h says what each does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "word/bits.h"

namespace zext::ebpf {

// Registers r0 (result) to r9, and r10, the read-only frame pointer.
using Reg = uint8_t;
inline constexpr Reg kFramePointer = 10;
inline constexpr unsigned kRegisterCount = 11;

// Bytes of stack below the frame pointer.
inline constexpr int kStackSize = 512;

// Linux: BPF_FUNC_tail_call, the helper that goes on in another program, and MAX_TAIL_CALL_CNT, how
// often one invocation may do so.
inline constexpr int32_t kTailCallHelper = 12;
inline constexpr unsigned kMaxTailCalls = 33;

// One 64-bit slot as in memory, little-endian: opcode, registers (dst low), offset, immediate.
struct Slot {
  uint8_t opcode = 0;
  uint8_t registers = 0;
  int16_t offset = 0;
  int32_t imm = 0;

  constexpr Reg dst() const { return registers & 0xf; }
  constexpr Reg src() const { return registers >> 4; }
  friend bool operator==(const Slot&, const Slot&) = default;
};
static_assert(sizeof(Slot) == 8);

// Instruction classes (RFC 9669, section 3.1).
enum class Class : uint8_t { kLd, kLdx, kSt, kStx, kAlu, kJmp, kJmp32, kAlu64 };

// What a consumer dispatches on first.
enum class Kind : uint8_t {
  kAlu,            // dst = alu(dst, operand), width 64 or 32 (then zero-extended)
  kNeg,            // dst = -dst, likewise
  kMovsx,          // dst = sign extension of src's low `bytes`, likewise
  kEndian,         // dst = byte order operation on dst's low `bytes`, zero-extended
  kLoad,           // dst = zero-extended *(bytes)(src + offset)
  kLoadSx,         // dst = sign-extended *(bytes)(src + offset)
  kStore,          // *(bytes)(dst + offset) = src
  kStoreImm,       // *(bytes)(dst + offset) = imm
  kAtomic,         // read-modify-write of *(bytes)(dst + offset) with src
  kLoadAcquire,    // dst = zero-extended *(bytes)(src + offset), acquire
  kStoreRelease,   // *(bytes)(dst + offset) = src, release
  kImm64,          // dst = the 64-bit immediate, or what it stands for
  kLoadAbs,        // r0 = packet[imm], big-endian
  kLoadInd,        // r0 = packet[src + imm], big-endian
  kJump,           // conditional, width 64 or 32, to pc + 1 + offset
  kJa,             // to pc + 1 + offset
  kGotol,          // to pc + 1 + imm
  kMayGoto,        // to pc + 1 + offset when the loop budget is spent
  kCallHelper,     // r0 = helper imm (r1..r5)
  kCallLocal,      // call pc + 1 + imm
  kCallBtf,        // r0 = kernel function with BTF id imm
  kCallx,          // r0 = function at address dst
  kExit,           // return r0
  kAddrSpaceCast,  // dst = src, cast between address spaces named in imm
};

enum class AluOp : uint8_t {
#define EBPF_ALU(name, ...) k##name,
#include "isa/ebpf/insns.def"
};

enum class JumpOp : uint8_t {
#define EBPF_JUMP(name, ...) k##name,
#include "isa/ebpf/insns.def"
};

enum class AtomicOp : uint8_t {
#define EBPF_ATOMIC(name, ...) k##name,
#include "isa/ebpf/insns.def"
};

enum class EndianOp : uint8_t { kLe, kBe, kBswap };

enum class Source : uint8_t { kImmediate, kRegister };

// Conformance groups of RFC 9669, section 2.4, less their width; kOther is beyond the RFC.
enum class Group : uint8_t { kBase, kDivMul, kAtomic, kPacket, kOther };

// Every instruction.
enum class Op : uint8_t {
#define EBPF_ALU(name, ...) k##name##64Imm, k##name##64Reg, k##name##32Imm, k##name##32Reg,
#define EBPF_NEG(name, ...) k##name##64, k##name##32,
#define EBPF_MOVSX(width, source) kMovsx##width##From##source,
#define EBPF_ENDIAN(name, class, source, width, ...) k##name##width,
#define EBPF_MEMORY(name, ...) k##name,
#define EBPF_ATOMIC(name, ...) kAtomic##name##64, kAtomic##name##32,
#define EBPF_ORDERED(name, ...) k##name,
#define EBPF_IMM64(name, ...) k##name,
#define EBPF_PACKET(name, ...) k##name,
#define EBPF_JUMP(name, ...) k##name##64Imm, k##name##64Reg, k##name##32Imm, k##name##32Reg,
#define EBPF_SINGLE(name, ...) k##name,
#include "isa/ebpf/insns.def"
};

// What the table says of one instruction. Fields that do not apply to the kind are zero.
struct Row {
  Op op;
  const char* name;  // of the family, as in the table: "Add", "Load32"
  Kind kind;
  uint8_t opcode;      // the whole byte
  uint8_t width = 64;  // of the operation, in bits: 64 or 32
  Source source = Source::kImmediate;
  uint8_t bytes = 0;  // of the memory access, or of the source (kMovsx, kEndian)
  AluOp alu = {};
  JumpOp jump = {};
  AtomicOp atomic = {};
  EndianOp endian = {};
  bool fetch = false;           // kAtomic: the old value goes to src, or r0 for cmpxchg
  uint8_t src_field = 0;        // required value of the src field where it names the instruction
  int16_t offset_field = 0;     // required value of the offset where it names the instruction
  int32_t imm_field = 0;        // required value of the immediate where it names the instruction
  bool wide_immediate = false;  // kImm64: the second slot's immediate is free
  const char* symbol = "";      // operator or function in the disassembly
  Group group = Group::kBase;
  uint8_t version = 1;  // clang's -mcpu=vN that first emits it
};

namespace internal {

constexpr uint8_t opcode(Class c, unsigned rest) {
  return static_cast<uint8_t>(static_cast<unsigned>(c) | rest);
}

constexpr uint8_t size_field(unsigned size) {
#define EBPF_SIZE(suffix, field, bytes) \
  if (size == bytes) return field;
#include "isa/ebpf/insns.def"
  return 0xff;
}

inline constexpr unsigned kX = 0x08;  // the source bit: the operand is a register
inline constexpr unsigned kAtomicMode = 0xc0;

inline constexpr Row kRows[] = {
#define EBPF_ALU_ROW(name_, class_, width_, source_, bit, code, offset, symbol_, group_, version_) \
  {.op = Op::k##name_##width_##source_,                                                            \
   .name = #name_,                                                                                 \
   .kind = Kind::kAlu,                                                                             \
   .opcode = opcode(Class::class_, (code) | (bit)),                                                \
   .width = width_,                                                                                \
   .source = (bit) ? Source::kRegister : Source::kImmediate,                                       \
   .alu = AluOp::k##name_,                                                                         \
   .offset_field = offset,                                                                         \
   .symbol = symbol_,                                                                              \
   .group = Group::group_,                                                                         \
   .version = version_}
#define EBPF_ALU(name, code, offset, symbol, group, version, ...)                    \
  EBPF_ALU_ROW(name, kAlu64, 64, Imm, 0, code, offset, symbol, group, version),      \
      EBPF_ALU_ROW(name, kAlu64, 64, Reg, kX, code, offset, symbol, group, version), \
      EBPF_ALU_ROW(name, kAlu, 32, Imm, 0, code, offset, symbol, group, version),    \
      EBPF_ALU_ROW(name, kAlu, 32, Reg, kX, code, offset, symbol, group, version),
#define EBPF_NEG(name_, code, symbol_, group_, version_, ...) \
  {.op = Op::k##name_##64,                                    \
   .name = #name_,                                            \
   .kind = Kind::kNeg,                                        \
   .opcode = opcode(Class::kAlu64, code),                     \
   .symbol = symbol_,                                         \
   .group = Group::group_,                                    \
   .version = version_},                                      \
      {.op = Op::k##name_##32,                                \
       .name = #name_,                                        \
       .kind = Kind::kNeg,                                    \
       .opcode = opcode(Class::kAlu, code),                   \
       .width = 32,                                           \
       .symbol = symbol_,                                     \
       .group = Group::group_,                                \
       .version = version_},
#define EBPF_MOVSX(width_, from)                                            \
  {.op = Op::kMovsx##width_##From##from,                                    \
   .name = "Movsx",                                                         \
   .kind = Kind::kMovsx,                                                    \
   .opcode = opcode(width_ == 64 ? Class::kAlu64 : Class::kAlu, 0xb0 | kX), \
   .width = width_,                                                         \
   .source = Source::kRegister,                                             \
   .bytes = from / 8,                                                       \
   .offset_field = from,                                                    \
   .symbol = "=",                                                           \
   .version = 4},
#define EBPF_ENDIAN(name_, class_, source_bit, bits, version_, ...) \
  {.op = Op::k##name_##bits,                                        \
   .name = #name_,                                                  \
   .kind = Kind::kEndian,                                           \
   .opcode = opcode(Class::class_, 0xd0 | (source_bit)),            \
   .bytes = bits / 8,                                               \
   .endian = EndianOp::k##name_,                                    \
   .imm_field = bits,                                               \
   .version = version_},
#define EBPF_MEMORY(name_, kind_, class_, mode, bytes_, version_)                  \
  {.op = Op::k##name_,                                                             \
   .name = #name_,                                                                 \
   .kind = Kind::kind_,                                                            \
   .opcode = opcode(Class::class_, (mode) | size_field(bytes_)),                   \
   .source = Class::class_ == Class::kSt ? Source::kImmediate : Source::kRegister, \
   .bytes = bytes_,                                                                \
   .version = version_},
#define EBPF_ATOMIC_ROW(name_, width_, imm, fetch_, symbol_, version_)  \
  {.op = Op::kAtomic##name_##width_,                                    \
   .name = #name_,                                                      \
   .kind = Kind::kAtomic,                                               \
   .opcode = opcode(Class::kStx, kAtomicMode | size_field(width_ / 8)), \
   .width = width_,                                                     \
   .source = Source::kRegister,                                         \
   .bytes = width_ / 8,                                                 \
   .atomic = AtomicOp::k##name_,                                        \
   .fetch = fetch_,                                                     \
   .imm_field = imm,                                                    \
   .symbol = symbol_,                                                   \
   .group = Group::kAtomic,                                             \
   .version = version_},
#define EBPF_ATOMIC(name, imm, fetch, symbol, version, ...) \
  EBPF_ATOMIC_ROW(name, 64, imm, fetch, symbol, version)    \
  EBPF_ATOMIC_ROW(name, 32, imm, fetch, symbol, version)
#define EBPF_ORDERED(name_, kind_, imm, bytes_, version_)           \
  {.op = Op::k##name_,                                              \
   .name = #name_,                                                  \
   .kind = Kind::kind_,                                             \
   .opcode = opcode(Class::kStx, kAtomicMode | size_field(bytes_)), \
   .source = Source::kRegister,                                     \
   .bytes = bytes_,                                                 \
   .imm_field = imm,                                                \
   .group = Group::kOther,                                          \
   .version = version_},
#define EBPF_IMM64(name_, src, wide)            \
  {.op = Op::k##name_,                          \
   .name = #name_,                              \
   .kind = Kind::kImm64,                        \
   .opcode = opcode(Class::kLd, size_field(8)), \
   .bytes = 8,                                  \
   .src_field = src,                            \
   .wide_immediate = wide},
#define EBPF_PACKET(name_, kind_, mode, bytes_)               \
  {.op = Op::k##name_,                                        \
   .name = #name_,                                            \
   .kind = Kind::kind_,                                       \
   .opcode = opcode(Class::kLd, (mode) | size_field(bytes_)), \
   .bytes = bytes_,                                           \
   .group = Group::kPacket},
#define EBPF_JUMP_ROW(name_, class_, width_, source_, bit, code, symbol_, version_) \
  {.op = Op::k##name_##width_##source_,                                             \
   .name = #name_,                                                                  \
   .kind = Kind::kJump,                                                             \
   .opcode = opcode(Class::class_, (code) | (bit)),                                 \
   .width = width_,                                                                 \
   .source = (bit) ? Source::kRegister : Source::kImmediate,                        \
   .jump = JumpOp::k##name_,                                                        \
   .symbol = symbol_,                                                               \
   .version = width_ == 32 ? 3 : version_}
#define EBPF_JUMP(name, code, symbol, version, ...)                   \
  EBPF_JUMP_ROW(name, kJmp, 64, Imm, 0, code, symbol, version),       \
      EBPF_JUMP_ROW(name, kJmp, 64, Reg, kX, code, symbol, version),  \
      EBPF_JUMP_ROW(name, kJmp32, 32, Imm, 0, code, symbol, version), \
      EBPF_JUMP_ROW(name, kJmp32, 32, Reg, kX, code, symbol, version),
#define EBPF_SINGLE(name_, kind_, class_, code, src, version_)                    \
  {.op = Op::k##name_,                                                            \
   .name = #name_,                                                                \
   .kind = Kind::kind_,                                                           \
   .opcode = opcode(Class::class_, code),                                         \
   .src_field = src,                                                              \
   .offset_field = Kind::kind_ == Kind::kAddrSpaceCast ? int16_t{1} : int16_t{0}, \
   .version = version_},
#include "isa/ebpf/insns.def"
#undef EBPF_ALU_ROW
#undef EBPF_ATOMIC_ROW
#undef EBPF_JUMP_ROW
};

consteval bool rows_in_order() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].op) != i) return false;
  }
  return true;
}
static_assert(rows_in_order());

}  // namespace internal

inline constexpr auto& kRows = internal::kRows;
inline constexpr size_t kRowCount = std::size(internal::kRows);

constexpr const Row& row_of(Op op) { return kRows[static_cast<size_t>(op)]; }

// One decoded instruction; W is Bits<64>, or Bv<64> where a theorem is about every immediate.
template <Word W = Bits<64>>
struct Instruction {
  Op op = Op::kExit;
  Reg dst = 0;
  Reg src = 0;
  int16_t offset = 0;
  // The 32-bit immediate sign-extended to 64 bits (RFC 9669, section 3), or the 64-bit immediate of
  // LD_IMM64 (low half from the first slot, zero-extended, high half from the second).
  W imm = W::of(0);

  constexpr const Row& row() const { return row_of(op); }
  // Slots it takes in the program.
  constexpr unsigned slots() const { return row().kind == Kind::kImm64 ? 2 : 1; }
};

// Whether it calls the helper that goes on in another program.
constexpr bool is_tail_call(const Instruction<>& insn) {
  return insn.op == Op::kCallHelper && insn.imm.signed_value() == kTailCallHelper;
}

}  // namespace zext::ebpf
