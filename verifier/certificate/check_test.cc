// Certificates of small programs are shown; what is unsafe or has none is refused.
#include "verifier/certificate/check.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "verifier/certificate/check_case.h"

namespace zext::verifier::certificate {
namespace {

class ShownTest : public testing::TestWithParam<CheckProgram> {};

TEST_P(ShownTest, Shown) {
  const CheckCase program(GetParam());
  ASSERT_EQ(program.why_none, "");
  const auto result = program.check(program.certificate);
  EXPECT_TRUE(result.has_value()) << to_text(result);
  // Every cut point was arrived at.
  EXPECT_GE(result ? result->edges : 0, program.certificate.cut_points.size());
}

INSTANTIATE_TEST_SUITE_P(Programs, ShownTest, testing::ValuesIn(check_programs()),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

Refusal::Kind refusal_of(const CheckCase& program, const Certificate& certificate,
                         const CheckOptions& options = {.privileged = false, .max_steps = 300}) {
  const auto result = program.check(certificate, options);
  EXPECT_FALSE(result.has_value());
  return result ? Refusal::Kind::kMalformed : result.error().kind;
}

TEST(CheckTest, LoopsNeedCutPoints) {
  EXPECT_EQ(refusal_of(CheckCase("buffer loop"), {}), Refusal::Kind::kUndecided);
  EXPECT_EQ(refusal_of(CheckCase("packet loop"), {}), Refusal::Kind::kUndecided);
  EXPECT_EQ(refusal_of(CheckCase("counted loop", "r0 += 3", "r0 += 0"), {}),
            Refusal::Kind::kUndecided);
}

TEST(CheckTest, ShortLoopsNeedNone) {
  const CheckCase program("counted loop");
  EXPECT_TRUE(program.check({}, {.privileged = false, .max_steps = 300}).has_value());
  const auto result = program.check({}, {.privileged = false, .max_steps = 100});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Refusal::Kind::kUndecided);
}

TEST(CheckTest, ViolationsAreNamed) {
  const CheckCase program("packet bounds", "%packet 14", "%packet 13");
  EXPECT_EQ(program.why_none, "it is not accepted: packet-bounds at 6");
  const auto result = program.check({});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Refusal::Kind::kViolated);
  EXPECT_EQ(result.error().pc, 6u);
  EXPECT_EQ(result.error().reason, Reason::kPacketBounds);
  EXPECT_EQ(result.error().cut_point, kNone);
}

// A pointer made a number and returned.
TEST(CheckTest, PrivilegeCounts) {
  const CheckCase program({.name = "an address is returned",
                           .platform = "plain_memory",
                           .text = "option privileged\nr0 = r1\nexit\n"});
  EXPECT_TRUE(program.check({}, {.privileged = true}).has_value());
  EXPECT_EQ(refusal_of(program, {}), Refusal::Kind::kViolated);
}

TEST(CheckTest, AlignmentCounts) {
  const CheckCase program("packet bounds", "r0 = *(u16 *)(r2 + 12)", "r0 = *(u16 *)(r2 + 11)");
  EXPECT_TRUE(program.check({}, {.privileged = false}).has_value());
  EXPECT_EQ(refusal_of(program, {}, {.privileged = false, .strict_alignment = true}),
            Refusal::Kind::kViolated);
}

constexpr CheckProgram kDynptr = {.name = "dynptr", .platform = "tracepoint", .text = R"(
map m type=ringbuf entries=4096
r6 = r1
r1 = map m
r2 = 16
r3 = 0
r4 = r10
r4 += -16
call 198
r3 = *(u64 *)(r6 + 8)
r7 = 1
if r3 == 0 goto same
r7 = 1
same:
r1 = r10
r1 += -16
r2 = 0
call 199
r0 = 0
exit
)"};

constexpr CheckProgram kKernelFunction = {
    .name = "kernel function", .platform = "raw_tracepoint", .text = R"(
kfunc 1 bpf_rcu_read_lock 0
kfunc 2 bpf_rcu_read_unlock 0
call btf 1
call btf 2
r0 = 0
exit
)"};

TEST(CheckTest, DynptrsAreUnsupported) {
  const CheckCase program(kDynptr);
  EXPECT_NE(program.why_none.find("dynptr"), std::string::npos) << program.why_none;
  EXPECT_EQ(refusal_of(program, {}), Refusal::Kind::kUnsupported);
}

TEST(CheckTest, KernelFunctionsAreUnsupported) {
  const CheckCase program(kKernelFunction);
  EXPECT_EQ(program.why_none, "");
  EXPECT_EQ(refusal_of(program, program.certificate), Refusal::Kind::kUnsupported);
}

// Global functions and callbacks are roots of their own.
TEST(CheckTest, GlobalFunctionsAreFollowed) {
  const CheckCase program("global function", "r0 = *(u8 *)(r1 + 7)", "r0 = *(u8 *)(r1 + 8)");
  const CheckCase safe("global function");
  const auto result = program.check(safe.certificate);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, Reason::kRegionBounds);
}

}  // namespace
}  // namespace zext::verifier::certificate
