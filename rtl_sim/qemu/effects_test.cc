#include "rtl_sim/qemu/effects.h"

#include <gtest/gtest.h>

#include "isa/rv64/encode.h"

namespace zext::rtl_sim::qemu {
namespace {

using rv64::Op;
using Kind = Effects::Kind;

Effects of(Op op, unsigned rd, unsigned rs1, unsigned rs2, uint64_t imm = 0) {
  rv64::Instruction<> insn;
  insn.op = op;
  insn.rd = static_cast<rv64::Reg>(rd);
  insn.rs1 = static_cast<rv64::Reg>(rs1);
  insn.rs2 = static_cast<rv64::Reg>(rs2);
  insn.imm = Bits<64>::of(imm);
  return effects_of(rv64::encode(insn));
}

TEST(Effects, RegisterWritten) {
  EXPECT_EQ(of(Op::kAdd, 7, 1, 2).rd, 7);
  EXPECT_EQ(of(Op::kLd, 31, 1, 0).rd, 31);
  EXPECT_EQ(of(Op::kJal, 1, 0, 0, 8).rd, 1);
  EXPECT_EQ(of(Op::kAmoaddD, 9, 1, 2).rd, 9);
}

TEST(Effects, NoRegisterWritten) {
  // Bits 11 to 7 hold part of the offset here.
  EXPECT_EQ(of(Op::kSd, 0, 1, 2, 24).rd, 0);
  EXPECT_EQ(of(Op::kBeq, 0, 1, 2, 24).rd, 0);
}

TEST(Effects, Kinds) {
  EXPECT_EQ(of(Op::kAdd, 7, 1, 2).kind, Kind::kPlain);
  EXPECT_EQ(of(Op::kSb, 0, 1, 2).kind, Kind::kMemory);
  EXPECT_EQ(of(Op::kLrW, 3, 1, 0).kind, Kind::kAtomic);
  EXPECT_EQ(of(Op::kAmoorD, 3, 1, 2).kind, Kind::kAtomic);
  EXPECT_EQ(of(Op::kScW, 3, 1, 2).kind, Kind::kStoreConditional);
  EXPECT_EQ(of(Op::kWfi, 0, 0, 0).kind, Kind::kWait);
  EXPECT_EQ(of(Op::kCsrrw, 3, 1, 0, 0xb00).kind, Kind::kCsr);
}

TEST(Effects, CsrNumber) {
  EXPECT_EQ(of(Op::kCsrrs, 3, 0, 0, 0xf11).csr, 0xf11);
  EXPECT_EQ(of(Op::kAddi, 3, 0, 0, 0x342).csr, 0);
}

TEST(Effects, CsrWrites) {
  EXPECT_TRUE(of(Op::kCsrrw, 3, 0, 0, 0x300).csr_write);
  EXPECT_TRUE(of(Op::kCsrrwi, 0, 0, 0, 0x300).csr_write);
  EXPECT_TRUE(of(Op::kCsrrs, 3, 1, 0, 0x300).csr_write);
  EXPECT_FALSE(of(Op::kCsrrs, 3, 0, 0, 0x300).csr_write);
  EXPECT_FALSE(of(Op::kCsrrci, 3, 0, 0, 0x300).csr_write);
}

TEST(Effects, Atomics) {
  EXPECT_EQ(of(Op::kAmoaddW, 3, 7, 2).bytes, 4);
  EXPECT_EQ(of(Op::kScD, 3, 7, 2).bytes, 8);
  EXPECT_EQ(of(Op::kScD, 3, 7, 2).rs1, 7);
  EXPECT_FALSE(of(Op::kScD, 3, 7, 2).reserves);
  EXPECT_TRUE(of(Op::kLrD, 3, 7, 0).reserves);
}

TEST(Effects, SupervisorInstructions) {
  for (const uint32_t bits : {0x1020'0073u, 0x1200'0073u, 0x12b5'0073u}) {
    EXPECT_TRUE(effects_of(bits).known);
    EXPECT_EQ(effects_of(bits).rd, 0);
  }
  EXPECT_FALSE(effects_of(0x1200'00f3u).known);  // sfence.vma has no rd
  EXPECT_FALSE(effects_of(0x1020'8073u).known);  // nor sret a source
}

TEST(Effects, FencesWithReservedFields) {
  EXPECT_TRUE(effects_of(0x0f13'008f).known);
  EXPECT_EQ(effects_of(0x0f13'008f).rd, 0);
  EXPECT_FALSE(effects_of(0x0f13'208f).known);
}

TEST(Effects, CompressedWithAnyUpperHalf) {
  for (const uint32_t upper : {0u, 0xffff'0000u}) {
    const Effects effects = effects_of(0x4505 | upper);  // c.li a0, 1
    EXPECT_TRUE(effects.known);
    EXPECT_EQ(effects.rd, 10);
  }
}

TEST(Effects, CorrectResultOfADefectiveInstruction) {
  const uint32_t ctzw = 0x6015'161b;  // ctzw a2, a0
  EXPECT_TRUE(effects_of(ctzw).defective);
  EXPECT_EQ(effects_of(ctzw).rs1, 10);
  EXPECT_EQ(correct_result(ctzw, 0), 32u);
  EXPECT_EQ(correct_result(ctzw, uint64_t{1} << 63), 32u);
  EXPECT_EQ(correct_result(ctzw, 8), 3u);
}

TEST(Effects, AccessOfLoadsAndStores) {
  uint64_t gpr[32] = {};
  gpr[11] = 0x1000;
  const auto load = access_of(0xffd5'a503, gpr);  // lw a0, -3(a1)
  ASSERT_TRUE(load);
  EXPECT_EQ(load->address, 0xffdu);
  EXPECT_EQ(load->bytes, 4);
  const auto store = access_of(0xe188, gpr);  // c.sd a0, 0(a1)
  ASSERT_TRUE(store);
  EXPECT_EQ(store->address, 0x1000u);
  EXPECT_EQ(store->bytes, 8);
  EXPECT_FALSE(access_of(0x00b5'0533, gpr));  // add
}

TEST(Effects, UnknownBits) {
  EXPECT_FALSE(effects_of(0).known);
  EXPECT_FALSE(effects_of(0xffff'ffff).known);
}

}  // namespace
}  // namespace zext::rtl_sim::qemu
