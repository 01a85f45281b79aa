// Programs in which distances matter: every form of a jump at the last distance that it reaches and
// at the first that it does not, run and compared with the eBPF interpreter; and a million
// instructions in each shape of shapes.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include "isa/ebpf/interpreter.h"
#include "jit/shapes.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

using ebpf::Op;

constexpr uint64_t kMany = 100'000'000;

// Compiles, runs, compares r0 with the interpreter's.
void expect_same(const ebpf::Code& code, const Code& compiled, uint64_t r1, uint64_t r2) {
  ebpf::Memory memory;
  const auto expected = ebpf::run(code, memory, {r1, r2});
  ASSERT_TRUE(expected.has_value()) << describe(expected.error());
  std::vector<uint8_t> none;
  const Outcome outcome = run_compiled(compiled, none, {r1, r2}, {}, kMany);
  ASSERT_TRUE(outcome.returned) << outcome.text();
  EXPECT_EQ(outcome.r0, expected->r0);
  EXPECT_TRUE(outcome.kept_registers);
}

// Offset of the code of the instruction at `pc`.
uint32_t offset_of(const Code& compiled, uint32_t pc) {
  const auto line = std::find_if(compiled.lines.begin(), compiled.lines.end(),
                                 [&](const LineEntry& entry) { return entry.pc == pc; });
  EXPECT_NE(line, compiled.lines.end()) << pc;
  return line == compiled.lines.end() ? 0 : line->offset;
}

// A program with one jump of interest, over `big` fillers of many bytes and `small` of two.
struct Jump {
  Op op = Op::kJeq64Imm;
  bool backward = false;
};
struct Placed {
  ebpf::Code code;
  uint32_t jump = 0, target = 0;  // slots
};

void fill(Slots& slots, uint32_t big, uint32_t small) {
  for (uint32_t i = 0; i < big; ++i) slots.add(Op::kBswap64, 3);
  slots.filler(small);
}

void add_jump(Slots& slots, Op op, int64_t to) {
  const ebpf::Kind kind = ebpf::row_of(op).kind;
  if (kind == ebpf::Kind::kGotol || kind == ebpf::Kind::kCallLocal) {
    slots.add(op, 0, 0, 0, to - slots.size() - 1);
  } else {
    slots.add(op, 1, op == Op::kJlt64Reg ? 2 : 0, to - slots.size() - 1);
  }
}

// Forward: jump, fillers, target. Backward: over it all to the jump, which goes back to the target.
Placed placed(const Jump& jump, uint32_t big, uint32_t small) {
  Slots slots;
  Placed result;
  const bool call = jump.op == Op::kCallLocal;
  slots.add_imm(Op::kMov64Imm, 0, 5);
  slots.add_imm(Op::kMov64Imm, 3, 0x1234);
  if (!jump.backward) {
    result.jump = slots.size();
    result.target = result.jump + 1 + big + small + (call ? 1 : 0);
    add_jump(slots, jump.op, result.target);
    fill(slots, big, small);
    if (call) slots.add(Op::kExit);
    slots.add_imm(Op::kAdd64Imm, 0, 100);
    slots.add(Op::kExit);
  } else {
    // gotol over: 1 slot; the target, its exit, the fillers; the jump.
    result.target = slots.size() + 1;
    result.jump = result.target + 2 + big + small;
    slots.gotol(result.jump);
    slots.add_imm(Op::kAdd64Imm, 0, 100);
    slots.add(Op::kExit);
    fill(slots, big, small);
    add_jump(slots, jump.op, result.target);
    slots.add_imm(Op::kAdd64Imm, 0, 1000);
    slots.add(Op::kExit);
  }
  result.code = slots.code();
  EXPECT_GT(result.code.size(), 0U);
  return result;
}

// Bytes of the big filler; fewer in the loop that a jump backward makes, which keeps its constants.
uint32_t big_bytes(const Jump& jump) {
  const auto size = [&](uint32_t big) {
    return compile(placed(jump, big, 0).code, {})->bytes.size();
  };
  return static_cast<uint32_t>(size(2) - size(1));
}

struct Form {
  uint32_t bytes = 0;
  int64_t distance = 0;  // from the jump's first byte to the target's
};

