// Programs with results written by hand, compiled and run on the RV64 interpreter.
#include "jit/compile.h"

#include <gtest/gtest.h>

#include <string_view>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/encode.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

using rv64::Extension;

const Extensions kSets[] = {
    kRequired, kRv64gc,
    kRv64gc | Extensions{Extension::kZba, Extension::kZbb, Extension::kZbs, Extension::kZicond}};

ebpf::Code program(std::string_view text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value()) << (slots ? "" : describe(slots.error()));
  if (!slots) return {};
  auto code = ebpf::decode_program(*slots);
  EXPECT_TRUE(code.has_value()) << (code ? "" : describe(code.error()));
  return code ? *code : ebpf::Code{};
}

// r0 of the program on every set of extensions, all of which agree.
uint64_t result_of(std::string_view text, std::array<uint64_t, 5> arguments = {},
                   std::vector<uint8_t> data = {}) {
  const ebpf::Code code = program(text);
  std::optional<uint64_t> result;
  for (const Extensions extensions : kSets) {
    const auto compiled = compile(code, {.extensions = extensions});
    EXPECT_TRUE(compiled.has_value()) << (compiled ? "" : describe(compiled.error()));
    if (!compiled) return 0;
    std::vector<uint8_t> memory = data;
    const Outcome outcome = run_compiled(*compiled, memory, arguments);
    EXPECT_TRUE(outcome.returned) << text << outcome.text();
    EXPECT_TRUE(outcome.kept_registers) << text;
    if (result) {
      EXPECT_EQ(*result, outcome.r0) << text;
    }
    result = outcome.r0;
  }
  return *result;
}

// r0 after `line` with r1 = a, r2 = b and r0 = a.
uint64_t alu(const std::string& line, uint64_t a, uint64_t b = 0) {
  return result_of("r0 = r1\n" + line + "\nexit", {a, b});
}

TEST(Compile, ConstantOfTheProject) {
  EXPECT_EQ(result_of("r0 = 0xffffffc0804df568 ll\nexit"), 0xffffffc0804df568);
}

TEST(Compile, Arithmetic) {
  EXPECT_EQ(alu("r0 += r2", 5, 7), 12u);
  EXPECT_EQ(alu("r0 -= r2", 5, 7), uint64_t(-2));
  EXPECT_EQ(alu("w0 += w2", 0xffffffff, 1), 0u);
  EXPECT_EQ(alu("w0 -= w2", 0, 1), 0xffffffffu);
  EXPECT_EQ(alu("r0 += -2048", 0), uint64_t(-2048));
  EXPECT_EQ(alu("r0 += 4094", 1), 4095u);
  EXPECT_EQ(alu("r0 += 2147483647", 1), 0x80000000u);
  EXPECT_EQ(alu("r0 -= -2147483648", 0), 0x80000000u);
  EXPECT_EQ(alu("r0 *= 8", 3), 24u);
  EXPECT_EQ(alu("w0 *= 0x10", 0x12345678), 0x23456780u);
  EXPECT_EQ(alu("r0 &= 65535", 0x1234567890abcdef), 0xcdefu);
  EXPECT_EQ(alu("r0 &= -65536", 0x1234567890abcdef), 0x1234567890ab0000u);
  EXPECT_EQ(alu("w0 = -w0", 1), 0xffffffffu);
  EXPECT_EQ(alu("r0 = -r0", 1), ~uint64_t{0});
}

TEST(Compile, ShiftAmountsAreMasked) {
  EXPECT_EQ(alu("r0 <<= r2", 1, 65), 2u);
  EXPECT_EQ(alu("w0 <<= w2", 1, 33), 2u);
  EXPECT_EQ(alu("w0 >>= w2", 0x80000000, 32), 0x80000000u);
  EXPECT_EQ(alu("w0 s>>= w2", 0x80000000, 31), 0xffffffffu);
  EXPECT_EQ(alu("r0 s>>= 63", uint64_t{1} << 63), ~uint64_t{0});
}

