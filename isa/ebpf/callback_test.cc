// Helpers that call functions of the program back, with results written by hand.
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/interpreter.h"

namespace zext::ebpf {
namespace {

// Calls r2 with its number of the round and r3, r1 times or until it returns something else than
// 0; returns how often.
Next repeat(void* /*context*/, Memory& /*memory*/, const Arguments& arguments,
            const Rounds& rounds) {
  const bool ended = rounds.count == arguments[0] || (rounds.count > 0 && rounds.result != 0);
  if (ended) return {.kind = Next::Kind::kReturn, .value = rounds.count};
  return {.kind = Next::Kind::kCall,
          .value = arguments[1],
          .arguments = {rounds.count, arguments[2], 7, 7, 7}};
}

Next fail(void* /*context*/, Memory& /*memory*/, const Arguments& /*arguments*/,
          const Rounds& /*rounds*/) {
  return {};
}

const Helper kHelpers[] = {{.id = 3, .next = repeat}, {.id = 4, .next = fail}};

Code code_of(std::string_view text) {
  const auto slots = assemble(text);
  if (!slots) ADD_FAILURE() << describe(slots.error());
  const auto code = decode_program(slots.value());
  if (!code) ADD_FAILURE() << describe(code.error());
  return code.value();
}

std::expected<Result, Fault> run_text(std::string_view text, Environment environment = {}) {
  Memory memory;
  environment.helpers = kHelpers;
  static Code code;  // a fault points to it
  code = code_of(text);
  const auto result = run(code, memory, {}, environment);
  EXPECT_TRUE(memory.regions().empty());
  return result;
}

// 5 rounds of a function of 4 instructions, which adds its round to a sum of its caller.
constexpr std::string_view kSum = R"(
      r6 = 100
      *(u64 *)(r10 - 8) = r6
      r1 = 5
      ld_pseudo r2, 4, add
      r3 = r10
      r3 += -8
      call 3
      r6 += r0
      r0 = *(u64 *)(r10 - 8)
      r0 += r6
      r0 += r1
      exit
    add:
      r6 = *(u64 *)(r2 + 0)
      r6 += r1
      *(u64 *)(r2 + 0) = r6
      r0 = 0
      exit)";

TEST(Callback, RunsWithItsOwnFrameAndRegisters) {
  const auto result = run_text(kSum);
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  // 100 + (0 + 1 + 2 + 3 + 4); r6 is 100 + 5 rounds; r1 is 5 again.
  EXPECT_EQ(result->r0, 110u + 105 + 5);
  // The call is executed six times.
  EXPECT_EQ(result->instructions, 6u + 6 + 5 * 5 + 5);
}

TEST(Callback, EndsWhenTheFunctionSaysSo) {
  const auto result = run_text(R"(
      r1 = 9
      ld_pseudo r2, 4, stop
      r3 = 2
      call 3
      exit
    stop:
      r0 = 0
      if r1 != r2 goto out
      r0 = 1
    out:
      exit)");
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  EXPECT_EQ(result->r0, 3u);
}

TEST(Callback, MayCallBackItself) {
  // 3 rounds, each of 4 rounds.
  const auto result = run_text(R"(
      *(u64 *)(r10 - 8) = 0
      r1 = 3
      ld_pseudo r2, 4, outer
      r3 = r10
      r3 += -8
      call 3
      r6 = r0
      r6 *= 100
      r0 = *(u64 *)(r10 - 8)
      r0 += r6
      exit
    outer:
      r1 = 4
      r3 = r2
      ld_pseudo r2, 4, inner
      call 3
      r0 = 0
      exit
    inner:
      r1 = *(u64 *)(r2 + 0)
      r1 += 1
      *(u64 *)(r2 + 0) = r1
      r0 = 0
      exit)");
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  EXPECT_EQ(result->r0, 3u * 100 + 12);
}

TEST(Callback, FaultsAtItsOwnSlot) {
  const auto result = run_text(R"(
      r1 = 1
      ld_pseudo r2, 4, bad
      call 3
      exit
    bad:
      r0 = *(u8 *)(r10 + 0)
      exit)");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Fault::Kind::kStrayLoad);
  EXPECT_EQ(result.error().pc, 5u);
  EXPECT_EQ(result.error().instructions, 4u);
}

TEST(Callback, FramesOfBothCount) {
  // The program's frame and seven more.
  const auto result = run_text(R"(
    again:
      r1 = 1
      ld_pseudo r2, 4, again
      call 3
      exit)");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Fault::Kind::kCallDepth);
  EXPECT_EQ(result.error().pc, 3u);
  EXPECT_EQ(result.error().instructions, 8u * 3);
}

TEST(Callback, InstructionsOfBothCount) {
  const auto result = run_text(kSum, {.limits = {.max_instructions = 20}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Fault::Kind::kInstructionLimit);
  EXPECT_EQ(result.error().instructions, 20u);
}

TEST(Callback, GoesToFunctionsOnly) {
  const auto result = run_text("r1 = 1\n r2 = 77\n call 3\n exit");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Fault::Kind::kBadCallTarget);
  EXPECT_EQ(result.error().address, 77u);
}

TEST(Callback, HelperMayFail) {
  const auto result = run_text("r0 = 0\n call 4\n exit");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Fault::Kind::kHelperFailed);
  EXPECT_EQ(result.error().address, 4u);
  EXPECT_EQ(result.error().pc, 1u);
}

TEST(Callback, EachStepIsTraced) {
  std::vector<uint32_t> steps;
  const auto step = [](void* context, uint32_t pc, const Registers& /*registers*/) {
    static_cast<std::vector<uint32_t>*>(context)->push_back(pc);
  };
  const auto result = run_text(R"(
      r1 = 2
      ld_pseudo r2, 4, f
      call 3
      exit
    f:
      r0 = 0
      exit)",
                               {.trace = {.step = step, .context = &steps}});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(steps, (std::vector<uint32_t>{0, 1, 3, 5, 6, 3, 5, 6, 3, 4}));
}

TEST(Start, ElsewhereThanAtSlot0) {
  const auto result = run_text("call f\n exit\nf:\n r0 = 3\n exit", {.start = 2});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->r0, 3u);
  EXPECT_EQ(result->instructions, 2u);
}

}  // namespace
}  // namespace zext::ebpf
