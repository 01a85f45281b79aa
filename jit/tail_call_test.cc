// Tail calls, compiled and run on the RV64 interpreter: results written by hand, and random chains
// against the eBPF interpreter.
#include "jit/tail_call.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/interpreter.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

using rv64::Extension;

constexpr Extensions kSets[] = {kRequired, kRv64gc, kRv64gc | Extensions{Extension::kZba}};
constexpr size_t kContextBytes = 256;
constexpr uint64_t kArray = kTestData + kContextBytes;
constexpr uint64_t kHelper = kTestText + 0x10'0000;
constexpr int kEmpty = -1;

ebpf::Code program(const std::string& text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value()) << text << (slots ? "" : describe(slots.error()));
  if (!slots) return {};
  auto code = ebpf::decode_program(*slots);
  EXPECT_TRUE(code.has_value()) << text << (code ? "" : describe(code.error()));
  return code ? *code : ebpf::Code{};
}

// A tail call to what is at `index`, an assembler's register or number.
std::string tail_call(const std::string& index) {
  return "r2 = " + std::to_string(kArray) + " ll\nr3 = " + index + "\ncall 12\n";
}

// Programs, and which of them is at each index of the array. The first is run, with r1 a context of
// eight-byte words.
struct Chain {
  std::vector<std::string> programs;
  std::vector<int> array;
  std::vector<uint64_t> context = {};
};

struct Ran {
  uint64_t r0 = 0;
  unsigned tail_calls = 0;
  std::vector<uint8_t> context;
};

uint64_t helped(uint64_t x) { return x * 3 + 1; }

std::vector<uint8_t> initial_context(const Chain& chain) {
  std::vector<uint8_t> bytes;
  for (const uint64_t word : chain.context) {
    for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(word >> 8 * i));
  }
  bytes.resize(kContextBytes);
  return bytes;
}

Ran interpreted(const Chain& chain, const std::vector<ebpf::Code>& programs) {
  std::vector<const ebpf::Code*> entries;
  entries.reserve(chain.array.size());
  for (const int index : chain.array) {
    entries.push_back(index == kEmpty ? nullptr : &programs[static_cast<size_t>(index)]);
  }
  const ebpf::ProgramArray array{.address = kArray, .programs = entries};
  const ebpf::Helper helper{.id = 5, .call = [](void*, ebpf::Memory&, const ebpf::Arguments& a) {
                              return std::optional<uint64_t>(helped(a[0]));
                            }};
  Ran ran{.context = initial_context(chain)};
  ebpf::Memory memory;
  memory.add({.base = kTestData, .bytes = ran.context});
  const auto result = ebpf::run(programs.front(), memory, {kTestData},
                                {.helpers = {&helper, 1}, .program_arrays = {&array, 1}});
  EXPECT_TRUE(result.has_value()) << (result ? "" : describe(result.error()));
  if (result) {
    ran.r0 = result->r0;
    ran.tail_calls = result->tail_calls;
  }
  return ran;
}

void put(std::vector<uint8_t>& bytes, size_t at, unsigned count, uint64_t value) {
  if (bytes.size() < at + count) bytes.resize(at + count);
  for (unsigned i = 0; i < count; ++i) bytes[at + i] = static_cast<uint8_t>(value >> 8 * i);
}

Ran compiled(const Chain& chain, const std::vector<ebpf::Code>& programs, Extensions extensions,
             const ProgramArrayLayout& layout) {
  const HelperAddress helper{.id = 5, .address = kHelper};
  std::vector<Code> codes;
  for (const ebpf::Code& code : programs) {
    auto text = compile(
        code, {.extensions = extensions, .helpers = {&helper, 1}, .program_arrays = layout});
    EXPECT_TRUE(text.has_value()) << (text ? "" : text.error().why);
    if (!text) return {};
    codes.push_back(*text);
  }
  const Joined joined = join(codes, kTestText);
  std::vector<uint8_t> data = initial_context(chain);
  put(data, kContextBytes + layout.max_entries, 4, chain.array.size());
  for (size_t i = 0; i < chain.array.size(); ++i) {
    const int index = chain.array[i];
    put(data, kContextBytes + layout.entries + 8 * i, 8,
        index == kEmpty ? 0 : joined.tail_entries[static_cast<size_t>(index)]);
  }
  const Outcome outcome = run_compiled(joined.code, data, {kTestData},
                                       {{kHelper, [](const auto& a) { return helped(a[0]); }}});
  EXPECT_TRUE(outcome.returned) << outcome.text();
  EXPECT_TRUE(outcome.kept_registers);
  data.resize(kContextBytes);
  return {.r0 = outcome.r0, .context = data};
}