TEST(Compile, DivisionByZeroAndOverflow) {  // RFC 9669, section 4.1
  EXPECT_EQ(alu("r0 /= r2", 7, 0), 0u);
  EXPECT_EQ(alu("r0 s/= r2", uint64_t(-7), 0), 0u);
  EXPECT_EQ(alu("r0 %= r2", 7, 0), 7u);
  EXPECT_EQ(alu("r0 s%= r2", uint64_t(-7), 0), uint64_t(-7));
  EXPECT_EQ(alu("w0 /= w2", 7, 0xff00000000), 0u);
  EXPECT_EQ(alu("w0 %= w2", 0xffffffff80000007, 0xff00000000), 0x80000007u);
  EXPECT_EQ(alu("w0 s%= w2", 0xffffffff80000007, 0), 0x80000007u);
  EXPECT_EQ(alu("r0 s/= r2", uint64_t{1} << 63, uint64_t(-1)), uint64_t{1} << 63);
  EXPECT_EQ(alu("r0 s%= r2", uint64_t{1} << 63, uint64_t(-1)), 0u);
  EXPECT_EQ(alu("w0 s/= w2", 0x80000000, 0xffffffff), 0x80000000u);
  EXPECT_EQ(alu("w0 s%= w2", 0x80000000, 0xffffffff), 0u);
  EXPECT_EQ(alu("r0 /= r0", 0), 0u);
  EXPECT_EQ(alu("r0 /= r0", 9), 1u);
  EXPECT_EQ(alu("w0 /= w0", 0x100000000), 0u);
  EXPECT_EQ(alu("w0 %= w0", 0x100000005), 0u);
  EXPECT_EQ(alu("r0 s/= -3", 10), uint64_t(-3));
  EXPECT_EQ(alu("r0 s%= -3", 10), 1u);
  EXPECT_EQ(alu("r0 /= 16", 0x8000000000000000), 0x0800000000000000u);
  EXPECT_EQ(alu("w0 %= 8", 0xfffffffff), 7u);
}

TEST(Compile, SignExtendingMoves) {
  EXPECT_EQ(alu("r0 = (s8)r1", 0x80), uint64_t(-128));
  EXPECT_EQ(alu("r0 = (s16)r1", 0x8000), uint64_t(-32768));
  EXPECT_EQ(alu("r0 = (s32)r1", 0x80000000), 0xffffffff80000000u);
  EXPECT_EQ(alu("w0 = (s8)w1", 0x80), 0xffffff80u);
  EXPECT_EQ(alu("w0 = (s16)w1", 0x8000), 0xffff8000u);
}

TEST(Compile, ByteOrder) {
  const uint64_t x = 0x0123456789abcdef;
  EXPECT_EQ(alu("r0 = be16 r0", x), 0xefcdu);
  EXPECT_EQ(alu("r0 = be32 r0", x), 0xefcdab89u);
  EXPECT_EQ(alu("r0 = be64 r0", x), 0xefcdab8967452301u);
  EXPECT_EQ(alu("r0 = bswap16 r0", x), 0xefcdu);
  EXPECT_EQ(alu("r0 = le16 r0", x), 0xcdefu);
  EXPECT_EQ(alu("r0 = le32 r0", x), 0x89abcdefu);
  EXPECT_EQ(alu("r0 = le64 r0", x), x);
}

