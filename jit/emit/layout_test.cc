// Branch relaxation: every form, at the edges of its range, forward and backward, and in programs
// of a million jumps.
#include "jit/emit/layout.h"

#include <gtest/gtest.h>

#include <chrono>

#include "isa/rv64/decode.h"

namespace zext::jit {
namespace {

using rv64::Op;

constexpr Branch kCompressible{Op::kBne, rv64::kA0, rv64::kZero};
constexpr Branch kPlain{Op::kBltu, rv64::kA0, rv64::kS2};

// Appends `bytes` (even) of c.nop or nop.
void pad(Layout& layout, uint32_t bytes, bool compressed = true) {
  Emitter<Bits<64>> e;
  e.add_imm(Op::kAddi, 0, 0, Bits<64>::of(0));
  for (uint32_t i = 0; i < bytes; i += compressed ? 2 : 4) layout.code(e);
}

rv64::Instruction<> at(const std::vector<uint8_t>& code, uint32_t offset, unsigned* bytes) {
  uint32_t bits = 0;
  for (unsigned i = 0; i < 4 && offset + i < code.size(); ++i) {
    bits |= uint32_t{code[offset + i]} << (8 * i);
  }
  const auto decoded = rv64::decode(bits);
  EXPECT_TRUE(decoded.has_value());
  *bytes = decoded->bytes;
  return decoded->insn;
}

// Follows the jump at `offset`, as if its condition held; where it arrives, and its size.
struct Followed {
  int64_t target;
  unsigned size;
};
Followed follow(const std::vector<uint8_t>& code, uint32_t offset, Op condition) {
  unsigned bytes = 0;
  const uint32_t start = offset;
  rv64::Instruction<> insn = at(code, offset, &bytes);
  if (insn.row().kind == rv64::Kind::kBranch) {
    if (insn.op == condition) return {offset + insn.imm.signed_value(), bytes};
    EXPECT_EQ(insn.op, inverted(condition));
    const int64_t past = offset + insn.imm.signed_value();
    offset += bytes;
    const Followed rest = follow(code, offset, condition);
    EXPECT_EQ(past, int64_t{offset} + rest.size);
    return {rest.target, bytes + rest.size};
  }
  if (insn.op == Op::kJal) return {offset + insn.imm.signed_value(), bytes};
  EXPECT_EQ(insn.op, Op::kAuipc);
  const int64_t high = offset + insn.imm.signed_value();
  const rv64::Reg through = insn.rd;
  offset += bytes;
  insn = at(code, offset, &bytes);
  EXPECT_EQ(insn.op, Op::kJalr);
  EXPECT_EQ(insn.rs1, through);
  return {high + insn.imm.signed_value(), offset + bytes - start};
}

// A branch (or a jump) over `distance` bytes of code: arrives, with the size expected.
void expect_forward(const Branch* branch, uint32_t distance, unsigned size, bool compressed) {
  Layout layout(compressed, 1);
  branch != nullptr ? layout.branch(*branch, 0) : layout.jump(0);
  pad(layout, distance, compressed);
  layout.bind(0);
  ASSERT_TRUE(layout.finish());
  const auto code = layout.bytes();
  ASSERT_EQ(code.size(), distance + size) << distance;
  const Followed followed = follow(code, 0, branch != nullptr ? branch->op : Op::kJal);
  EXPECT_EQ(followed.target, distance + size);
  EXPECT_EQ(followed.size, size);
}

// An address outside is the same from every place of the text.
TEST(Layout, AddressesOutside) {
  constexpr int64_t kDistances[] = {0, 0x7ff, 0x800, -0x801, 0x3fff'f000, -0x3fff'f000};
  Layout layout(true, 0);
  for (const int64_t distance : kDistances) {
    pad(layout, 6);
    layout.address_outside(rv64::kA3, distance);
  }
  ASSERT_TRUE(layout.finish());
  const auto code = layout.bytes();
  uint32_t offset = 0;
  for (const int64_t distance : kDistances) {
    offset += 6;
    unsigned bytes = 0;
    const rv64::Instruction<> high = at(code, offset, &bytes);
    ASSERT_EQ(high.op, Op::kAuipc);
    const rv64::Instruction<> low = at(code, offset + bytes, &bytes);
    ASSERT_EQ(low.op, Op::kAddi);
    EXPECT_EQ(low.rs1, rv64::kA3);
    EXPECT_EQ(offset + high.imm.signed_value() + low.imm.signed_value(), distance);
    offset += 8;
  }
}

void expect_backward(const Branch* branch, uint32_t distance, unsigned size, bool compressed) {
  Layout layout(compressed, 1);
  layout.bind(0);
  pad(layout, distance, compressed);
  branch != nullptr ? layout.branch(*branch, 0) : layout.jump(0);
  ASSERT_TRUE(layout.finish());
  const auto code = layout.bytes();
  ASSERT_EQ(code.size(), distance + size) << distance;
  EXPECT_EQ(follow(code, distance, branch != nullptr ? branch->op : Op::kJal).target, 0);
}

// A form's last distance, and the first beyond it.
TEST(Layout, ForwardRanges) {
  constexpr uint32_t kMi = 1 << 20;
  expect_forward(&kCompressible, 254 - 2, 2, true);
  expect_forward(&kCompressible, 254, 4, true);
  expect_forward(&kCompressible, 4094 - 4, 4, true);
  expect_forward(&kCompressible, 4094 - 2, 6, true);
  expect_forward(&kCompressible, kMi - 2 - 4, 6, true);
  expect_forward(&kCompressible, kMi - 4, 10, true);
  expect_forward(&kPlain, 0, 4, true);
  expect_forward(&kPlain, 4094 - 4, 4, true);
  expect_forward(&kPlain, 4092, 8, true);
  expect_forward(&kPlain, kMi, 12, true);
  expect_forward(nullptr, 2046 - 2, 2, true);
  expect_forward(nullptr, 2046, 4, true);
  expect_forward(nullptr, kMi - 2 - 4, 4, true);
  expect_forward(nullptr, kMi, 8, true);
  expect_forward(&kCompressible, 4088, 4, false);
  expect_forward(&kCompressible, 4092, 8, false);
  expect_forward(nullptr, kMi - 8, 4, false);
  expect_forward(nullptr, kMi, 8, false);
}

TEST(Layout, BackwardRanges) {
  constexpr uint32_t kMi = 1 << 20;
  expect_backward(&kCompressible, 0, 2, true);
  expect_backward(&kCompressible, 256, 2, true);
  expect_backward(&kCompressible, 258, 4, true);
  expect_backward(&kCompressible, 4096, 4, true);
  expect_backward(&kCompressible, 4098, 6, true);
  expect_backward(&kCompressible, kMi - 2, 6, true);
  expect_backward(&kCompressible, kMi, 10, true);
  expect_backward(nullptr, 2048, 2, true);
  expect_backward(nullptr, 2050, 4, true);
  expect_backward(nullptr, kMi, 4, true);
  expect_backward(nullptr, kMi + 2, 8, true);
}

// Each jump's target is just in reach of a short form, until two of the 62 jumps it goes over grow,
// as the last two do: thousands of rounds, were their number not limited.
TEST(Layout, ChainsOfGrowthEnd) {
  constexpr uint32_t kCount = 300'000;
  Layout layout(true, kCount + 64);
  const auto start = std::chrono::steady_clock::now();
  for (uint32_t i = 0; i < kCount; ++i) {
    layout.bind(i);
    layout.branch(kCompressible, i + 63);
    pad(layout, 2);
  }
  for (uint32_t i = kCount; i < kCount + 64; ++i) {
    if (i == kCount + 61) pad(layout, 300);
    layout.bind(i);
  }
  ASSERT_TRUE(layout.finish());
  const auto code = layout.bytes();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_LT(seconds, 20);
  EXPECT_EQ(layout.offset(Layout::Label{63}) - layout.offset(Layout::Label{0}), 63u * 6);
  for (uint32_t i = 0; i < kCount; i += 997) {
    EXPECT_EQ(follow(code, layout.offset(i), Op::kBne).target, layout.offset(i + 63));
  }
}

TEST(Layout, AMillionFarJumpsArrive) {
  constexpr uint32_t kCount = 1'000'000;
  Layout layout(true, kCount);
  uint64_t random = 1;
  std::vector<uint32_t> targets(kCount);
  for (uint32_t i = 0; i < kCount; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    targets[i] = static_cast<uint32_t>((random >> 33) % kCount);
    layout.bind(i);
    layout.branch(i % 2 == 0 ? kCompressible : kPlain, targets[i]);
  }
  ASSERT_TRUE(layout.finish());
  const auto code = layout.bytes();
  for (uint32_t i = 0; i < kCount; i += 101) {
    const Op op = i % 2 == 0 ? kCompressible.op : kPlain.op;
    ASSERT_EQ(follow(code, layout.offset(i), op).target, layout.offset(targets[i])) << i;
  }
}

}  // namespace
}  // namespace zext::jit
