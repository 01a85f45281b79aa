// The meanings of the table against vectors worked out by hand from the manual, for each
// instruction.
#include "isa/rv64/semantics.h"

#include <gtest/gtest.h>

#include <set>

namespace zext::rv64 {
namespace {

using W = Bits<64>;

constexpr uint64_t kMin = 0x8000000000000000, kMax = 0x7fffffffffffffff, kOnes = ~uint64_t{0};
constexpr uint64_t kMin32 = 0xffffffff80000000;  // -2^31 in a register
constexpr uint64_t kMixed = 0x0123456789abcdef;

// rd of `op` with rs1 = a, and rs2 or the immediate = b, at address 0x1000.
struct Vector {
  Op op;
  uint64_t a, b, rd;
};

constexpr Vector kBase[] = {
    {Op::kLui, 0, 0x12345000, 0x12345000},
    {Op::kLui, 0, kMin32, kMin32},
    {Op::kAuipc, 0, 0x12345000, 0x12346000},
    {Op::kAuipc, 0, kMin32, 0xffffffff80001000},
    {Op::kAddi, kMax, 1, kMin},
    {Op::kAddi, 0, kOnes, kOnes},
    {Op::kSlti, kOnes, 0, 1},
    {Op::kSlti, 0, kOnes, 0},
    {Op::kSlti, 5, 5, 0},
    {Op::kSltiu, 0, kOnes, 1},
    {Op::kSltiu, kOnes, 0, 0},
    {Op::kSltiu, 0, 1, 1},
    {Op::kXori, kMixed, kOnes, 0xfedcba9876543210},
    {Op::kOri, kMixed, 0x7ff, 0x0123456789abcfff},
    {Op::kAndi, kMixed, 0x0f0, 0x0e0},
    {Op::kAndi, kMixed, 0xffffffffffffff00, 0x0123456789abcd00},
    {Op::kSlli, 1, 63, kMin},
    {Op::kSlli, kMixed, 4, 0x123456789abcdef0},
    {Op::kSrli, kMin, 63, 1},
    {Op::kSrli, kMixed, 32, 0x01234567},
    {Op::kSrai, kMin, 63, kOnes},
    {Op::kSrai, kMin, 4, 0xf800000000000000},
    {Op::kSrai, kMixed, 56, 1},
    {Op::kAdd, kOnes, 1, 0},
    {Op::kSub, 0, 1, kOnes},
    {Op::kSub, kMin, 1, kMax},
    {Op::kSll, 1, 64, 1},
    {Op::kSll, 1, 127, kMin},
    {Op::kSll, 3, 63, kMin},
    {Op::kSlt, kMin, kMax, 1},
    {Op::kSlt, kMax, kMin, 0},
    {Op::kSltu, kMin, kMax, 0},
    {Op::kSltu, kMax, kMin, 1},
    {Op::kXor, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
    {Op::kSrl, kOnes, 64 + 60, 0xf},
    {Op::kSra, kMin, 64 + 62, 0xfffffffffffffffe},
    {Op::kSra, kMax, 62, 1},
    {Op::kOr, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
    {Op::kAnd, 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
    {Op::kAddiw, 0x7fffffff, 1, kMin32},
    {Op::kAddiw, 0xffffffff80000000, kOnes, 0x7fffffff},
    {Op::kAddiw, 0x1ffffffff, 0, kOnes},
    {Op::kSlliw, 1, 31, kMin32},
    {Op::kSlliw, 0x180000001, 1, 2},
    {Op::kSrliw, 0xffffffff80000000, 31, 1},
    {Op::kSrliw, 0xf80000000, 0, kMin32},
    {Op::kSraiw, 0x80000000, 31, kOnes},
    {Op::kSraiw, 0x7fffffff, 30, 1},
    {Op::kAddw, 0x7fffffff, 1, kMin32},
    {Op::kAddw, 0x100000000, 0x100000005, 5},
    {Op::kSubw, 0x80000000, 1, 0x7fffffff},
    {Op::kSubw, 0, 1, kOnes},
    {Op::kSllw, 1, 32 + 31, kMin32},
    {Op::kSrlw, 0xff80000000, 32 + 31, 1},
    {Op::kSrlw, 0x80000000, 64, kMin32},
    {Op::kSraw, 0x80000000, 32 + 4, 0xfffffffff8000000},
    {Op::kSraw, 0xf40000000, 30, 1},
};

constexpr Vector kMultiply[] = {
    {Op::kMul, 0x100000000, 0x100000000, 0},
    {Op::kMul, kOnes, kOnes, 1},
    {Op::kMul, 0xfffffffd, 5, 0x4fffffff1},
    {Op::kMulh, kOnes, kOnes, 0},
    {Op::kMulh, kMin, kMin, 0x4000000000000000},
    {Op::kMulh, kMin, 1, kOnes},
    {Op::kMulh, kMax, kMax, 0x3fffffffffffffff},
    {Op::kMulhsu, kOnes, kOnes, kOnes},
    {Op::kMulhsu, 1, kOnes, 0},
    {Op::kMulhsu, kMin, kMin, 0xc000000000000000},
    {Op::kMulhsu, 2, kMin, 1},
    {Op::kMulhu, kOnes, kOnes, 0xfffffffffffffffe},
    {Op::kMulhu, kMin, kMin, 0x4000000000000000},
    {Op::kMulhu, kMin, 2, 1},
    {Op::kDiv, 7, 0xfffffffffffffffe, 0xfffffffffffffffd},
    {Op::kDiv, 0xfffffffffffffff9, 2, 0xfffffffffffffffd},
    {Op::kDiv, 5, 0, kOnes},
    {Op::kDiv, 0xfffffffffffffffb, 0, kOnes},
    {Op::kDiv, 0, 0, kOnes},
    {Op::kDiv, kMin, kOnes, kMin},
    {Op::kDivu, kOnes, 2, kMax},
    {Op::kDivu, 5, 0, kOnes},
    {Op::kDivu, kMin, kOnes, 0},
    {Op::kRem, 0xfffffffffffffff9, 2, kOnes},
    {Op::kRem, 7, 0xfffffffffffffffe, 1},
    {Op::kRem, 0xfffffffffffffff9, 0, 0xfffffffffffffff9},
    {Op::kRem, kMin, kOnes, 0},
    {Op::kRemu, kOnes, 10, 5},
    {Op::kRemu, 5, 0, 5},
    {Op::kRemu, kMin, kOnes, kMin},
    {Op::kMulw, 0x80000000, 0x80000000, 0},
    {Op::kMulw, 0x10000, 0x8000, kMin32},
    {Op::kMulw, 0xf00000003, 0xf00000005, 15},
    {Op::kDivw, 0x80000000, 0xffffffff, kMin32},
    {Op::kDivw, 0x80000000, 0, kOnes},
    {Op::kDivw, 0xfffffff9, 2, 0xfffffffffffffffd},
    {Op::kDivw, 0x500000000, 0x700000000, kOnes},
    {Op::kDivuw, 0xffffffff, 1, kOnes},
    {Op::kDivuw, 0x80000000, 0xffffffff, 0},
    {Op::kDivuw, 7, 0x100000000, kOnes},
    {Op::kRemw, 0x80000000, 0xffffffff, 0},
    {Op::kRemw, 0x80000000, 0, kMin32},
    {Op::kRemw, 0xfffffff9, 2, kOnes},
    {Op::kRemuw, 0x80000000, 0xffffffff, kMin32},
    {Op::kRemuw, 0xfffffff9, 0, 0xfffffffffffffff9},
    {Op::kRemuw, 0xf00000009, 5, 4},
};

constexpr Vector kAddress[] = {
    {Op::kAddUw, kOnes, 1, 0x100000000},
    {Op::kAddUw, 0xf00000001, kMin, 0x8000000000000001},
    {Op::kSh1add, 3, 10, 16},
    {Op::kSh1add, kMin, 1, 1},
    {Op::kSh2add, 3, 10, 22},
    {Op::kSh3add, 3, 10, 34},
    {Op::kSh3add, 0x2000000000000001, 0, 8},
    {Op::kSh1addUw, kOnes, 1, 0x1ffffffff},
    {Op::kSh2addUw, kOnes, 0, 0x3fffffffc},
    {Op::kSh3addUw, 0x180000000, 1, 0x400000001},
    {Op::kSlliUw, kOnes, 4, 0xffffffff0},
    {Op::kSlliUw, 0x180000001, 63, kMin},
    {Op::kCzeroEqz, 5, 0, 0},
    {Op::kCzeroEqz, 5, kMin, 5},
    {Op::kCzeroNez, 5, 0, 5},
    {Op::kCzeroNez, 5, kMin, 0},
};

constexpr Vector kBitwise[] = {
    {Op::kAndn, 0xff, 0x0f, 0xf0},
    {Op::kOrn, 0x0f, 0xffffffffffffff00, 0xff},
    {Op::kXnor, 0xff00, 0x0ff0, 0xffffffffffff0f0f},
    {Op::kClz, 0, 0, 64},
    {Op::kClz, 1, 0, 63},
    {Op::kClz, kOnes, 0, 0},
    {Op::kClz, 0x0000000100000000, 0, 31},
    {Op::kClz, kMixed, 0, 7},
    {Op::kCtz, 0, 0, 64},
    {Op::kCtz, kMin, 0, 63},
    {Op::kCtz, 1, 0, 0},
    {Op::kCtz, 0x0000000100000000, 0, 32},
    {Op::kCtz, 0x50, 0, 4},
    {Op::kCpop, 0, 0, 0},
    {Op::kCpop, kOnes, 0, 64},
    {Op::kCpop, kMixed, 0, 32},
    {Op::kCpop, 0x8000000000000001, 0, 2},
    {Op::kClzw, 0xffffffff00000000, 0, 32},
    {Op::kClzw, 0xffffffff00000001, 0, 31},
    {Op::kClzw, 0x80000000, 0, 0},
    {Op::kCtzw, 0xffffffff00000000, 0, 32},
    {Op::kCtzw, 0x180000000, 0, 31},
    {Op::kCtzw, 0x2, 0, 1},
    {Op::kCpopw, kOnes, 0, 32},
    {Op::kCpopw, 0xffffffff00000000, 0, 0},
    {Op::kCpopw, 0x89abcdef, 0, 20},
    {Op::kMax, kMin, kMax, kMax},
    {Op::kMax, kOnes, 0, 0},
    {Op::kMaxu, kMin, kMax, kMin},
    {Op::kMaxu, kOnes, 0, kOnes},
    {Op::kMin, kMin, kMax, kMin},
    {Op::kMin, 0, kOnes, kOnes},
    {Op::kMinu, kMin, kMax, kMax},
    {Op::kMinu, 0, kOnes, 0},
    {Op::kSextB, 0x80, 0, 0xffffffffffffff80},
    {Op::kSextB, 0xff7f, 0, 0x7f},
    {Op::kSextH, 0x8000, 0, 0xffffffffffff8000},
    {Op::kSextH, 0xff7fff, 0, 0x7fff},
    {Op::kZextH, kOnes, 0, 0xffff},
    {Op::kZextH, 0x18000, 0, 0x8000},
    {Op::kRol, kMixed, 8, 0x23456789abcdef01},
    {Op::kRol, kMixed, 0, kMixed},
    {Op::kRol, kMin, 65, 1},
    {Op::kRor, kMixed, 8, 0xef0123456789abcd},
    {Op::kRor, kMixed, 64, kMixed},
    {Op::kRor, 1, 65, kMin},
    {Op::kRori, kMixed, 60, 0x123456789abcdef0},
    {Op::kRori, kMixed, 0, kMixed},
    {Op::kRolw, 0x80000000, 1, 1},
    {Op::kRolw, 0x40000000, 33, kMin32},
    {Op::kRolw, 0xf12345678, 32, 0x12345678},
    {Op::kRorw, 1, 1, kMin32},
    {Op::kRorw, 0xf12345678, 8, 0x78123456},
    {Op::kRoriw, 0x12345678, 4, 0xffffffff81234567},
    {Op::kRoriw, 0xf80000000, 0, kMin32},
    {Op::kOrcB, 0x0001020000804000, 0, 0x00ffff0000ffff00},
    {Op::kOrcB, 0x1000000000000008, 0, 0xff000000000000ff},
    {Op::kOrcB, 0, 0, 0},
    {Op::kOrcB, kMixed, 0, kOnes},
    {Op::kRev8, kMixed, 0, 0xefcdab8967452301},
    {Op::kRev8, 0xff, 0, 0xff00000000000000},
    {Op::kBclr, kOnes, 63, kMax},
    {Op::kBclr, 1, 64, 0},
    {Op::kBclri, 0xff, 3, 0xf7},
    {Op::kBext, kMin, 127, 1},
    {Op::kBext, kMax, 63, 0},
    {Op::kBexti, 0x10, 4, 1},
    {Op::kBexti, 0x10, 5, 0},
    {Op::kBinv, 0, 63, kMin},
    {Op::kBinv, kOnes, 64, 0xfffffffffffffffe},
    {Op::kBinvi, 0xf0, 4, 0xe0},
    {Op::kBset, 0, 64 + 32, 0x100000000},
    {Op::kBset, 1, 0, 1},
    {Op::kBseti, 0, 63, kMin},
};

uint64_t computed(const Vector& v) {
  const Instruction<> insn{.op = v.op, .imm = W::of(v.b)};
  return compute(insn, W::of(v.a), W::of(v.b), W::of(0x1000)).value();
}

template <size_t N>
std::set<Op> check(const Vector (&vectors)[N]) {
  std::set<Op> seen;
  for (const Vector& v : vectors) {
    EXPECT_EQ(computed(v), v.rd) << row_of(v.op).mnemonic << std::hex << " a=" << v.a
                                 << " b=" << v.b;
    seen.insert(v.op);
  }
  return seen;
}

TEST(Semantics, EachInstructionGivesTheManualsValues) {
  std::set<Op> seen = check(kBase);
  seen.merge(check(kMultiply));
  seen.merge(check(kAddress));
  seen.merge(check(kBitwise));
  for (const Row& row : kRows) {
    EXPECT_EQ(seen.contains(row.op), row.kind == Kind::kValue) << row.mnemonic;
  }
}

TEST(Semantics, BranchesCompareAsNamed) {
  struct Case {
    Op op;
    bool equal, min_max, max_min;  // taken for (5, 5), (kMin, kMax), (kMax, kMin)
  };
  const Case cases[] = {
      {Op::kBeq, true, false, false},  {Op::kBne, false, true, true},
      {Op::kBlt, false, true, false},  {Op::kBge, true, false, true},
      {Op::kBltu, false, false, true}, {Op::kBgeu, true, true, false},
  };
  for (const Case& c : cases) {
    const Instruction<> insn{.op = c.op};
    EXPECT_EQ(taken(insn, W::of(5), W::of(5)), c.equal) << insn.row().mnemonic;
    EXPECT_EQ(taken(insn, W::of(kMin), W::of(kMax)), c.min_max) << insn.row().mnemonic;
    EXPECT_EQ(taken(insn, W::of(kMax), W::of(kMin)), c.max_min) << insn.row().mnemonic;
  }
}

TEST(Semantics, JumpsGoToTheirTargets) {
  const W pc = W::of(0x1000);
  EXPECT_EQ(target(Instruction<>{.op = Op::kJal, .imm = W::of(0 - uint64_t{4})}, W::of(7), pc),
            W::of(0xffc));
  EXPECT_EQ(target(Instruction<>{.op = Op::kJalr, .imm = W::of(4)}, W::of(0x2001), pc),
            W::of(0x2004));
  EXPECT_EQ(target(Instruction<>{.op = Op::kBeq, .imm = W::of(0x10)}, W::of(7), pc), W::of(0x1010));
}

TEST(Semantics, LoadsExtendAsNamed) {
  struct Case {
    Op op;
    uint64_t value;  // of a register loaded where memory holds f1f2f3f4f5f6f7f8
  };
  const Case cases[] = {
      {Op::kLb, 0xfffffffffffffff8},
      {Op::kLh, 0xfffffffffffff7f8},
      {Op::kLw, 0xfffffffff5f6f7f8},
      {Op::kLd, 0xf1f2f3f4f5f6f7f8},
      {Op::kLbu, 0xf8},
      {Op::kLhu, 0xf7f8},
      {Op::kLwu, 0xf5f6f7f8},
      {Op::kLrW, 0xfffffffff5f6f7f8},
      {Op::kLrD, 0xf1f2f3f4f5f6f7f8},
      {Op::kAmoswapW, 0xfffffffff5f6f7f8},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(loaded(Instruction<>{.op = c.op}, W::of(0xf1f2f3f4f5f6f7f8)), W::of(c.value))
        << row_of(c.op).mnemonic;
  }
}

TEST(Semantics, AtomicsStoreTheManualsValues) {
  const Vector vectors[] = {
      // a: memory, b: rs2, rd: the value stored
      {Op::kAmoaddW, 0xffffffff, 1, 0},
      {Op::kAmoaddD, 0xffffffff, 1, 0x100000000},
      {Op::kAmoswapW, 5, 0x1234567890, 0x34567890},
      {Op::kAmoswapD, 5, kOnes, kOnes},
      {Op::kAmoxorW, 0xff, 0x0f, 0xf0},
      {Op::kAmoxorD, kOnes, 1, 0xfffffffffffffffe},
      {Op::kAmoorW, 0xf0, 0x0f, 0xff},
      {Op::kAmoorD, kMin, 1, 0x8000000000000001},
      {Op::kAmoandW, 0xff, 0x3c, 0x3c},
      {Op::kAmoandD, kOnes, kMin, kMin},
      {Op::kAmominW, 0x80000000, 1, 0x80000000},
      {Op::kAmominD, 0x80000000, 1, 1},
      {Op::kAmomaxW, 0x80000000, 1, 1},
      {Op::kAmomaxD, 0x80000000, 1, 0x80000000},
      {Op::kAmominuW, 0x80000000, 1, 1},
      {Op::kAmominuD, kMin, 1, 1},
      {Op::kAmomaxuW, 0x80000000, 1, 0x80000000},
      {Op::kAmomaxuD, kMin, 1, kMin},
  };
  std::set<Op> seen;
  for (const Vector& v : vectors) {
    EXPECT_EQ(amo(Instruction<>{.op = v.op}, W::of(v.a), W::of(v.b)), W::of(v.rd))
        << row_of(v.op).mnemonic;
    seen.insert(v.op);
  }
  for (const Row& row : kRows) {
    EXPECT_EQ(seen.contains(row.op), row.kind == Kind::kAmo) << row.mnemonic;
  }
}

TEST(Semantics, CsrInstructionsStoreTheManualsValues) {
  const Vector vectors[] = {
      // a: the CSR, b: rs1's value or the constant, rd: the CSR afterwards
      {Op::kCsrrw, 0xff, 0x3c, 0x3c},  {Op::kCsrrs, 0xf0, 0x3c, 0xfc},
      {Op::kCsrrc, 0xff, 0x3c, 0xc3},  {Op::kCsrrwi, 0xff, 0x1c, 0x1c},
      {Op::kCsrrsi, 0xf0, 0x0c, 0xfc}, {Op::kCsrrci, 0xff, 0x1c, 0xe3},
  };
  for (const Vector& v : vectors) {
    const Instruction<> insn{.op = v.op, .rs1 = static_cast<Reg>(v.b & 31)};
    EXPECT_EQ(csr_value(insn, W::of(v.a), W::of(v.b)), W::of(v.rd)) << row_of(v.op).mnemonic;
  }
}

}  // namespace
}  // namespace zext::rv64