// What the chain does on the interpreter; compiled, in each way, it must do the same.
Ran run(const Chain& chain) {
  std::vector<ebpf::Code> programs;
  programs.reserve(chain.programs.size());
  for (const std::string& text : chain.programs) programs.push_back(program(text));
  const Ran expected = interpreted(chain, programs);
  for (const Extensions extensions : kSets) {
    for (const ProgramArrayLayout layout :
         {ProgramArrayLayout{}, {.max_entries = 28, .entries = 2040}}) {
      const Ran ran = compiled(chain, programs, extensions, layout);
      EXPECT_EQ(ran.r0, expected.r0);
      EXPECT_EQ(ran.context, expected.context);
    }
  }
  return expected;
}

// r0 = how often it was entered so far, which the context's first word counts.
const std::string kEntered = "r0 = *(u64 *)(r1 + 0)\nr0 += 1\n*(u64 *)(r1 + 0) = r0\n";

TEST(TailCall, GoesOnInTheOtherProgramWithTheContext) {
  EXPECT_EQ(run({.programs = {tail_call("0") + "r0 = 1\nexit", "r0 = *(u64 *)(r1 + 8)\nexit"},
                 .array = {1},
                 .context = {0, 77}})
                .r0,
            77u);
}

TEST(TailCall, ThirtyThreeAreTaken) {
  EXPECT_EQ(run({.programs = {kEntered + tail_call("0") + "exit"}, .array = {0}}).r0, 34u);
  // The 33rd is the one that reaches the last program, or the 34th is not taken.
  for (const uint64_t hops : {32u, 33u, 34u}) {
    const std::string hop = kEntered + "r3 = r0\nif r3 > " + std::to_string(hops) + " goto last\n" +
                            tail_call("r3") + "r0 = 5\nexit\nlast: r0 = 9\nexit";
    std::vector<int> array(40, 0);
    EXPECT_EQ(run({.programs = {hop}, .array = array}).r0, hops <= 33 ? 9u : 5u) << hops;
  }
}

TEST(TailCall, IndexHas32BitsAndIsUnsigned) {
  const auto chosen = [](const std::string& index) {
    return run({.programs = {tail_call(index) + "r0 = 1\nexit", "r0 = 10\nexit", "r0 = 20\nexit"},
                .array = {1, 2, kEmpty}})
        .r0;
  };
  EXPECT_EQ(chosen("0"), 10u);
  EXPECT_EQ(chosen("1"), 20u);
  EXPECT_EQ(chosen("2"), 1u);
  EXPECT_EQ(chosen("3"), 1u);
  EXPECT_EQ(chosen("-1"), 1u);
  EXPECT_EQ(chosen("0x100000000 ll"), 10u);
  EXPECT_EQ(chosen("0xffffffff00000001 ll"), 20u);
  EXPECT_EQ(chosen("0x100000003 ll"), 1u);
  EXPECT_EQ(chosen("0x80000000 ll"), 1u);
  EXPECT_EQ(chosen("0xffffffff80000000 ll"), 1u);
}

TEST(TailCall, EmptySlotsFallThroughAndDoNotCount) {
  const Ran ran = run({.programs = {kEntered + R"(
      r6 = r1
      if r0 != 1 goto self
      r7 = 50
    again:
      r1 = r6
      )" + tail_call("1") + R"(
      r7 -= 1
      if r7 != 0 goto again
      r1 = r6
    self:
      )" + tail_call("0") + "r0 = *(u64 *)(r6 + 0)\nexit"},
                       .array = {0, kEmpty}});
  EXPECT_EQ(ran.r0, 34u);
}

TEST(TailCall, WhatIsNotTakenChangesNoRegister) {
  EXPECT_EQ(run({.programs = {R"(
      w0 = -1
      r4 = 4
      w5 = -1
      r6 = 60
      r9 = 90
      r2 = )" + std::to_string(kArray) +
                              R"( ll
      r3 = 0x1234567800000001 ll
      call 12
      r0 += r4
      r0 += r5
      r0 += r6
      r0 += r9
      r1 -= )" + std::to_string(kTestData) +
                              R"(
      r0 += r1
      r2 -= )" + std::to_string(kArray) +
                              R"(
      r0 += r2
      r3 >>= 32
      r0 += r3
      exit)"},
                 .array = {0, kEmpty}})
                .r0,
            2 * uint64_t{0xffffffff} + 4 + 60 + 90 + 0x12345678);
}