TEST(Compile, Memory) {
  const std::vector<uint8_t> data = {1, 2, 3, 0x84, 5, 6, 7, 0x88, 9};
  EXPECT_EQ(result_of("r0 = *(u32 *)(r1 + 0)\nexit", {kTestData}, data), 0x84030201u);
  EXPECT_EQ(result_of("r0 = *(s32 *)(r1 + 0)\nexit", {kTestData}, data), 0xffffffff84030201u);
  EXPECT_EQ(result_of("r0 = *(s8 *)(r1 + 7)\nexit", {kTestData}, data), uint64_t(-120));
  EXPECT_EQ(result_of("r0 = *(u64 *)(r1 - 32768)\nexit", {kTestData + 32768}, data),
            0x8807060584030201u);
  EXPECT_EQ(result_of("r0 = *(u16 *)(r1 + 32767)\nexit", {kTestData - 32767}, data), 0x0201u);
  EXPECT_EQ(result_of("r0 = *(u8 *)(r1 + 4094)\nexit", {kTestData - 4094}, data), 1u);
  EXPECT_EQ(result_of("*(u64 *)(r10 - 8) = -2\nr0 = *(u64 *)(r10 - 8)\nexit"), uint64_t(-2));
  EXPECT_EQ(result_of("r2 = r10\nr2 += -512\n*(u8 *)(r2 + 0) = r1\nr0 = *(u8 *)(r10 - 512)\nexit",
                      {0x1ff}),
            0xffu);
}

TEST(Compile, Atomics) {
  const std::vector<uint8_t> data = {0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0};
  const auto fetched = [&](const std::string& line, const std::string& reg) {
    return result_of(line + "\nr0 = " + reg + "\nexit", {kTestData, 1}, data);
  };
  EXPECT_EQ(fetched("w2 = atomic_fetch_add((u32 *)(r1 + 0), w2)", "r2"), 0xffffffffu);
  EXPECT_EQ(fetched("r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)", "r2"), 0x1ffffffffu);
  EXPECT_EQ(fetched("r2 = xchg_64(r1 + 0, r2)", "r2"), 0x1ffffffffu);
  EXPECT_EQ(fetched("lock *(u32 *)(r1 + 0) += w2\nr2 = *(u64 *)(r1 + 0)", "r2"), 0x100000000u);
  EXPECT_EQ(fetched("w0 = -1\nw0 = cmpxchg32_32(r1 + 0, w0, w2)\nr2 = *(u64 *)(r1 + 0)", "r2"),
            0x100000001u);
  EXPECT_EQ(fetched("r0 = -1\nr0 = cmpxchg_64(r1 + 0, r0, r2)\nr2 = r0", "r2"), 0x1ffffffffu);
}

