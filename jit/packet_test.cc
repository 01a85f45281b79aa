// LD_ABS and LD_IND, compiled and run on the RV64 interpreter beside eBPF's.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/interpreter.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

constexpr uint64_t kContext = 0x1234'5678'9abc'def0;
constexpr PacketLoads kNear = {.load8 = kTestText + 0x10'0000,
                               .load16 = kTestText + 0x10'0100,
                               .load32 = kTestText + 0x10'0200};
constexpr PacketLoads kFar = {.load8 = 0xffff'ffff'8012'3456,
                              .load16 = 0xffff'ffff'8012'3556,
                              .load32 = 0xffff'ffff'8012'3656};
const std::vector<uint8_t> kPacket = {0xf1, 2, 3, 4, 5, 6, 7, 8, 0x99, 10};

ebpf::Code program(const std::string& text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value()) << text << (slots ? "" : describe(slots.error()));
  auto code = ebpf::decode_program(slots.value());
  EXPECT_TRUE(code.has_value()) << text << (code ? "" : describe(code.error()));
  return code.value();
}

// As Options::packet_loads wants it.
uint64_t load(const std::array<uint64_t, 5>& a, unsigned bytes) {
  EXPECT_EQ(a[0], kContext);
  const auto offset = static_cast<int32_t>(a[1]);
  EXPECT_EQ(a[1], static_cast<uint64_t>(int64_t{offset}));
  if (offset < 0 || static_cast<size_t>(offset) + bytes > kPacket.size()) return ~uint64_t{0};
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i)
    value = value << 8 | kPacket[static_cast<size_t>(offset) + i];
  return value;
}

// r0, the same on the interpreter and compiled, with r1 = kContext and r2 = `argument`.
uint64_t result_of(const std::string& text, uint64_t argument = 0) {
  const ebpf::Code code = program(text);
  ebpf::Memory memory;
  const auto expected = ebpf::run(code, memory, {kContext, argument}, {.packet = kPacket});
  EXPECT_TRUE(expected.has_value()) << text;
  if (!expected) return 0;
  for (const PacketLoads& loads : {kNear, kFar}) {
    for (const std::optional<uint64_t> address : {std::optional<uint64_t>(), {kTestText}}) {
      const auto compiled = compile(code, {.text_address = address, .packet_loads = loads});
      EXPECT_TRUE(compiled.has_value()) << (compiled ? "" : compiled.error().why);
      if (!compiled) continue;
      std::vector<uint8_t> none;
      const Outcome outcome =
          run_compiled(*compiled, none, {kContext, argument},
                       {{loads.load8, [](const auto& a) { return load(a, 1); }},
                        {loads.load16, [](const auto& a) { return load(a, 2); }},
                        {loads.load32, [](const auto& a) { return load(a, 4); }}});
      EXPECT_TRUE(outcome.returned) << text << outcome.text();
      EXPECT_TRUE(outcome.kept_registers) << text;
      EXPECT_EQ(outcome.r0, expected->r0) << text;
    }
  }
  return expected->r0;
}

TEST(PacketLoads, BigEndianNumbers) {
  const std::string prefix = "r6 = r1\nr7 = 7\nr8 = 8\nr9 = 9\n";
  EXPECT_EQ(result_of(prefix + "r0 = *(u8 *)skb[0]\nexit"), 0xf1u);
  EXPECT_EQ(result_of(prefix + "r0 = *(u16 *)skb[8]\nexit"), 0x990au);
  EXPECT_EQ(result_of(prefix + "r0 = *(u32 *)skb[0]\nexit"), 0xf1020304u);
  EXPECT_EQ(result_of(prefix + "r0 = *(u32 *)skb[r2 - 4098]\nexit", 4100), 0x03040506u);
  EXPECT_EQ(result_of(prefix + "r0 = *(u8 *)skb[0]\nr0 += r7\nr0 += r8\nr0 += r9\nexit"),
            0xf1u + 24);
}

TEST(PacketLoads, OutsideOnlyTheFunctionEnds) {
  EXPECT_EQ(result_of("r6 = r1\nr0 = *(u32 *)skb[7]\nr0 = 1\nexit"), 0u);
  EXPECT_EQ(result_of(R"(
      r6 = r1
      r9 = 900
      r1 = r6
      call f
      r0 += r9
      r9 = r0
      call g
      r0 += r9
      exit
    f:
      r6 = r1
      r9 = 1
      *(u64 *)(r10 - 512) = r9
      r0 = *(u8 *)skb[10]
      r0 = 5
      exit
    g:
      r0 = 30
      exit)"),
            930u);
  // With no exit of its own to go to.
  EXPECT_EQ(result_of("r6 = r1\nr7 = 0\nloop:\nr0 = *(u8 *)skb[r7]\nr7 += 1\ngoto loop"), 0u);
}

TEST(PacketLoads, EveryOffset) {
  std::mt19937_64 random(3);
  for (const char* bytes : {"u8", "u16", "u32"}) {
    for (int64_t sum = -3; sum <= 12; ++sum) {
      const auto part = static_cast<int32_t>(random());
      const auto rest = static_cast<uint32_t>(sum) - static_cast<uint32_t>(part);
      result_of(std::string("r6 = r1\nr0 = *(") + bytes + " *)skb[r2 " + (part < 0 ? "- " : "+ ") +
                    std::to_string(part < 0 ? -int64_t{part} : int64_t{part}) + "]\nr0 += 1\nexit",
                random() << 32 | rest);
    }
  }
}

TEST(PacketLoads, WithoutFunctionsAreRefused) {
  const auto compiled = compile(program("r6 = r1\nr0 = *(u8 *)skb[0]\nexit"), {});
  ASSERT_FALSE(compiled.has_value());
  EXPECT_EQ(compiled.error().pc, 1u);
  EXPECT_NE(std::string(compiled.error().why).find("Options::packet_loads"), std::string::npos);
}

}  // namespace
}  // namespace zext::jit
