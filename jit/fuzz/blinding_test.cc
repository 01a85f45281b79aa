// Blinded code does what plain code does, and holds no constant that its program has chosen.
#include "jit/baseline/blinding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>
#include <string_view>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "isa/rv64/decode.h"
#include "jit/fuzz/program.h"
#include "jit/testing.h"

namespace zext::jit::fuzz {
namespace {

using ebpf::Kind;
using rv64::Extension;

constexpr uint64_t kHelperAddress = 0x5000'0000;
constexpr HelperAddress kHelpers[] = {{kHelper, kHelperAddress}};

const Extensions kSets[] = {
    kRequired, kRv64gc,
    kRv64gc | Extensions{Extension::kZba, Extension::kZbb, Extension::kZbs, Extension::kZicond}};

uint64_t help(const std::array<uint64_t, 5>& given) {
  uint64_t sum = 0;
  for (const uint64_t value : given) sum = (sum ^ value) * 0x9e3779b97f4a7c15;
  return sum;
}

uint64_t next_word(void* context) { return (*static_cast<std::mt19937_64*>(context))(); }

Code plain(const ebpf::Code& code, Extensions extensions) {
  const auto compiled = compile(code, {.extensions = extensions, .helpers = kHelpers});
  EXPECT_TRUE(compiled) << describe(compiled.error());
  return compiled ? *compiled : Code{};
}

Code blinded(const ebpf::Code& code, Extensions extensions, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto compiled = compile(code, {.extensions = extensions,
                                       .helpers = kHelpers,
                                       .blinding = {.next = next_word, .context = &random}});
  EXPECT_TRUE(compiled) << describe(compiled.error());
  return compiled ? *compiled : Code{};
}

ebpf::Code decoded(const std::vector<ebpf::Slot>& slots) {
  auto code = ebpf::decode_program(slots);
  EXPECT_TRUE(code) << describe(code.error());
  return code ? *code : ebpf::Code{};
}

ebpf::Code assembled(std::string_view text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots) << describe(slots.error());
  return slots ? decoded(*slots) : ebpf::Code{};
}

TEST(Blinding, DoesWhatPlainCodeDoes) {
  uint64_t plain_bytes = 0, blinded_bytes = 0, plain_executed = 0, blinded_executed = 0;
  for (uint64_t seed = 0; seed < 1200; ++seed) {
    const ebpf::Code code = decoded(link(random_program(seed)));
    const Extensions extensions = kSets[seed % std::size(kSets)];
    const Code reference = plain(code, extensions);
    const Code tested = blinded(code, extensions, seed);
    std::mt19937_64 random(seed);
    std::vector<uint8_t> expected(kDataBytes);
    for (uint8_t& byte : expected) byte = static_cast<uint8_t>(random());
    std::vector<uint8_t> data = expected;
    const std::array<uint64_t, 5> arguments = {kTestData, random(), random() >> 32, ~random() >> 33,
                                               random() << 31};
    const std::vector<HostFunction> functions = {{kHelperAddress, help}};
    const Outcome wanted = run_compiled(reference, expected, arguments, functions, 300'000);
    if (!wanted.returned) continue;
    const Outcome outcome = run_compiled(tested, data, arguments, functions, 3'000'000);
    ASSERT_TRUE(outcome.returned) << seed << ": " << outcome.text();
    ASSERT_EQ(outcome.r0, wanted.r0) << seed;
    ASSERT_EQ(data, expected) << seed;
    ASSERT_TRUE(outcome.kept_registers) << seed;
    plain_bytes += reference.bytes.size();
    blinded_bytes += tested.bytes.size();
    plain_executed += wanted.instructions;
    blinded_executed += outcome.instructions;
  }
  const auto ratio = [](uint64_t a, uint64_t b) {
    return static_cast<double>(a) / static_cast<double>(b);
  };
  std::printf("blinded code: %.2f times the bytes, %.2f times the instructions executed\n",
              ratio(blinded_bytes, plain_bytes), ratio(blinded_executed, plain_executed));
}

// Every number that the code's instructions name: immediates, and what pairs that load one make.
std::set<uint32_t> numbers_in(const Code& code) {
  std::set<uint32_t> numbers;
  rv64::Instruction<> before{};
  for (size_t at = 0; at < code.bytes.size();) {
    uint32_t bits = 0;
    for (size_t i = 0; i < 4 && at + i < code.bytes.size(); ++i) {
      bits |= static_cast<uint32_t>(code.bytes[at + i]) << 8 * i;
    }
    const auto decoded = rv64::decode(bits);
    EXPECT_TRUE(decoded);
    if (!decoded) break;
    const rv64::Instruction<>& insn = decoded->insn;
    numbers.insert(static_cast<uint32_t>(insn.imm.value()));
    const bool adds = insn.op == rv64::Op::kAddi || insn.op == rv64::Op::kAddiw;
    if (before.op == rv64::Op::kLui && adds && insn.rs1 == before.rd) {
      numbers.insert(static_cast<uint32_t>((before.imm + insn.imm).value()));
    }
    before = insn;
    at += decoded->bytes;
  }
  return numbers;
}

// Puts constants of 32 random bits wherever the program may choose some, and says which. The
// program is compiled only.
std::vector<uint32_t> choose_constants(ebpf::Code& code, std::mt19937_64& random,
                                       std::set<ebpf::Op>& seen) {
  std::vector<uint32_t> chosen;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    ebpf::Instruction<>& insn = code.insns[pc];
    const ebpf::Row& row = insn.row();
    const auto number = static_cast<uint32_t>(random());
    const auto word = Bits<64>::of(static_cast<uint64_t>(int64_t{static_cast<int32_t>(number)}));
    const bool moves = row.kind == Kind::kAlu && row.alu == ebpf::AluOp::kMov &&
                       row.source == ebpf::Source::kImmediate;
    if (moves || constant_goes_to_register(row)) {
      insn.imm = word;
      chosen.push_back(number);
    } else if (insn.op == ebpf::Op::kLoadImm64) {
      const uint64_t value = random();
      insn.imm = Bits<64>::of(value);
      chosen.insert(chosen.end(),
                    {static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)});
    } else {
      continue;
    }
    seen.insert(insn.op);
  }
  return chosen;
}

