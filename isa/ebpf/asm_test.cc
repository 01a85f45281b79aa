#include "isa/ebpf/asm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "isa/ebpf/disasm.h"
#include "isa/ebpf/testing.h"

namespace zext::ebpf {
namespace {

std::vector<Slot> slots_of(const Instruction<>& insn) {
  std::vector<Slot> slots;
  append(insn, slots);
  return slots;
}

// Assembles text that must be right.
std::vector<Slot> good(std::string_view text) {
  const auto slots = assemble(text);
  EXPECT_TRUE(slots.has_value()) << text << ": " << describe(slots.error());
  return slots.value_or(std::vector<Slot>{});
}

// The message for text that must be wrong.
std::string bad(std::string_view text) {
  const auto slots = assemble(text);
  EXPECT_FALSE(slots.has_value()) << text;
  return slots ? "" : describe(slots.error());
}

TEST(Assemble, ReadsBackEveryRowAndEdgeOperand) {
  size_t count = 0;
  for (const Row& row : kRows) {
    for (const Instruction<>& insn : testing::edge_instructions(row)) {
      const std::string text = disassemble(insn, 3, Style::kExact);
      const auto slots = assemble(text);
      ASSERT_TRUE(slots.has_value()) << text << ": " << describe(slots.error());
      EXPECT_EQ(*slots, slots_of(insn)) << text;
      ++count;
    }
  }
  EXPECT_GT(count, 5000u);
}

// What LLVM's text leaves out, and nothing else, gets lost by it.
TEST(Assemble, ReadsBackLlvmsTextWhereItIsComplete) {
  for (const Row& row : kRows) {
    if (row.op == Op::kCallLocal || row.op == Op::kCallBtf || row.kind == Kind::kLoadInd) continue;
    for (const Instruction<>& insn : testing::edge_instructions(row)) {
      if (row.kind == Kind::kImm64 && row.op != Op::kLoadImm64 && insn.imm.value() >> 32 != 0) {
        continue;
      }
      EXPECT_EQ(good(disassemble(insn, 0)), slots_of(insn)) << disassemble(insn, 0);
    }
  }
}

TEST(Assemble, LabelsCommentsAndSpaces) {
  const auto program = good(R"(
    ; sums 1 to 10
    r0 = 0            // decimal
    r1=0xa            # hexadecimal
  loop: again:
    r0 += r1
    r1 -= 1
    if r1 != 0 goto loop
    call square
    goto end
    gotol again
  end: exit
  square:
    r0 *= r0
    exit
  )");
  ASSERT_EQ(program.size(), 11u);
  EXPECT_EQ(program[4].offset, -3);
  EXPECT_EQ(program[5], (Slot{.opcode = 0x85, .registers = 0x10, .imm = 3}));
  EXPECT_EQ(program[6].offset, 1);
  EXPECT_EQ(program[7], (Slot{.opcode = 0x06, .imm = -6}));
}

TEST(Assemble, LabelsCountSlotsNotInstructions) {
  const auto program = good("goto end\n r1 = 0x123456789 ll\n end: exit");
  EXPECT_EQ(program[0].offset, 2);
  EXPECT_EQ(good("ld_pseudo r1, 4, f\nexit\nf: exit")[0].imm, 2);
}

TEST(Assemble, TakesLlvmObjdumpsTargets) {
  EXPECT_EQ(good("if r1 == 0x5 goto +0x3 <f+0xd30>")[0].offset, 3);
  EXPECT_EQ(good("gotol -0x3 <f>")[0].imm, -3);
}

TEST(Assemble, ImmediateRanges) {
  EXPECT_EQ(good("r1 = -2147483648")[0].imm, INT32_MIN);
  EXPECT_EQ(good("w1 = 0xffffffff")[0].imm, -1);
  EXPECT_EQ(good("*(u32 *)(r1 + 0) = 0xffffffff")[0].imm, -1);
  EXPECT_EQ(good("r1 = 18446744073709551615 ll")[1].imm, -1);
  // An r register would get -1 from these.
  EXPECT_THAT(bad("r1 = 0xffffffff"), ::testing::HasSubstr("rN = VALUE ll"));
  EXPECT_THAT(bad("*(u64 *)(r1 + 0) = 0xffffffff"), ::testing::HasSubstr("32 bits"));
  EXPECT_THAT(bad("w1 = 0x100000000"), ::testing::HasSubstr("32 bits"));
  EXPECT_THAT(bad("r1 = 0x10000000000000000 ll"), ::testing::HasSubstr("not a number"));
  EXPECT_THAT(bad("*(u8 *)(r1 + 32768) = 1"), ::testing::HasSubstr("out of range"));
  EXPECT_THAT(bad("goto +32768"), ::testing::HasSubstr("out of range"));
}

TEST(Assemble, ErrorsSayWhereWhatAndHow) {
  EXPECT_EQ(bad("exit\n  r1 += w2\n"),
            "line 2, column 9: registers differ in width; use r with r and w with w");
  EXPECT_EQ(bad("goto nowhere"),
            "line 1, column 6: label `nowhere` is not defined; define it with `nowhere:`");
  EXPECT_EQ(bad("x: exit\nx: exit"),
            "line 2, column 1: label `x` is defined twice; it is also on line 1; rename one");
  EXPECT_EQ(bad("r10 = 1"),
            "line 1, column 1: this instruction has no encoding; slot 0: dst register is r10, the "
            "read-only frame pointer, and would be written; use r0 to r9");
  EXPECT_EQ(bad("exit exit"),
            "line 1, column 6: unexpected `exit` after the instruction; write one instruction a "
            "line");
  EXPECT_EQ(bad("r1"),
            "line 1, column 3: the end of the line is no assignment; use = or += -= *= /= s/= %= "
            "s%= |= &= ^= <<= >>= s>>=");
  EXPECT_EQ(bad("r1 = @"),
            "line 1, column 6: unexpected character `@`; see the syntax in isa/ebpf/README.md");
  EXPECT_EQ(bad("jump 3"),
            "line 1, column 1: `jump` begins no instruction; write a register, `*(u32 *)(...)`, "
            "if, goto, call or exit");
}

TEST(Assemble, RefusesWhatNoInstructionMeans) {
  for (const char* text : {"r11 = 1",
                           "r1 = r11",
                           "w1 = (s32)w2",
                           "w1 = le16 w1",
                           "r1 = be16 r2",
                           "r1 = -r2",
                           "r1 = *(s64 *)(r2 + 0)",
                           "*(s8 *)(r1 + 0) = r2",
                           "lock *(u8 *)(r1 + 0) += r2",
                           "w1 = *(u64 *)(r2 + 0)",
                           "*(u64 *)(r2 + 0) = w1",
                           "r1 = *(u8 *)skb[1]",
                           "r0 = *(u64 *)skb[1]",
                           "w2 = xchg_64(r1 + 0, w2)",
                           "r2 = xchg_64(r1 + 0, r3)",
                           "r1 = cmpxchg_64(r2 + 0, r0, r3)",
                           "ld_pseudo r1, 7, 0",
                           "ld_pseudo r1, 1, 2, 3",
                           "if r1 = 1 goto +1",
                           "if r1 == w1 goto +1",
                           "callx 5",
                           "callx w1",
                           "call",
                           "goto",
                           "*(u8 *)(w1 + 0) = 1",
                           "r1 = addr_space_cast(r1, 65536, 0)",
                           "w1 = 5 ll",
                           "store_release"}) {
    EXPECT_NE(bad(text), "") << text;
  }
}

TEST(Assemble, RefusesALabelOutOfReach) {
  std::string text = "goto far\n";
  for (int i = 0; i < 32767; ++i) text += "r0 = 0\n";
  EXPECT_EQ(good(text + "far: exit")[0].offset, 32767);
  EXPECT_THAT(bad(text + "r0 = 0\nfar: exit"), ::testing::HasSubstr("gotol"));
}

TEST(Assemble, AnyTextGivesAProgramOrAnError) {
  std::mt19937_64 random(3);
  const std::vector<std::string> words = {"r0",  "w1", "r10", "=",  "+=", "s>>=", "*",  "(",
                                          "u32", ")",  "0x5", "-",  "+",  "goto", "if", "lock",
                                          "[",   "]",  "skb", "ll", ",",  "call", ":",  "label",
                                          "\n",  " ",  "#",   "s8", "99", "<",    "\t", "exit"};
  size_t assembled = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text;
    for (uint64_t n = random() % 12; n > 0; --n) {
      text += random() % 50 == 0 ? std::string(1, static_cast<char>(random()))
                                 : words[random() % words.size()];
      if (random() % 2 == 0) text += ' ';
    }
    const auto slots = assemble(text);
    if (slots) {
      ++assembled;
    } else {
      EXPECT_NE(slots.error().what, "");
      EXPECT_GE(slots.error().line, 1u);
      EXPECT_LE(slots.error().column, text.size() + 1);
    }
  }
  EXPECT_GT(assembled, 500u);
}

}  // namespace
}  // namespace zext::ebpf