TEST(TailCall, FromAFunctionReturnsToItsCaller) {
  EXPECT_EQ(run({.programs = {R"(
      r6 = 6
      r7 = 7
      r8 = 8
      r9 = 9
      *(u64 *)(r10 - 8) = 1000
      call f
      r0 += r6
      r0 += r7
      r0 += r8
      r0 += r9
      r1 = *(u64 *)(r10 - 8)
      r0 += r1
      exit
    f:
      r6 = 1
      r9 = r1
      *(u64 *)(r10 - 512) = 3
      r1 = 5
      call 5
      r8 = r0
      r1 = r9
      )" + tail_call("0") + "r0 = 1\nexit",
                              "r7 = 70\nr6 = r1\n*(u64 *)(r10 - 8) = r7\nr0 = 200000\nexit"},
                 .array = {1}})
                .r0,
            200000u + 1000 + 6 + 7 + 8 + 9);
}

// The count is the invocation's: what a function's chain has used up is not there for the next one.
TEST(TailCall, TheLimitIsOverAllFunctions) {
  const std::string counting = kEntered + tail_call("0") + "exit";
  EXPECT_EQ(run({.programs = {R"(
      r6 = r1
      call f
      r7 = r0
      r1 = r6
      call f
      r7 *= 1000
      r7 += r0
      r0 = r7
      exit
    f:
      )" + tail_call("0") + "r0 = 7\nexit",
                              counting},
                 .array = {1}})
                .r0,
            33007u);
  // Three functions deep, with a helper and a function that counts nothing in between.
  EXPECT_EQ(run({.programs = {R"(
      r6 = r1
      call g
      r0 = *(u64 *)(r6 + 0)
      exit
    g:
      r6 = r1
      call plain
      r1 = r6
      call f
      r1 = r6
      call f
      exit
    f:
      )" + kEntered + R"(
      r6 = r1
      call 5
      r1 = r6
      )" + tail_call("0") + "r0 = 7\nexit\nplain:\nr1 = 3\ncall 5\nexit",
                              R"(
      r6 = r1
      call inner
      exit
    inner:
      )" + kEntered + tail_call("0") +
                                  "exit"},
                 .array = {1}})
                .r0,
            35u);  // f twice, inner 33 times
}

TEST(TailCall, FramesOfEverySize) {
  EXPECT_EQ(run({.programs = {kEntered + R"(
      r6 = r1
      r7 = r10
      r7 += -512
      *(u64 *)(r7 + 0) = r0
      may_goto +0
      r1 = r6
      call f
      r8 = r0
      r1 = r6
      )" + tail_call("0") + "r0 = *(u64 *)(r10 - 512)\nr0 += r8\nexit\nf:\nr0 = 100\nexit"},
                 .array = {0}})
                .r0,
            134u);
}

// More frames than one program may have, since each program of the chain has eight.
TEST(TailCall, DeepChains) {
  EXPECT_EQ(run({.programs = {R"(
      call a
      r0 += 1
      exit
    a:
      call b
      r0 += 1
      exit
    b:
      )" + kEntered + tail_call("0") +
                              "r0 = 0\nexit"},
                 .array = {0}})
                .r0,
            68u);
}

TEST(TailCall, RefusesWhatItCannotDo) {
  const auto error = [](const std::string& text, const Options& options) {
    const auto compiled = compile(program(text), options);
    EXPECT_FALSE(compiled.has_value());
    return compiled ? std::string() : std::string(compiled.error().why);
  };
  EXPECT_NE(error("call 12\nexit", {}).find("Options::program_arrays"), std::string::npos);
  for (const ProgramArrayLayout layout :
       {ProgramArrayLayout{.max_entries = 2}, {.entries = 4}, {.entries = 2048}}) {
    EXPECT_NE(error("call 12\nexit", {.program_arrays = layout}).find("multiple"),
              std::string::npos);
  }
  EXPECT_NE(error("ld_pseudo r2, 4, f\ncallx r2\nexit\nf:\ncall g\nexit\ng:\ncall 12\nexit",
                  {.program_arrays = ProgramArrayLayout{}})
                .find("address is taken"),
            std::string::npos);
  // Without program arrays, 12 is a helper like any other.
  const HelperAddress helper{.id = 12, .address = kHelper};
  EXPECT_TRUE(compile(program("call 12\nexit"), {.helpers = {&helper, 1}}).has_value());
}