TEST(Compile, SignedJump32ComparesLowHalves) {
  const char* text = "r0 = 1\nif w1 s< w2 goto +1\nr0 = 0\nexit";
  EXPECT_EQ(result_of(text, {0x1'80000000, 0}), 1u);
  EXPECT_EQ(result_of(text, {0x1'7fffffff, 0}), 0u);
  EXPECT_EQ(result_of(text, {0xffffffff'00000001, 2}), 1u);
}

TEST(Compile, Loop) {
  EXPECT_EQ(result_of(R"(
      r0 = 0
    loop:
      r0 += r1
      r1 -= 1
      if r1 != 0 goto loop
      exit)",
                      {100}),
            5050u);
}

TEST(Compile, FunctionsHaveTheirOwnFrames) {
  EXPECT_EQ(result_of(R"(
      r6 = r1
      *(u64 *)(r10 - 8) = r1
      call fib
      r0 += r6
      r1 = *(u64 *)(r10 - 8)
      r0 += r1
      exit
    fib:
      r6 = 77
      *(u64 *)(r10 - 8) = r6
      r0 = 1000
      exit)",
                      {5}),
            1010u);
}

TEST(Compile, CallThroughAnAddress) {
  EXPECT_EQ(result_of(R"(
      ld_pseudo r2, 4, twice
      r1 = 21
      callx r2
      exit
    twice:
      r0 = r1
      r0 += r1
      exit)"),
            42u);
}

TEST(Compile, MayGotoRunsOut) {
  EXPECT_EQ(result_of(R"(
      r0 = 0
    loop:
      may_goto done
      r0 += 1
      goto loop
    done:
      exit)"),
            uint64_t{1} << 23);
}

TEST(Compile, Helpers) {
  const ebpf::Code code = program("r6 = r1\ncall 5\nr0 += r6\nexit");
  const uint64_t near = kTestText + 0x10000, mid = kTestText - 0x2000'0000;
  const uint64_t far = 0xffffffff80123456;
  for (const uint64_t address : {near, mid, far}) {
    for (const std::optional<uint64_t> text : {std::optional<uint64_t>(), {kTestText}}) {
      const HelperAddress helpers[] = {{.id = 5, .address = address}};
      const auto compiled = compile(code, {.helpers = helpers, .text_address = text});
      ASSERT_TRUE(compiled.has_value());
      std::vector<uint8_t> none;
      const Outcome outcome =
          run_compiled(*compiled, none, {3, 4, 5, 6, 7}, {{address, [](const auto& a) {
                                                             return a[0] * 10000 + a[1] * 1000 +
                                                                    a[2] * 100 + a[3] * 10 + a[4];
                                                           }}});
      EXPECT_TRUE(outcome.returned) << outcome.text();
      EXPECT_TRUE(outcome.kept_registers);
      EXPECT_EQ(outcome.r0, 34567u + 3);
    }
  }
}

// Bytes of code that loads the value of map 3, and r0 = what it loaded.
std::pair<size_t, uint64_t> load_value_at(uint64_t address, uint64_t text_address) {
  const ebpf::MapAddress maps[] = {{.number = 3, .value = address - 4, .value_size = 8}};
  const auto compiled = compile(program("ld_pseudo r0, 2, 3, 4\nexit"),
                                {.addresses = {.maps = maps}, .text_address = text_address});
  EXPECT_TRUE(compiled.has_value()) << describe(compiled.error());
  std::vector<uint8_t> none;
  return {compiled->bytes.size(), run_compiled(*compiled, none, {}).r0};
}

TEST(Compile, AddressesByTheShorterForm) {
  constexpr size_t kPair = 8 + 4;  // auipc, addi; c.mv, c.jr
  constexpr uint64_t kReach = (uint64_t{1} << 30) - 4096;
  for (const uint64_t distance :
       {uint64_t{0x123}, uint64_t{0x7ff}, uint64_t{0x800}, uint64_t{0xfff}, uint64_t{0x1'0801},
        uint64_t{0x3fff'e7ff}, kReach - 1, kReach, uint64_t{1} << 31, uint64_t{1} << 40}) {
    for (const uint64_t address : {kTestText + distance, kTestText - distance}) {
      const auto anywhere = load_value_at(address, 0);
      const auto here = load_value_at(address, kTestText);
      EXPECT_EQ(anywhere.second, address);
      EXPECT_EQ(here.second, address);
      EXPECT_LE(here.first, std::max(anywhere.first, kPair)) << std::hex << address;
    }
  }
  // Three instructions as a constant, two from here; one as a constant.
  EXPECT_GT(load_value_at(0x9234'5678, 0).first, kPair);
  EXPECT_EQ(load_value_at(kTestText + kReach - 1, kTestText).first, kPair);
  EXPECT_LT(load_value_at(kTestText, kTestText).first, kPair);
}

TEST(Compile, MapsAndVariablesWithoutAnAddressAreErrors) {
  const ebpf::MapAddress maps[] = {{.number = 3, .map = 0x1000}};
  const Options options = {.addresses = {.maps = maps}};
  EXPECT_TRUE(compile(program("ld_pseudo r0, 1, 3\nexit"), options).has_value());
  const auto error = [&](std::string_view text) {
    const auto compiled = compile(program(text), options);
    EXPECT_FALSE(compiled.has_value());
    return compiled ? Error() : compiled.error();
  };
  const Error unknown = error("r0 = 0\nld_pseudo r1, 5, 3\nexit");
  EXPECT_EQ(unknown.kind, Error::Kind::kUnknownMap);
  EXPECT_EQ(unknown.value, 3);
  EXPECT_EQ(describe(unknown),
            "slot 1: no address is known for the map with index 3; add it to the table of "
            "addresses");
  EXPECT_EQ(error("ld_pseudo r0, 2, 3, 0\nexit").address.kind, ebpf::AddressError::Kind::kNoValue);
  const Error variable = error("ld_pseudo r0, 3, 77\nexit");
  EXPECT_EQ(variable.kind, Error::Kind::kUnknownVariable);
  EXPECT_EQ(variable.value, 77);
}

TEST(Compile, ErrorsSayWhatAndWhere) {
  const auto error = [](std::string_view text, const Options& options = {}) {
    const auto compiled = compile(program(text), options);
    EXPECT_FALSE(compiled.has_value());
    return compiled ? std::string() : describe(compiled.error());
  };
  EXPECT_EQ(error("call 7\nexit"),
            "slot 0: call of function 7: no address is known for it; add it to the table given to "
            "the compiler");
  EXPECT_NE(error("r0 = 0\nr0 = *(u8 *)skb[4]\nexit").find("slot 1: not supported"),
            std::string::npos);
  EXPECT_EQ(error("exit", {.extensions = {}}),
            "extensions I, M and A are not among those given: generated code may need them; for "
            "example rv64imac");
  EXPECT_EQ(error("exit", {.extensions = {Extension::kI, Extension::kA, Extension::kZba}}),
            "extension M is not among those given: generated code may need it; for example "
            "rv64imac");
}

TEST(Compile, PlacesThatCannotBe) {
  const ebpf::Code code = program("call 5\ncall 6\nexit");
  const auto error = [&](uint64_t helper, std::optional<uint64_t> text, HelperReach reach,
                         Extensions extensions = kRv64gc) {
    const HelperAddress helpers[] = {{.id = 6, .address = helper},
                                     {.id = 5, .address = 0x8000'0000},
                                     {.id = 6, .address = 1}};  // the first counts
    const auto compiled = compile(code, {.extensions = extensions,
                                         .helpers = helpers,
                                         .text_address = text,
                                         .helper_reach = reach});
    return compiled ? std::string("none") : describe(compiled.error());
  };
  constexpr HelperReach kAnywhere = HelperReach::kAnywhere, kRelative = HelperReach::kPcRelative;
  EXPECT_EQ(error(0x8000'1000, 0x8100'0000, kRelative), "none");
  EXPECT_EQ(error(0x1'4000'0000, 0x8100'0000, kAnywhere), "none");
  EXPECT_EQ(error(0x1'4000'0000, 0x8000'0000, kRelative),
            "slot 1: call of function 6: it is 3.00 GiB (0xbffffff6 bytes) after the call; auipc "
            "and jalr reach 2 GiB: place the text nearer to it, or a jump to it near the text, or "
            "allow calls by absolute address");
  EXPECT_EQ(error(0x8000'0001, 0x8100'0000, kAnywhere),
            "slot 1: call of function 6: its address is odd, and no instruction is at an odd "
            "address");
  EXPECT_EQ(error(0x8000'1000, std::nullopt, kRelative),
            "helpers are to be called relative to the pc, but where the text will be is not given");
  EXPECT_EQ(error(0x8000'1000, 0x8100'0001, kAnywhere), "machine code starts at an even address");
  EXPECT_EQ(error(0x8000'1000, 0x8100'0002, kAnywhere, kRequired),
            "machine code without the C extension starts at a multiple of 4");
  EXPECT_EQ(error(0x8000'1000, ~uint64_t{0} - 7, kAnywhere),
            "the machine code would go past the end of the address space; place it lower");
}

TEST(Compile, AddressSpaceCasts) {
  const auto cast = [](uint64_t into, uint64_t value, uint64_t base) -> std::optional<uint64_t> {
    std::vector<ebpf::Slot> slots;
    ebpf::append({.op = ebpf::Op::kAddrSpaceCast,
                  .dst = 0,
                  .src = 1,
                  .offset = 1,
                  .imm = Bits<64>::of(into)},
                 slots);
    slots[0].offset = 1;
    ebpf::append({.op = ebpf::Op::kExit}, slots);
    const auto code = ebpf::decode_program(slots);
    EXPECT_TRUE(code.has_value()) << (code ? "" : describe(code.error()));
    const auto compiled = compile(*code, {.arena_user_base = base});
    if (!compiled) return std::nullopt;
    std::vector<uint8_t> none;
    return run_compiled(*compiled, none, {value}).r0;
  };
  constexpr uint64_t kBase = 0x7f12'0000'0000;
  EXPECT_EQ(cast(1, 0xabcd'1234'5678, 0), 0x1234'5678u);                   // to kernel
  EXPECT_EQ(cast(0x10000, 0xabcd'1234'5678, kBase), kBase | 0x1234'5678);  // to user
  EXPECT_EQ(cast(0x10000, 0xabcd'0000'0000, kBase), 0u);                   // null stays null
  EXPECT_EQ(cast(0x10000, 1, 0), std::nullopt);                            // no arena
  EXPECT_EQ(cast(0x20000, 1, kBase), std::nullopt);
}

// Jumps of 2 MiB by goto, and of 120 KiB by a condition, in a program of a million instructions.
TEST(Compile, AMillionInstructions) {
  constexpr int64_t kAdds = 1'000'000;
  constexpr int16_t kNear = 30'000;
  const auto word = [](int64_t value) { return Bits<64>::of(static_cast<uint64_t>(value)); };
  std::vector<ebpf::Slot> slots;
  ebpf::append({.op = ebpf::Op::kMov64Imm, .dst = 0}, slots);
  ebpf::append({.op = ebpf::Op::kGotol, .imm = word(kAdds + 1)}, slots);
  for (int64_t i = 0; i < kAdds; ++i) {
    ebpf::append({.op = ebpf::Op::kAdd64Imm, .dst = 0, .imm = word(1)}, slots);
  }
  ebpf::append({.op = ebpf::Op::kExit}, slots);
  ebpf::append({.op = ebpf::Op::kJeq64Imm, .dst = 1, .offset = kNear, .imm = word(7)}, slots);
  for (int16_t i = 0; i < kNear; ++i) {
    ebpf::append({.op = ebpf::Op::kAdd64Imm, .dst = 0, .imm = word(0x7ff)}, slots);
  }
  ebpf::append({.op = ebpf::Op::kGotol, .imm = word(-kAdds - kNear - 3)}, slots);
  const auto code = ebpf::decode_program(slots);
  ASSERT_TRUE(code.has_value()) << describe(code.error());
  const auto compiled = compile(*code, {});
  ASSERT_TRUE(compiled.has_value());
  std::vector<uint8_t> none;
  EXPECT_EQ(run_compiled(*compiled, none, {7}).r0, uint64_t{kAdds});
  EXPECT_EQ(run_compiled(*compiled, none, {8}).r0, uint64_t{kAdds} + uint64_t{0x7ff} * kNear);
}

TEST(Compile, NoFrameWhereNoneIsNeeded) {
  const auto compiled = compile(program("r0 = 1\nexit"), {});
  ASSERT_TRUE(compiled.has_value());
  // li a5, 1; mv a0, a5; ret
  EXPECT_EQ(compiled->bytes, (std::vector<uint8_t>{0x85, 0x47, 0x3e, 0x85, 0x82, 0x80}));
  EXPECT_EQ(compiled->lines, (std::vector<LineEntry>{{0, 0}, {2, 1}}));
}

}  // namespace
}  // namespace zext::jit
