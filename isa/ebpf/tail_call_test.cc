// Tail calls on the interpreter: what Linux says of them, with results written by hand.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/interpreter.h"

namespace zext::ebpf {
namespace {

constexpr uint64_t kArray = 0x10000;

Code code_of(const std::string& text) {
  const auto slots = assemble(text);
  EXPECT_TRUE(slots.has_value()) << text;
  const auto code = decode_program(slots.value());
  EXPECT_TRUE(code.has_value()) << text;
  return code.value();
}

// Runs the first program; `array` has the programs behind it, each index that of a program.
std::expected<Result, Fault> run_chain(const std::vector<std::string>& texts,
                                       const std::vector<size_t>& array,
                                       const Arguments& arguments = {}, const Limits& limits = {}) {
  static std::vector<Code> programs;  // a fault points to one
  programs.clear();
  programs.reserve(texts.size());
  for (const std::string& text : texts) programs.push_back(code_of(text));
  std::vector<const Code*> entries;
  entries.reserve(array.size());
  for (const size_t index : array) {
    entries.push_back(index < programs.size() ? &programs[index] : nullptr);
  }
  const ProgramArray arrays[] = {{.address = kArray, .programs = entries}};
  Memory memory;
  const auto result = run(programs.front(), memory, arguments,
                          {.program_arrays = arrays, .limits = limits, .stack_top = 0x9000'0000});
  EXPECT_TRUE(memory.regions().empty());
  return result;
}

constexpr size_t kEmpty = 99;
const std::string kCall = "r2 = 0x10000\ncall 12\n";

TEST(TailCall, TakesTheContextAndGivesItsResult) {
  const auto result = run_chain({"r3 = 1\n" + kCall + "exit", "r0 = r1\nexit"}, {kEmpty, 1}, {5});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->r0, 5u);
  EXPECT_EQ(result->instructions, 3 + 2u);
  EXPECT_EQ(result->tail_calls, 1u);
}

TEST(TailCall, IndexIsTruncatedAndUnsigned) {
  const auto index = [](const std::string& value) {
    return run_chain({"r0 = 3\nr3 = " + value + "\n" + kCall + "exit", "r0 = 10\nexit"},
                     {1, kEmpty})
        ->r0;
  };
  EXPECT_EQ(index("0"), 10u);
  EXPECT_EQ(index("0xabcdef0100000000 ll"), 10u);
  EXPECT_EQ(index("1"), 3u);
  EXPECT_EQ(index("2"), 3u);
  EXPECT_EQ(index("-1"), 3u);
}

TEST(TailCall, ThirtyThreeAreTakenAndOnlyThoseCount) {
  // Each activation first tries the empty slot.
  const auto result =
      run_chain({"r3 = 1\n" + kCall + "r3 = 0\n" + kCall + "r0 = 4\nexit"}, {0, kEmpty});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->tail_calls, 33u);
  EXPECT_EQ(result->instructions, 34 * 6 + 2u);
}

TEST(TailCall, FromAFunctionKeepsItsCallersRegistersAndStack) {
  const auto result = run_chain({R"(
      r6 = 6
      r9 = 9
      *(u64 *)(r10 - 8) = 100
      call f
      r0 += r6
      r0 += r9
      r1 = *(u64 *)(r10 - 8)
      r0 += r1
      exit
    f:
      r6 = 1
      *(u64 *)(r10 - 8) = 2
      r3 = 0
      )" + kCall + "exit",
                                 R"(
      r0 = *(u64 *)(r10 - 8)
      *(u64 *)(r10 - 8) = 3
      r9 = 4
      r0 += 1000
      exit)"},
                                {1});
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  EXPECT_EQ(result->r0, 1115u);
}

TEST(TailCall, EachProgramHasItsFrames) {
  std::string seven;
  for (int i = 0; i < 7; ++i) {
    seven += "call f" + std::to_string(i) + "\nexit\nf" + std::to_string(i) + ":\n";
  }
  const auto within =
      run_chain({seven + "r3 = 1\n" + kCall + "exit", seven + "r0 = 8\nexit"}, {kEmpty, 1});
  ASSERT_TRUE(within.has_value()) << describe(within.error());
  EXPECT_EQ(within->r0, 8u);
  const auto beyond = run_chain(
      {seven + "r3 = 1\n" + kCall + "exit", seven + "call g\nexit\ng:\nr0 = 8\nexit"}, {kEmpty, 1});
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().kind, Fault::Kind::kCallDepth);
}

TEST(TailCall, MayGotoStartsAnew) {
  const auto result = run_chain(
      {"may_goto +0\nr3 = 0\n" + kCall + "exit", "r0 = 1\nmay_goto end\nr0 = 2\nend:\nexit"}, {1},
      {}, {.may_goto_budget = 1});
  EXPECT_EQ(result->r0, 2u);
}

TEST(TailCall, FaultsSayInWhichProgram) {
  const auto result =
      run_chain({"r3 = 0\n" + kCall + "exit", "r1 = 0\nr0 = *(u8 *)(r1 + 0)\nexit"}, {1});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().pc, 1u);
  ASSERT_NE(result.error().code, nullptr);
  EXPECT_EQ(result.error().code->size(), 3u);
  const auto stray = run_chain({"r2 = 0x20000\ncall 12\nexit"}, {0});
  ASSERT_FALSE(stray.has_value());
  EXPECT_EQ(stray.error().kind, Fault::Kind::kTailCall);
  EXPECT_EQ(describe(stray.error()),
            "slot 1: tail call into 0x20000, which is no program array's address; offer the array "
            "to the run");
}

}  // namespace
}  // namespace zext::ebpf