TEST(TailCall, ProgramsWithoutPayNothing) {
  const auto text = program("r6 = r1\ncall f\nexit\nf:\nr0 = 1\nexit");
  const auto plain = compile(text, {});
  const auto enabled = compile(text, {.program_arrays = ProgramArrayLayout{}});
  ASSERT_TRUE(plain && enabled);
  EXPECT_EQ(plain->bytes, enabled->bytes);
  EXPECT_EQ(plain->tail_entry, plain->entry);
}

TEST(CountedFunctions, ThoseThatReachATailCall) {
  EXPECT_EQ(counted_functions(program(
                "call a\nexit\na:\ncall b\nexit\nb:\ncall 12\nexit\nc:\ncall d\nexit\nd:\nexit")),
            (std::vector<uint8_t>{1, 1, 1, 0}));
  EXPECT_EQ(counted_functions(program("call a\nexit\na:\ncall a\nexit")),
            (std::vector<uint8_t>{0, 0}));
}

// Programs of a few functions that call each other, a helper, and by tail calls each other's
// programs, as a random number in the context says.
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  Chain chain() {
    Chain chain;
    const unsigned programs = 1 + below(4);
    for (unsigned i = 0; i < programs; ++i) chain.programs.push_back(text());
    for (unsigned i = 0; i < 8; ++i) {
      chain.array.push_back(below(8) == 0 ? kEmpty : static_cast<int>(below(programs)));
    }
    chain.context = {random_(), random_()};
    return chain;
  }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  std::string number() { return std::to_string(static_cast<int32_t>(random_())); }

  std::string text() {
    const unsigned functions = 1 + below(3);
    std::string all;
    for (unsigned i = 0; i < functions; ++i) all += function(i, functions);
    return all;
  }

  std::string function(unsigned index, unsigned functions) {
    const unsigned depth = 8 * (1 + below(64));
    const std::string local = "*(u64 *)(r10 - " + std::to_string(depth) + ")";
    std::string body = "f" + std::to_string(index) + ":\nr6 = r1\n";
    const bool stack = below(2) == 0;
    if (stack) body += local + " = " + number() + "\n";
    const bool more = below(2) == 0;
    if (more) body += "r7 = " + number() + "\nr8 = " + number() + "\n";
    body += "r9 = " + number() + "\n";
    if (below(4) == 0) body += "may_goto +0\n";
    const unsigned steps = 1 + below(5);
    for (unsigned i = 0; i < steps; ++i) body += step(index, functions);
    body += "r0 = r9\n";
    if (more) body += "r0 ^= r7\nr0 += r8\n";
    if (stack) body += "r1 = " + local + "\nr0 ^= r1\n";
    return body + "exit\n";
  }

  std::string step(unsigned index, unsigned functions) {
    static const std::string kNext =
        "r0 = *(u64 *)(r6 + 0)\nr1 = 6364136223846793005 ll\nr0 *= r1\nr0 += 1442695041\n"
        "*(u64 *)(r6 + 0) = r0\n";
    switch (below(4)) {
      case 0:
        if (index + 1 == functions) return kNext;
        return "r1 = r6\ncall f" + std::to_string(index + 1 + below(functions - index - 1)) +
               "\nr9 ^= r0\nr9 *= 31\n";
      case 1:
        return "r1 = " + number() + "\ncall 5\nr9 += r0\n";
      default:
        return kNext + "r0 >>= 40\nr0 &= 7\nr0 |= r0\nr4 = r0\nr5 = " + number() +
               "\nr5 <<= 32\nr4 |= r5\nr1 = r6\n" + tail_call("r4") + "r9 ^= r4\nr9 *= 7\n";
    }
  }

  std::mt19937_64 random_;
};

TEST(TailCall, RandomChains) {
  unsigned longest = 0, tail_calls = 0;
  for (uint64_t seed = 1; seed <= 400 && !HasFailure(); ++seed) {
    const Chain chain = Generator(seed).chain();
    const Ran ran = run(chain);
    longest = std::max(longest, ran.tail_calls);
    tail_calls += ran.tail_calls;
    if (!HasFailure()) continue;
    for (const std::string& text : chain.programs) ADD_FAILURE() << "seed " << seed << "\n" << text;
  }
  EXPECT_EQ(longest, ebpf::kMaxTailCalls);
  EXPECT_GT(tail_calls, 1000u);
}

}  // namespace
}  // namespace zext::jit
