// Programs full of joins and loops, compiled for every set of extensions and run on the RV64
// interpreter, against the eBPF interpreter: r0, memory (which holds the registers of the end) and
// callee-saved registers. A program that differs is made smaller before it is printed.
//
//   ZEXT_PROGRAMS=10000000 ZEXT_SEED=5 bazel run -c opt //jit/fuzz:fuzz_test     # for hours
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/disasm.h"
#include "isa/ebpf/interpreter.h"
#include "isa/rv64/decode.h"
#include "isa/rv64/disasm.h"
#include "isa/rv64/encode.h"
#include "jit/fuzz/program.h"
#include "jit/testing.h"

namespace zext::jit::fuzz {
namespace {

using rv64::Extension;

constexpr uint64_t kHelperAddress = 0x5000'0000;
constexpr uint64_t kMaxInstructions = 100'000;
constexpr uint64_t kMaxMachineInstructions = 400'000;

const Extensions kSets[] = {
    kRequired, kRv64gc, kRv64gc | Extensions{Extension::kZba},
    kRv64gc | Extensions{Extension::kZba, Extension::kZbb, Extension::kZbs},
    kRv64gc | Extensions{Extension::kZba, Extension::kZbb, Extension::kZbs, Extension::kZicond}};

uint64_t environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

uint64_t help(const std::array<uint64_t, 5>& given) {
  uint64_t sum = 0;
  for (const uint64_t value : given) sum = (sum ^ value) * 0x9e3779b97f4a7c15;
  return sum;
}
std::optional<uint64_t> helper(void* /*context*/, ebpf::Memory& /*memory*/,
                               const ebpf::Arguments& given) {
  return help(given);
}

// What a run leaves behind.
struct End {
  uint64_t r0 = 0;
  std::vector<uint8_t> data;
  std::string trouble;  // it did not come to its end

