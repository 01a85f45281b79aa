// The chain over the corpus: no unsafe program is accepted; each safe one is, is compiled, and runs
// on the core and QEMU in lockstep to the interpreter's result.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "cli/machines.h"
#include "cli/pipeline.h"
#include "cli/setting.h"
#include "object/load.h"
#include "tests/corpus/rows.h"

namespace zext::corpus {
namespace {

// Safe programs that the verifier's domains cannot show to be so yet, each with the cause. One that
// gets accepted must leave the list.
struct Miss {
  const char* program;
  const char* cause;
};
constexpr Miss kMisses[] = {
    {"ipv4_options", "packet offset advanced by a byte of the packet within a loop"},
    {"run_length", "an outer loop's bound kept through an inner loop"},
    {"stack_machine", "a depth's bound through a join"},
    {"tlv", "buffer offset advanced by a byte of the buffer within a loop"},
};

const Miss* miss_of(const Row& row) {
  const auto miss = std::ranges::find(kMisses, row.name, &Miss::program);
  return miss == std::end(kMisses) ? nullptr : miss;
}

std::vector<uint8_t> random_input(const Row& row, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> bytes(row.type == "xdp" ? 14 + random() % 100 : random() % 200);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 3 == 0 ? 0 : random());
  return bytes;
}

// A program on inputs of every kind, on the interpreter and in lockstep.
void run_everywhere(const Row& row, const object::Program& program, const ebpf::Code& code) {
  const auto text = cli::compile(program, code, cli::kDefaultMarch);
  ASSERT_TRUE(text) << text.error().to_string();
  for (unsigned seed = 0; seed < 2; ++seed) {
    const auto setting = cli::make_setting(program.type, random_input(row, seed));
    ASSERT_TRUE(setting) << setting.error().to_string();
    const cli::Execution reference = cli::interpret(code, *setting, {});
    ASSERT_EQ(reference.end, cli::Execution::End::kReturned) << reference.failure;
    const auto machine = cli::execute(cli::Machine::kLockstep, *text, code.size(), *setting, {});
    ASSERT_TRUE(machine) << machine.error().to_string();
    ASSERT_EQ(machine->end, cli::Execution::End::kReturned) << machine->failure;
    EXPECT_EQ(machine->r0, reference.r0);
    EXPECT_EQ(machine->memory, reference.memory);
  }
}

class Chain : public testing::TestWithParam<Row> {};

TEST_P(Chain, HoldsFromVerdictToGates) {
  const Row& row = GetParam();
  for (const std::string& version : row.versions) {
    SCOPED_TRACE(row.name + "_" + version);
    const auto object = object::load(object_of(row, version));
    ASSERT_TRUE(object) << object.error().to_string();
    const object::Program& program = object->programs.at(0);
    const auto code = cli::decode(program);
    ASSERT_TRUE(code) << code.error().to_string();
    // Addresses as numbers harm no memory: they are kept from ordinary users only.
    const bool privileged = row.fault != "pointer";
    const auto verification = cli::verify(*object, program, *code, {.privileged = privileged});
    ASSERT_TRUE(verification) << verification.error().to_string();
    const bool accepted = verification->accepted();
    if (!row.safe) {
      EXPECT_FALSE(accepted) << "unsafe: " << row.fault;
      continue;
    }
    if (const Miss* miss = miss_of(row)) {
      EXPECT_FALSE(accepted) << "accepted now: take it off kMisses";
      std::printf("%s: safe, not shown to be so: %s\n", row.name.c_str(), miss->cause);
      continue;
    }
    ASSERT_TRUE(accepted) << cli::explanation(program, *code, verification->verdict);
    run_everywhere(row, program, *code);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, Chain, testing::ValuesIn(corpus()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace zext::corpus