TEST(Blinding, NoChosenConstantIsInTheCode) {
  std::set<ebpf::Op> seen;
  uint64_t in_plain_code = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    ebpf::Code code = decoded(link(random_program(seed)));
    std::mt19937_64 random(seed);
    const std::vector<uint32_t> chosen = choose_constants(code, random, seen);
    const Extensions extensions = kSets[seed % std::size(kSets)];
    const std::set<uint32_t> open = numbers_in(plain(code, extensions));
    const std::set<uint32_t> hidden = numbers_in(blinded(code, extensions, ~seed));
    for (const uint32_t number : chosen) {
      in_plain_code += open.contains(number) ? 1 : 0;
      ASSERT_FALSE(hidden.contains(number)) << "seed " << seed << ", " << number;
    }
  }
  EXPECT_GT(in_plain_code, 5000u);  // the search does find them
  for (const ebpf::Row& row : ebpf::kRows) {
    if (!constant_goes_to_register(row)) continue;
    EXPECT_TRUE(seen.contains(row.op)) << row.name << row.width;
  }
}

// Numbers that fit an instruction's immediate: they turn up as often as random ones would.
TEST(Blinding, SmallConstantsAndLongOffsetsAreHidden) {
  const ebpf::Code code = assembled(
      "r0 = 1445\nr0 += 1445\nw0 ^= 1445\nif r0 > 1445 goto +0\nif w0 & 1445 goto +0\n"
      "*(u64 *)(r10 - 8) = 1445\n*(u16 *)(r1 + 1445) = 1445\nr2 = *(u8 *)(r1 + 1445)\n"
      "lock *(u32 *)(r1 + 1445) += r2\nr0 = 1445 ll\nr0 -= -1445\nexit");
  uint64_t open = 0, hidden = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Extensions extensions = kSets[seed % std::size(kSets)];
    open += numbers_in(plain(code, extensions)).contains(1445) ? 1 : 0;
    hidden += numbers_in(blinded(code, extensions, seed)).contains(1445) ? 1 : 0;
  }
  EXPECT_EQ(open, 200u);
  EXPECT_LT(hidden, 10u);  // of about 50 random numbers of 12 bits each
}

TEST(Blinding, OffsetsOfEveryLengthReachTheirPlace) {
  for (const char* access :
       {"r0 = *(u32 *)(r1 + OFFSET)", "*(u32 *)(r1 + OFFSET) = 77\nr0 = *(u64 *)(r2 + 0)",
        "*(u32 *)(r1 + OFFSET) = r2\nr0 = *(u64 *)(r2 + 0)",
        "r0 = 5\nr0 = atomic_fetch_add((u64 *)(r1 + OFFSET), r0)\nr3 = *(u64 *)(r2 + 0)\nr0 ^= r3",
        "r0 = 0x1122334455667788 ll\nr0 = cmpxchg_64(r1 + OFFSET, r0, r2)"}) {
    for (const int offset : {0, 8, 504, 512, -512, -520, 2048, -2056, 4096, 32760, -32768}) {
      std::string text = access;
      text.replace(text.find("OFFSET"), 6, std::to_string(offset));
      if (offset < 0) text.replace(text.find("+ -"), 3, "- ");
      const ebpf::Code code = assembled(text + "\nexit");
      const uint64_t base = kTestData - static_cast<uint64_t>(int64_t{offset});
      for (const Extensions extensions : kSets) {
        std::vector<uint8_t> expected = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
        std::vector<uint8_t> data = expected;
        const Outcome wanted = run_compiled(plain(code, extensions), expected, {base, kTestData});
        const Outcome outcome = run_compiled(blinded(code, extensions, 7), data, {base, kTestData});
        ASSERT_TRUE(wanted.returned) << text;
        ASSERT_TRUE(outcome.returned) << text << outcome.text();
        EXPECT_EQ(outcome.r0, wanted.r0) << text;
        EXPECT_EQ(data, expected) << text;
      }
    }
  }
}

TEST(Blinding, TheSameWordsGiveTheSameCode) {
  const ebpf::Code code = decoded(link(random_program(3)));
  EXPECT_EQ(blinded(code, kRv64gc, 1).bytes, blinded(code, kRv64gc, 1).bytes);
  EXPECT_NE(blinded(code, kRv64gc, 1).bytes, blinded(code, kRv64gc, 2).bytes);
}

// A load that may fault is still named by its entry.
TEST(Blinding, ProbingLoadsGoOn) {
  const ebpf::Code code = assembled("r0 = r1\nr0 = *(u32 *)(r0 + 30000)\nr0 += 1445\nexit");
  const uint32_t probes[] = {1};
  std::mt19937_64 random(5);
  const auto compiled =
      compile(code, {.probes = probes, .blinding = {.next = next_word, .context = &random}});
  ASSERT_TRUE(compiled);
  std::vector<uint8_t> data;
  const Outcome outcome = run_compiled(*compiled, data, {uint64_t{0x77} << 40});
  ASSERT_TRUE(outcome.returned) << outcome.text();
  EXPECT_EQ(outcome.r0, 1445u);
}

}  // namespace
}  // namespace zext::jit::fuzz
