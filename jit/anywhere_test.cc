// Text anywhere in the 64-bit space, and what it calls anywhere else: loops, calls between
// functions and of helpers, run there by the RV64 interpreter.
#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

constexpr uint64_t kTop = ~uint64_t{0};
constexpr uint64_t kHalf = uint64_t{1} << 63;

// From the first byte of the space to the last; away from the test's data and stack.
constexpr uint64_t kTexts[] = {0,
                               0x4000,
                               0x7fff'fff0,
                               0x8000'0000,
                               0xffff'fff0,
                               0xffff'ffc0'804d'f568,
                               kHalf - 0x20,
                               kHalf,
                               kHalf + 0x1000,
                               0xffff'ffff'7fff'fff0,
                               0xffff'ffff'8000'0000,
                               kTop - 0x7ff,
                               kTop - 0x0ff};
constexpr uint64_t kHelpers[] = {
    0x100,     0x7fff'f800,   0x1'0000'0000,         0xffff'ffc0'8000'0000,
    kHalf - 2, kHalf + 0x800, 0xffff'ffff'8000'0000, kTop - 1};

// r0 = 2 * (helper(r1) + 1) + (0 + 1 + ... + (r1 - 1)), by calls and a loop.
constexpr std::string_view kProgram = R"(
    r6 = r1
    r7 = 0
    r8 = r1
  next:
    if r8 == 0 goto done
    r8 += -1
    r7 += r8
    goto next
  done:
    r1 = r6
    call doubled
    r7 += r0
    r0 = r7
    exit
  doubled:
    call 5
    r0 += 1
    r0 += r0
    exit
)";

TEST(Anywhere, EveryTextCallsEveryHelper) {
  const auto slots = ebpf::assemble(kProgram);
  ASSERT_TRUE(slots.has_value());
  const auto code = ebpf::decode_program(*slots);
  ASSERT_TRUE(code.has_value());
  unsigned relative = 0, absolute = 0;
  for (const uint64_t text : kTexts) {
    for (const uint64_t address : kHelpers) {
      const HelperAddress helpers[] = {{.id = 5, .address = address}};
      const Options anywhere{.helpers = helpers, .text_address = text};
      const auto compiled = compile(*code, anywhere);
      ASSERT_TRUE(compiled.has_value());
      const uint64_t size = compiled->bytes.size();
      if (address - text < size) continue;  // that is in the program
      const std::vector<HostFunction> functions = {
          {.address = address, .call = [](const auto& a) { return a[0] * 100; }}};
      std::vector<uint8_t> none;
      const Outcome outcome = run_compiled(*compiled, none, {9}, functions, 10'000, text);
      ASSERT_TRUE(outcome.returned) << outcome.text() << " text " << text << " helper " << address;
      EXPECT_EQ(outcome.r0, 2U * (900 + 1) + 36);
      EXPECT_TRUE(outcome.kept_registers);
      // Demanding pc-relative calls changes only whether there is code.
      Options near = anywhere;
      near.helper_reach = HelperReach::kPcRelative;
      const auto reached = compile(*code, near);
      if (reached) {
        ++relative;
        std::vector<uint8_t> nothing;
        EXPECT_EQ(run_compiled(*reached, nothing, {9}, functions, 10'000, text).r0, outcome.r0);
      } else {
        ++absolute;
        EXPECT_EQ(reached.error().kind, Error::Kind::kHelperOutOfReach);
        EXPECT_EQ(reached.error().value, 5);
        EXPECT_GT(reached.error().distance < 0 ? -(reached.error().distance + 1)
                                               : reached.error().distance,
                  (int64_t{1} << 31) - 4096);
      }
    }
  }
  EXPECT_GT(relative, 20U);
  EXPECT_GT(absolute, 40U);
}

// One byte further and the text would wrap around.
TEST(Anywhere, TheLastByteOfTheSpaceIsUsable) {
  const auto code = ebpf::decode_program(*ebpf::assemble("r0 = 7\nexit"));
  ASSERT_TRUE(code.has_value());
  const uint64_t size = compile(*code, {})->bytes.size();
  const auto last = compile(*code, {.text_address = 0 - size});
  ASSERT_TRUE(last.has_value());
  std::vector<uint8_t> none;
  EXPECT_EQ(run_compiled(*last, none, {}, {}, 100, 0 - size).r0, 7U);
  const auto beyond = compile(*code, {.text_address = 2 - size});
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().kind, Error::Kind::kBadTextAddress);
}

}  // namespace
}  // namespace zext::jit