// Over distances of `reach` bytes and a few more or less, in steps of two: what is compiled is
// right, the form is of `shorter` bytes exactly while the distance with it is within reach, and of
// `longer` bytes beyond; both occur.
void expect_boundary(const Jump& jump, uint32_t reach, uint32_t shorter, uint32_t longer) {
  const uint32_t each = big_bytes(jump);
  ASSERT_GE(each, 34U);
  const uint32_t big = reach > 8192 ? reach / each - 1 : 0;
  const uint32_t base = (reach - big * each) / 2;
  std::set<uint32_t> seen;
  for (uint32_t small = base > 8 ? base - 8 : 0; small < base + 4; ++small) {
    const Placed program = placed(jump, big, small);
    const auto compiled = compile(program.code, {});
    ASSERT_TRUE(compiled.has_value());
    const uint32_t from = offset_of(*compiled, program.jump);
    const uint32_t next = offset_of(*compiled, program.jump + 1);
    const uint32_t to = offset_of(*compiled, program.target);
    const uint32_t bytes = next - from;
    // The distance, were the jump of the shorter form.
    const int64_t distance =
        jump.backward ? int64_t{from} - to : int64_t{to} - from - bytes + shorter;
    const int64_t last = jump.backward ? reach : int64_t{reach} - 2;
    EXPECT_EQ(bytes, distance <= last ? shorter : longer)
        << "distance " << distance << " reach " << reach << (jump.backward ? " back" : "");
    seen.insert(bytes);
    const bool near = distance - last >= -2 && distance - last <= 2;
    if (!near) continue;
    for (const uint64_t r1 : {0, 1, 9}) {
      if (r1 != 0 && ebpf::row_of(jump.op).kind != ebpf::Kind::kJump) continue;
      expect_same(program.code, *compiled, r1, 4);
    }
  }
  EXPECT_EQ(seen, (std::set<uint32_t>{shorter, longer}));
}

constexpr uint32_t kKi = 1 << 10, kMi = 1 << 20;

// beqz: 2 bytes, then 4, then bnez over jal, then over auipc and jalr.
TEST(Huge, CompressedBranchAtEachBoundary) {
  for (const bool backward : {false, true}) {
    const Jump jump{Op::kJeq64Imm, backward};
    expect_boundary(jump, 256, 2, 4);
    expect_boundary(jump, 4 * kKi, 4, 6);
    // The jal comes two bytes after the first byte: so much more forward, less back.
    expect_boundary(jump, backward ? kMi - 2 : kMi + 2, 6, 10);
  }
}

TEST(Huge, PlainBranchAtEachBoundary) {
  for (const bool backward : {false, true}) {
    const Jump jump{Op::kJlt64Reg, backward};
    expect_boundary(jump, 4 * kKi, 4, 8);
    expect_boundary(jump, backward ? kMi - 4 : kMi + 4, 8, 12);
  }
}

TEST(Huge, JumpAtEachBoundary) {
  for (const bool backward : {false, true}) {
    expect_boundary({Op::kGotol, backward}, 2 * kKi, 2, 4);
    expect_boundary({Op::kGotol, backward}, kMi, 4, 8);
  }
}

// A function a little less and a little more than 1 MiB away: jal, then auipc and jalr.
TEST(Huge, LocalCallAtItsBoundary) {
  const uint32_t each = big_bytes({Op::kCallLocal, false});
  const uint32_t big = kMi / each - 1, base = (kMi - big * each) / 2;
  std::set<uint32_t> seen;
  for (uint32_t small = base - 24; small < base + 4; ++small) {
    const Placed program = placed({Op::kCallLocal, false}, big, small);
    const auto compiled = compile(program.code, {});
    ASSERT_TRUE(compiled.has_value());
    const uint32_t from = offset_of(*compiled, program.jump);
    const uint32_t bytes = offset_of(*compiled, program.jump + 1) - from;
    const uint32_t distance = offset_of(*compiled, program.target) - from;
    EXPECT_EQ(distance - bytes + 4 <= kMi - 2, bytes == 4) << distance;
    seen.insert(bytes);
    if (distance < kMi - 8 || distance > kMi + 8) continue;
    expect_same(program.code, *compiled, 0, 0);
  }
  EXPECT_EQ(seen, (std::set<uint32_t>{4, 8}));
}

class Shapes : public ::testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(Huge, Shapes, ::testing::ValuesIn(kShapes),
                         [](const auto& shape) { return std::string(shape.param.name); });

TEST_P(Shapes, OfAnySizeRunAsInterpreted) {
  for (const uint32_t size : {1'000U, 1'001U, 30'000U, 1'000'000U}) {
    const ebpf::Code code = GetParam().program(size).code();
    ASSERT_GT(code.size(), size - 16);
    ASSERT_LE(code.size(), size + 16);
    const auto compiled = compile(code, {});
    ASSERT_TRUE(compiled.has_value());
    for (const uint64_t r1 : {0, 1}) expect_same(code, *compiled, r1, 1);
  }
}

}  // namespace
}  // namespace zext::jit
