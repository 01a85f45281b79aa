// What can be encoded, in 32 bits and in 16; with instructions written down from the manual.
#include "isa/rv64/encode.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/rv64/decode.h"

namespace zext::rv64 {
namespace {

using W = Bits<64>;

W imm(int64_t value) { return W::of(static_cast<uint64_t>(value)); }

TEST(Encode, GivesTheManualsWords) {
  EXPECT_EQ(encode({}), 0x00000013u);                                          // nop
  EXPECT_EQ(encode({.op = Op::kJalr, .rd = kZero, .rs1 = kRa}), 0x00008067u);  // ret
  EXPECT_EQ(encode({.op = Op::kLui, .rd = kA0, .imm = imm(-4096)}), 0xfffff537u);
  EXPECT_EQ(encode({.op = Op::kSd, .rs1 = kSp, .rs2 = kRa, .imm = imm(-8)}), 0xfe113c23u);
  EXPECT_EQ(encode({.op = Op::kBne, .rs1 = kA0, .rs2 = kA1, .imm = imm(-4)}), 0xfeb51ee3u);
  EXPECT_EQ(encode({.op = Op::kJal, .rd = kRa, .imm = imm(2048)}), 0x001000efu);
  EXPECT_EQ(encode({.op = Op::kFence, .imm = imm(0xff)}), 0x0ff0000fu);
  EXPECT_EQ(encode({.op = Op::kScD, .rd = kA0, .rs1 = kA1, .rs2 = kA2, .aq = true, .rl = true}),
            0x1ec5b52fu);
}

TEST(Encode, KnowsWhatHasNoEncoding) {
  const Instruction<> bad[] = {
      {.op = Op::kAddi, .imm = imm(2048)},
      {.op = Op::kAddi, .imm = imm(-2049)},
      {.op = Op::kAddi, .rd = 32},
      {.op = Op::kAddi, .rs2 = 1},
      {.op = Op::kAdd, .imm = imm(1)},
      {.op = Op::kAdd, .aq = true},
      {.op = Op::kSlli, .imm = imm(64)},
      {.op = Op::kSlliw, .imm = imm(32)},
      {.op = Op::kSlli, .imm = imm(-1)},
      {.op = Op::kBeq, .imm = imm(3)},
      {.op = Op::kBeq, .imm = imm(4096)},
      {.op = Op::kJal, .imm = imm(1 << 20)},
      {.op = Op::kLui, .imm = imm(0x80000000)},
      {.op = Op::kLui, .imm = imm(1)},
      {.op = Op::kCsrrw, .imm = imm(4096)},
      {.op = Op::kLrW, .rs2 = 1},
      {.op = Op::kEcall, .rd = 1},
  };
  for (const Instruction<>& insn : bad) EXPECT_FALSE(encodable(insn)) << insn.row().mnemonic;
  for (const Instruction<>& insn : bad) EXPECT_FALSE(compress(insn)) << insn.row().mnemonic;
}

TEST(Compress, GivesTheManualsHalfwords) {
  EXPECT_EQ(compress({}), 0x0001);  // c.nop
  EXPECT_EQ(compress({.op = Op::kJalr, .rd = kZero, .rs1 = kRa}), 0x8082);
  EXPECT_EQ(compress({.op = Op::kAddi, .rd = kSp, .rs1 = kSp, .imm = imm(-64)}), 0x7139);
  EXPECT_EQ(compress({.op = Op::kSd, .rs1 = kSp, .rs2 = kRa, .imm = imm(56)}), 0xfc06);
  EXPECT_EQ(compress({.op = Op::kLd, .rd = kA5, .rs1 = kA0, .imm = imm(8)}), 0x651c);
  EXPECT_EQ(compress({.op = Op::kBeq, .rs1 = kZero, .rs2 = kA0, .imm = imm(0)}), 0xc101);
  EXPECT_EQ(compress({.op = Op::kAddi, .rd = kA0, .rs1 = kA1}), 0x852e);  // as c.mv
}

TEST(Compress, LeavesAloneWhatHasNoShortForm) {
  const Instruction<> long_only[] = {
      {.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = imm(32)},
      {.op = Op::kAddi, .rd = kA0, .rs1 = kA1, .imm = imm(1)},
      {.op = Op::kSrli, .rd = kT0, .rs1 = kT0, .imm = imm(1)},
      {.op = Op::kSub, .rd = kA0, .rs1 = kA1, .rs2 = kA0},
      {.op = Op::kLd, .rd = kA0, .rs1 = kA1, .imm = imm(4)},
      {.op = Op::kLd, .rd = kA0, .rs1 = kA1, .imm = imm(256)},
      {.op = Op::kLd, .rd = kZero, .rs1 = kSp},
      {.op = Op::kLui, .rd = kSp, .imm = imm(4096)},
      {.op = Op::kLui, .rd = kA0, .imm = imm(0)},
      {.op = Op::kAddi, .rd = kZero, .rs1 = kZero, .imm = imm(1)},  // c.nop 1 would be a HINT
      {.op = Op::kSlli, .rd = kA0, .rs1 = kA0, .imm = imm(0)},      // so would c.slli64
      {.op = Op::kJalr, .rd = kA0, .rs1 = kA0},
      {.op = Op::kJalr, .rd = kZero, .rs1 = kA0, .imm = imm(2)},
      {.op = Op::kJal, .rd = kRa, .imm = imm(4)},
  };
  for (const Instruction<>& insn : long_only) {
    EXPECT_TRUE(encodable(insn)) << insn.row().mnemonic;
    EXPECT_FALSE(compress(insn).has_value()) << insn.row().mnemonic;
  }
}

// Whatever is compressed comes back as itself or as its alternative, and is no HINT; operands are
// drawn so that short forms are frequent.
TEST(Compress, KeepsTheMeaning) {
  std::mt19937 random(7);
  const auto below = [&](unsigned limit) { return random() % limit; };
  unsigned short_forms = 0;
  for (int i = 0; i < 500'000; ++i) {
    const Row& row = kRows[below(kRowCount)];
    const Layout& layout = layout_of(row.format);
    Operands<W> operands = unpack<W>(layout, Bits<32>::of(random()));
    if (below(2) == 0) operands.rs1 = operands.rd;
    if (below(2) == 0) operands.imm = ashr(operands.imm, W::of(6));
    const Instruction<> insn = instruction_of(row.op, operands);
    const auto bits = compress(insn);
    if (!bits) continue;
    ++short_forms;
    const auto decoded = decode(*bits);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_TRUE(decoded->insn == insn || decoded->insn == alternative(insn)) << row.mnemonic;
    EXPECT_FALSE(decoded->is_hint()) << row.mnemonic;
  }
  EXPECT_GT(short_forms, 5'000u);
}

TEST(Decode, SaysWhatIsWrong) {
  const auto message = [](uint32_t bits) { return describe(decode(bits).error()); };
  EXPECT_EQ(message(0xffffffff), "0xffffffff starts an instruction longer than 32 bits");
  EXPECT_EQ(message(0x00000007), "0x00000007 is no instruction of RV64IMAC_Zba_Zbb_Zbs_Zicond");
  EXPECT_EQ(message(0xabcd8000), "0x8000 is a reserved or floating-point compressed instruction");
  EXPECT_EQ(message(0xabcd0000), "0x0000 is illegal by definition: is this code at all?");
}

}  // namespace
}  // namespace zext::rv64
