// Calls of what is outside of the program: each form at the last distance that it reaches and at
// the first that it does not, for texts everywhere in the 64-bit space.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "isa/rv64/decode.h"
#include "isa/rv64/execute.h"
#include "isa/rv64/semantics.h"
#include "jit/emit/layout.h"

namespace zext::jit {
namespace {

using rv64::Op;
using W = Bits<64>;

constexpr uint64_t kGi = uint64_t{1} << 30;

// Where text may be: the ends of the space, of its signed halves, and what kernels use.
constexpr uint64_t kTexts[] = {0,
                               2,
                               0x1000,
                               0x7ffffffe,
                               0x80000000,
                               0xfffffffe,
                               uint64_t{1} << 63,
                               (uint64_t{1} << 63) - 2,
                               (uint64_t{1} << 63) - 0x1000,
                               0xffffffff80000000,
                               0xffffffc0804df568,
                               ~uint64_t{0} - 0xfff,
                               ~uint64_t{0} - 63};

// Where the program's code goes to from its first byte, by executing it until it leaves the code.
struct Arrival {
  uint64_t pc = 0;
  uint64_t link = 0;
  std::vector<Op> ops;
};
Arrival arrival(const std::vector<uint8_t>& code, uint64_t text) {
  Arrival result;
  result.pc = text;
  rv64::Registers<W> x{};
  while (result.pc - text < code.size()) {
    uint32_t bits = 0;
    for (uint64_t i = 0, at = result.pc - text; i < 4 && at + i < code.size(); ++i) {
      bits |= uint32_t{code[at + i]} << (8 * i);
    }
    const auto decoded = rv64::decode(bits);
    if (!decoded) {
      ADD_FAILURE() << "no instruction at " << result.pc - text;
      return result;
    }
    const rv64::Instruction<>& insn = decoded->insn;
    const uint64_t next = result.pc + decoded->bytes;
    if (insn.row().kind == rv64::Kind::kJump) {
      result.pc = rv64::target(insn, x[insn.rs1], W::of(result.pc)).value();
      if (insn.rd != 0) x[insn.rd] = W::of(next);
    } else {
      rv64::execute(insn, x, W::of(result.pc));
      result.pc = next;
    }
    if (insn.op != Op::kAddi || insn.rd != 0) result.ops.push_back(insn.op);  // not the padding
  }
  result.link = x[rv64::kRa].value();
  return result;
}

// `before` bytes of padding and one call, to `distance` bytes after the call's first.
struct Compiled {
  std::optional<Arrival> arrival = {};  // none: out of reach
  uint64_t size = 0;
  int64_t distance = 0;
};
Compiled call(uint64_t text, uint32_t before, uint64_t distance, bool relative_only = false) {
  Layout layout(true, 0);
  Emitter<W> nop;
  nop.add_imm(Op::kAddi, 0, 0, W::of(0));
  for (uint32_t i = 0; i < before; i += 2) layout.code(nop);
  layout.call_outside(
      {.target = text + before + distance, .text = text, .relative_only = relative_only});
  EXPECT_TRUE(layout.finish());
  const auto unreached = layout.unreached();
  if (unreached.call != nullptr) return {.distance = unreached.distance};
  const auto code = layout.bytes();
  return {.arrival = arrival(code, text), .size = code.size() - before};
}

void expect_call(uint64_t text, uint32_t before, int64_t distance, const std::vector<Op>& ops) {
  const Compiled compiled = call(text, before, static_cast<uint64_t>(distance));
  ASSERT_TRUE(compiled.arrival.has_value());
  EXPECT_EQ(compiled.arrival->pc, text + before + static_cast<uint64_t>(distance))
      << "text " << text << " distance " << distance;
  EXPECT_EQ(compiled.arrival->link, text + before + compiled.size);
  if (!ops.empty()) {
    EXPECT_EQ(compiled.arrival->ops, ops) << "text " << text << " distance " << distance;
  }
}

const std::vector<Op> kJal = {Op::kJal}, kPair = {Op::kAuipc, Op::kJalr};

TEST(CallOutside, JalReachesAMiB) {
  constexpr int64_t kMi = 1 << 20;
  for (const uint64_t text : kTexts) {
    for (const uint32_t before : {0u, 6u}) {
      expect_call(text, before, kMi - 2, kJal);
      expect_call(text, before, -kMi, kJal);
      for (const int64_t beyond : {kMi, kMi + 2, -kMi - 2, -kMi - 4096}) {
        expect_call(text, before, beyond, {});
        EXPECT_GT(call(text, before, static_cast<uint64_t>(beyond)).size, 4u);
      }
    }
  }
}

// auipc's part is signed and the other's is too: the pair reaches 2 KiB less above than 2 GiB, and
// 2 KiB more below.
TEST(CallOutside, PairReachesTwoGiBLessAndMore2KiB) {
  constexpr int64_t kLast = static_cast<int64_t>(2 * kGi) - 2048 - 2;
  constexpr int64_t kFirst = -static_cast<int64_t>(2 * kGi) - 2048;
  // Far from zero, so that no absolute form is shorter.
  for (const uint64_t text : {0xffffffc0804df568, uint64_t{1} << 63, uint64_t{0x123456789abc}}) {
    for (const uint32_t before : {0u, 6u}) {
      expect_call(text, before, kLast, kPair);
      expect_call(text, before, kFirst, kPair);
      for (const int64_t beyond : {kLast + 2, kFirst - 2}) {
        expect_call(text, before, beyond, {});
        const Compiled compiled = call(text, before, static_cast<uint64_t>(beyond));
        ASSERT_NE(compiled.arrival->ops, kPair);
      }
    }
  }
}

TEST(CallOutside, RelativeOnlyReachesOrSaysHowFarItIs) {
  for (const uint64_t text : kTexts) {
    for (const int64_t distance :
         {static_cast<int64_t>(2 * kGi) - 2048 - 2, -static_cast<int64_t>(2 * kGi) - 2048}) {
      const Compiled reached = call(text, 6, static_cast<uint64_t>(distance), true);
      ASSERT_TRUE(reached.arrival.has_value());
      EXPECT_EQ(reached.arrival->ops, kPair);
      EXPECT_EQ(reached.arrival->pc, text + 6 + static_cast<uint64_t>(distance));
      const int64_t beyond = distance + (distance < 0 ? -2 : 2);
      const Compiled unreached = call(text, 6, static_cast<uint64_t>(beyond), true);
      EXPECT_FALSE(unreached.arrival.has_value());
      EXPECT_EQ(unreached.distance, beyond);
    }
  }
}

TEST(CallOutside, FromEverywhereToEverywhere) {
  std::mt19937_64 random(1);
  for (unsigned i = 0; i < 20'000; ++i) {
    const uint64_t text = i % 2 == 0 ? kTexts[i / 2 % std::size(kTexts)] : random() & ~uint64_t{1};
    uint64_t distance = random() >> (random() % 64);
    if (random() % 2 == 0) distance = 0 - distance;
    const auto before = static_cast<uint32_t>(random() % 16 * 2);
    // A target in the code itself would be executed on.
    distance &= ~uint64_t{1};
    if (distance + before < 64) continue;
    expect_call(text, before, static_cast<int64_t>(distance), {});
  }
}

// Between a short absolute address and a pair, the shorter.
TEST(CallOutside, LowAddressesAreCalledByAddress) {
  const Compiled compiled = call(0x40000000, 0, 0x1f000 - uint64_t{0x40000000});
  ASSERT_TRUE(compiled.arrival.has_value());
  EXPECT_EQ(compiled.arrival->ops, (std::vector<Op>{Op::kLui, Op::kJalr}));
  EXPECT_EQ(compiled.size, 4u);
}

// Calls whose reach depends on how far branches have grown, and growth that is cut short.
TEST(CallOutside, AmongGrowingBranches) {
  constexpr uint32_t kCount = 20'000;
  constexpr uint64_t kText = 0xffffffc000000000;
  for (const int64_t from_end : {int64_t{0}, int64_t{-40'000}, int64_t{100'000}}) {
    Layout layout(true, kCount + 64);
    Emitter<W> nop;
    nop.add_imm(Op::kAddi, 0, 0, W::of(0));
    for (uint32_t i = 0; i < kCount + 64; ++i) {
      if (i == kCount + 61) {
        for (unsigned n = 0; n < 150; ++n) layout.code(nop);
      }
      layout.bind(i);
      if (i >= kCount) continue;
      layout.branch({Op::kBne, rv64::kA0, rv64::kZero}, i + 63);
      if (i % 64 == 0) {
        layout.call_outside({.target = kText + (1 << 20) + static_cast<uint64_t>(from_end),
                             .text = kText,
                             .relative_only = true});
      } else {
        layout.code(nop);
      }
    }
    ASSERT_TRUE(layout.finish());
    ASSERT_EQ(layout.unreached().call, nullptr);
    const auto code = layout.bytes();
    unsigned calls = 0;
    for (uint32_t i = 0; i < kCount; i += 64) {
      const uint32_t at = layout.offset(i);
      // Over the branch, whatever its form: the call begins 4 or 8 bytes before the next label.
      const uint32_t next = layout.offset(i + 1);
      for (const uint32_t size : {4u, 8u}) {
        if (next - at < size + 2) continue;
        const std::vector<uint8_t> tail(code.begin() + next - size, code.begin() + next);
        const auto first = rv64::decode(tail[0] | uint32_t{tail[1]} << 8 | uint32_t{tail[2]} << 16 |
                                        uint32_t{tail[3]} << 24);
        if (!first || first->insn.op != (size == 4 ? Op::kJal : Op::kAuipc)) continue;
        EXPECT_EQ(arrival(tail, kText + next - size).pc,
                  kText + (1 << 20) + static_cast<uint64_t>(from_end));
        ++calls;
      }
    }
    EXPECT_EQ(calls, (kCount + 63) / 64);
  }
}

}  // namespace
}  // namespace zext::jit