  friend bool operator==(const End&, const End&) = default;
};

// How often each program runs.
constexpr uint64_t kInputs = 3;

// One run's input: arguments and memory of all sorts of upper halves.
struct Input {
  explicit Input(uint64_t seed) {
    std::mt19937_64 random(seed);
    for (unsigned i = 0; i < kDataBytes / 8; ++i) {
      uint64_t value = random();
      if (i % 4 == 1) value = static_cast<uint32_t>(value);
      if (i % 4 == 2) value = static_cast<uint64_t>(static_cast<int64_t>(value) >> 40);
      for (unsigned byte = 0; byte < 8; ++byte) {
        data.push_back(static_cast<uint8_t>(value >> 8 * byte));
      }
    }
    arguments = {kTestData, random(), random() >> 32, ~random() >> 33, random() << 31};
  }
  std::vector<uint8_t> data;
  std::array<uint64_t, 5> arguments{};
};

End interpret(const ebpf::Code& code, const Input& input) {
  End end{.r0 = 0, .data = input.data, .trouble = {}};
  ebpf::Memory memory;
  memory.add({.base = kTestData, .bytes = end.data});
  const ebpf::Helper helpers[] = {{.id = kHelper, .call = helper}};
  const auto result =
      ebpf::run(code, memory, input.arguments,
                {.helpers = helpers, .limits = {.max_instructions = kMaxInstructions}});
  if (!result) end.trouble = ebpf::describe(result.error());
  if (result) end.r0 = result->r0;
  return end;
}

End execute(const Code& code, const Input& input) {
  End end{.r0 = 0, .data = input.data, .trouble = {}};
  const Outcome outcome = run_compiled(code, end.data, input.arguments, {{kHelperAddress, help}},
                                       kMaxMachineInstructions);
  end.r0 = outcome.r0;
  if (!outcome.returned) end.trouble = outcome.text();
  if (outcome.returned && !outcome.kept_registers) end.trouble = "callee-saved registers changed";
  return end;
}

Code compiled(const ebpf::Code& code, Extensions extensions) {
  static constexpr HelperAddress kHelpers[] = {{kHelper, kHelperAddress}};
  auto result = compile(code, {.extensions = extensions, .helpers = kHelpers});
  EXPECT_TRUE(result.has_value()) << describe(result.error());
  return result ? *result : Code{};
}

std::vector<Input> inputs_of(uint64_t seed) {
  std::vector<Input> inputs;
  inputs.reserve(kInputs);
  for (uint64_t i = 0; i < kInputs; ++i) inputs.emplace_back(seed * kInputs + i);
  return inputs;
}

std::string difference(const End& end, const End& expected) {
  if (!end.trouble.empty()) return end.trouble;
  if (end.r0 != expected.r0) {
    char text[80];
    std::snprintf(text, sizeof text, "r0 is %#llx, not %#llx",
                  static_cast<unsigned long long>(end.r0),
                  static_cast<unsigned long long>(expected.r0));
    return text;
  }
  for (unsigned i = 0; i < end.data.size(); ++i) {
    if (end.data[i] != expected.data[i]) return "memory differs at byte " + std::to_string(i);
  }
  return "";
}

// What differs for one of the inputs; empty if nothing does. None if the program itself does not
// end as it should.
std::optional<std::string> difference(const Program& program, const std::vector<Input>& inputs,
                                      Extensions extensions) {
  const auto code = ebpf::decode_program(link(program));
  if (!code) return std::nullopt;
  const Code machine = compiled(*code, extensions);
  for (const Input& input : inputs) {
    const End expected = interpret(*code, input);
    if (!expected.trouble.empty()) return std::nullopt;
    const std::string found = difference(execute(machine, input), expected);
    if (!found.empty()) return found;
  }
  return "";
}

// The program less whatever it still differs without.
Program reduced(Program program, const std::vector<Input>& inputs, Extensions extensions) {
  for (size_t count = 16; count > 0; count /= 2) {
    for (size_t first = 0; first < program.size();) {
      const Program less = without(program, first, count);
      const bool differs = less.size() < program.size() &&
                           !difference(less, inputs, extensions).value_or("").empty();
      if (differs) {
        program = less;
      } else {
        first += count;
      }
    }
  }
  return program;
}

std::string listing(const Program& program, Extensions extensions) {
  const auto code = ebpf::decode_program(link(program));
  const Code machine = compiled(*code, extensions);
  std::string text;
  for (size_t i = 0; i < machine.lines.size(); ++i) {
    const LineEntry& line = machine.lines[i];
    const size_t end =
        i + 1 < machine.lines.size() ? machine.lines[i + 1].offset : machine.bytes.size();
    const bool of_program = line.pc < code->size();
    text += of_program ? std::to_string(line.pc) + ": " +
                             ebpf::disassemble(code->insns[line.pc], line.pc) + "\n"
                       : "(frame)\n";
    for (size_t at = line.offset; at < end;) {
      uint32_t bits = 0;
      for (size_t byte = 0; byte < 4 && at + byte < machine.bytes.size(); ++byte) {
        bits |= static_cast<uint32_t>(machine.bytes[at + byte]) << 8 * byte;
      }
      const auto decoded = rv64::decode(bits);
      if (!decoded) break;
      text += "      " + rv64::disassemble(decoded->insn, kTestText + at) + "\n";
      at += decoded->bytes;
    }
  }
  return text;
}

TEST(Fuzz, JoinsAndLoops) {
  const uint64_t seed = environment("ZEXT_SEED", 1);
  const uint64_t programs = environment("ZEXT_PROGRAMS", 2000);
  uint64_t slots = 0;
  for (uint64_t i = seed; i < seed + programs; ++i) {
    const Program program = random_program(i);
    const std::vector<Input> inputs = inputs_of(i);
    slots += program.size();
    for (const Extensions& extensions : kSets) {
      const auto found = difference(program, inputs, extensions);
      ASSERT_TRUE(found.has_value()) << "seed " << i << " makes no program that ends\n"
                                     << ebpf::describe(ebpf::decode_program(link(program)).error());
      if (found->empty()) continue;
      const Program less = reduced(program, inputs, extensions);
      FAIL() << "seed " << i << ", extensions " << &extensions - kSets << ": " << *found
             << "\nless of it: " << difference(less, inputs, extensions).value_or("") << "\n"
             << listing(less, extensions);
    }
  }
  std::printf("%llu programs of %llu instructions, each for %zu sets of extensions\n",
              static_cast<unsigned long long>(programs), static_cast<unsigned long long>(slots),
              std::size(kSets));
}

// --- Whether programs like these would notice ---

uint32_t word_at(const Code& code, size_t at) {
  uint32_t bits = 0;
  for (size_t i = 0; i < 4; ++i) bits |= static_cast<uint32_t>(code.bytes[at + i]) << 8 * i;
  return bits;
}
void put_word(Code& code, size_t at, const rv64::Instruction<>& insn) {
  const uint32_t bits = rv64::encode(insn);
  for (size_t i = 0; i < 4; ++i) code.bytes[at + i] = static_cast<uint8_t>(bits >> 8 * i);
}

// The code with a move in place of each of its extensions of a register, one at a time: what a JIT
// would emit that takes an extension for needless. Code without compressed instructions.
std::vector<Code> without_an_extension(const Code& code) {
  std::vector<Code> result;
  rv64::Instruction<> before{};
  for (size_t at = 0; at + 4 <= code.bytes.size(); at += 4) {
    const auto decoded = rv64::decode(word_at(code, at));
    if (!decoded) {
      before = {};
      continue;
    }
    const rv64::Instruction<>& insn = decoded->insn;
    const rv64::Instruction<> move{.op = rv64::Op::kAddi, .rd = insn.rd, .rs1 = insn.rs1};
    const bool one = (insn.op == rv64::Op::kAddiw && insn.imm.value() == 0) ||
                     (insn.op == rv64::Op::kAddUw && insn.rs2 == rv64::kZero);
    const bool two = (insn.op == rv64::Op::kSrli || insn.op == rv64::Op::kSrai) &&
                     insn.imm.value() == 32 && before.op == rv64::Op::kSlli &&
                     before.imm.value() == 32 && before.rd == insn.rd && insn.rs1 == insn.rd;
    if (one || two) {
      result.push_back(code);
      put_word(result.back(), at, move);
    }
    if (two) {
      put_word(result.back(), at - 4, {.op = rv64::Op::kAddi, .rd = insn.rd, .rs1 = before.rs1});
    }
    before = insn;
  }
  return result;
}

// Not all extensions matter: not all code is reached, nor every upper half other than it should be.
TEST(Fuzz, NoticesExtensionsLeftOut) {
  constexpr uint64_t kPrograms = 200;
  unsigned noticed = 0;
  unsigned broken = 0;
  unsigned programs = 0;
  for (uint64_t seed = 1; seed <= kPrograms; ++seed) {
    const auto code = ebpf::decode_program(link(random_program(seed)));
    const std::vector<Input> inputs = inputs_of(seed);
    std::vector<End> expected;
    expected.reserve(kInputs);
    for (const Input& input : inputs) expected.push_back(interpret(*code, input));
    bool any = false;
    for (const Code& mutant : without_an_extension(compiled(*code, kRequired))) {
      ++broken;
      for (size_t i = 0; i < kInputs; ++i) {
        if (execute(mutant, inputs[i]) == expected[i]) continue;
        ++noticed;
        any = true;
        break;
      }
    }
    programs += any;
  }
  std::printf("%u of %u extensions left out are noticed, in %u of %llu programs\n", noticed, broken,
              programs, static_cast<unsigned long long>(kPrograms));
  EXPECT_GT(noticed, 250U);
  EXPECT_GT(programs, kPrograms / 2);
}

}  // namespace
}  // namespace zext::jit::fuzz
