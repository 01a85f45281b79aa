// The quick choice of compressed forms is rv64::compress's, and branches inside a lowering go where
// their items are.
#include "jit/emit/encoder.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/rv64/compressed.h"
#include "isa/rv64/decode.h"
#include "isa/rv64/encode.h"

namespace zext::jit {
namespace {

using rv64::Op;

TEST(Encoder, CompressesLikeTheTable) {
  std::mt19937_64 random(1);
  const auto below = [&](uint64_t limit) { return random() % limit; };
  size_t compressed_count = 0;
  for (unsigned i = 0; i < 2'000'000; ++i) {
    rv64::Instruction<> insn{.op = static_cast<Op>(below(rv64::kRowCount))};
    // Registers that compressed forms know, and equal ones, more often than others.
    const auto reg = [&] { return static_cast<rv64::Reg>(below(2) ? 8 + below(8) : below(32)); };
    insn.rd = below(4) != 0 ? reg() : rv64::Reg{0};
    insn.rs1 = below(2) != 0 ? insn.rd : below(3) != 0 ? reg() : rv64::kSp;
    insn.rs2 = below(3) != 0 ? reg() : rv64::Reg{0};
    const uint64_t magnitude = random() >> below(64) << below(16);
    insn.imm = Bits<64>::of(below(2) != 0 ? magnitude : 0 - magnitude);
    if (below(4) == 0) insn.imm = Bits<64>::of(0);
    const auto expected = rv64::compress(insn);
    ASSERT_EQ(compressed(insn), expected)
        << insn.row().mnemonic << " " << static_cast<int>(insn.rd) << " "
        << static_cast<int>(insn.rs1) << " " << static_cast<int>(insn.rs2) << " "
        << insn.imm.signed_value();
    ASSERT_EQ(encode_quickly(insn), rv64::encode(insn)) << insn.row().mnemonic;
    compressed_count += expected ? 1 : 0;
  }
  EXPECT_GT(compressed_count, 5'000u);
}

TEST(Encoder, BranchesInsideALowering) {
  Emitter<Bits<64>> e;
  const auto forward = e.branch(Op::kBne, rv64::kA1, rv64::kZero);  // compressed: 2 bytes
  e.add_imm(Op::kLui, rv64::kA0, rv64::kZero, Bits<64>::of(0x12345000));
  e.land(forward);
  e.add_imm(Op::kAddi, rv64::kA0, rv64::kA0, Bits<64>::of(1));
  e.branch_back(Op::kBne, rv64::kA0, rv64::kA1, 1);
  for (const bool compress : {true, false}) {
    Encoder encoder(compress);
    encoder.append(e);
    const auto& bytes = encoder.bytes();
    std::vector<rv64::Instruction<>> insns;
    std::vector<uint64_t> offsets;
    for (size_t at = 0; at < bytes.size();) {
      uint32_t bits = 0;
      for (size_t i = 0; i < 4 && at + i < bytes.size(); ++i) {
        bits |= uint32_t{bytes[at + i]} << (8 * i);
      }
      const auto decoded = rv64::decode(bits);
      ASSERT_TRUE(decoded.has_value());
      insns.push_back(decoded->insn);
      offsets.push_back(at);
      at += decoded->bytes;
    }
    ASSERT_EQ(insns.size(), 4u);
    EXPECT_EQ(offsets[0] + insns[0].imm.value(), offsets[2]);
    EXPECT_EQ(offsets[3] + insns[3].imm.value(), offsets[1]);
  }
}

}  // namespace
}  // namespace zext::jit
