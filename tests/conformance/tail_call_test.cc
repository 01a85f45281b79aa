// Tail calls on every machine: several compiled programs in one text, a program array in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/machines.h"
#include "cli/setting.h"
#include "isa/ebpf/asm.h"
#include "isa/ebpf/interpreter.h"
#include "jit/compile.h"
#include "jit/march.h"
#include "jit/testing.h"

namespace zext::conformance {
namespace {

constexpr uint64_t kContext = cli::kMemoryAddress;
constexpr uint64_t kArray = cli::kMemoryAddress + 0x1000;

ebpf::Code program(const std::string& text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value()) << text;
  auto code = ebpf::decode_program(slots.value());
  EXPECT_TRUE(code.has_value()) << text;
  return code.value();
}

std::string tail_call(const std::string& index) {
  return "r2 = " + std::to_string(kArray) + " ll\nr3 = " + index + "\ncall 12\n";
}

// The first program calls a function that goes on in the second, twice: that one, from a function
// of its own, goes on in itself, and in the third, each time an even number comes up, until no tail
// call is left. Everything that was counted is in the context.
std::vector<std::string> programs() {
  const std::string counted = "r4 = *(u64 *)(r1 + 0)\nr4 += 1\n*(u64 *)(r1 + 0) = r4\n";
  return {
      "r6 = r1\nr7 = 70\nr9 = 90\ncall f\nr8 = r0\nr1 = r6\ncall f\nr0 *= 1000\nr0 += r8\n"
      "r0 += r7\nr0 += r9\nexit\nf:\nr7 = 1\nr9 = 2\n" +
          tail_call("0x500000001 ll") + "r0 = 3\nexit",
      "r6 = r1\ncall g\nr0 += 1\nexit\ng:\nr9 = 5\n" + counted + tail_call("3") + "r4 &= 1\n" +
          "if r4 == 0 goto even\n" + tail_call("1") + "r0 = 100\nexit\neven:\n" + tail_call("2") +
          "r0 = 200\nexit",
      counted + "*(u64 *)(r10 - 512) = r4\n*(u64 *)(r1 + 8) = r4\n" + tail_call("1") +
          tail_call("-1") + tail_call("4") + "r0 = *(u64 *)(r10 - 512)\nexit"};
}

void put(std::vector<uint8_t>& bytes, uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
}

class TailCalls : public ::testing::TestWithParam<const char*> {};

TEST_P(TailCalls, CountOverProgramsAndFunctions) {
  const std::vector<std::string> source = programs();
  std::vector<ebpf::Code> codes;
  codes.reserve(source.size());
  for (const std::string& text : source) codes.push_back(program(text));
  // Index 3 is empty, 4 is not there.
  const ebpf::Code* const entries[] = {&codes[0], &codes[1], &codes[2], nullptr};
  const ebpf::ProgramArray array{.address = kArray, .programs = entries};
  std::vector<uint8_t> context(16);
  ebpf::Memory memory;
  memory.add({.base = kContext, .bytes = context});
  const auto expected = ebpf::run(codes[0], memory, {kContext}, {.program_arrays = {&array, 1}});
  ASSERT_TRUE(expected.has_value()) << describe(expected.error());
  EXPECT_EQ(expected->tail_calls, ebpf::kMaxTailCalls);

  std::vector<jit::Code> texts;
  texts.reserve(codes.size());
  for (const ebpf::Code& code : codes) {
    auto text = jit::compile(code, {.extensions = *jit::parse_march("rv64imac"),
                                    .program_arrays = jit::ProgramArrayLayout{}});
    ASSERT_TRUE(text.has_value()) << text.error().why;
    texts.push_back(std::move(*text));
  }
  const jit::Joined joined = jit::join(texts, cli::kTextAddress);
  std::vector<uint8_t> in_memory;
  put(in_memory, std::size(entries));
  for (const uint64_t entry : joined.tail_entries) put(in_memory, entry);
  put(in_memory, 0);
  const cli::Setting setting = {
      .regions = {{.name = "context", .address = kContext, .bytes = std::vector<uint8_t>(16)},
                  {.name = "array", .address = kArray, .bytes = in_memory}},
      .arguments = {kContext}};
  const auto execution =
      cli::execute(*cli::parse_machine(GetParam()), joined.code, codes[0].size(), setting, {});
  ASSERT_TRUE(execution.has_value()) << execution.error().to_string();
  ASSERT_EQ(execution->end, cli::Execution::End::kReturned) << execution->failure;
  EXPECT_EQ(execution->r0, expected->r0);
  EXPECT_EQ(execution->memory.at(0), context);
  EXPECT_EQ(execution->memory.at(1), in_memory);
}

INSTANTIATE_TEST_SUITE_P(On, TailCalls, ::testing::Values("qemu", "rtl", "lockstep"));

}  // namespace
}  // namespace zext::conformance
