// Loads that may fault: the exception table, and programs that go on after a fault.
#include "jit/baseline/probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string_view>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/encode.h"
#include "isa/ebpf/interpreter.h"
#include "isa/rv64/decode.h"
#include "jit/baseline/registers.h"
#include "jit/compile.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

using ebpf::Op;
using rv64::Extension;
using Insn = ebpf::Instruction<>;

const Extensions kSets[] = {
    kRequired, kRv64gc,
    kRv64gc | Extensions{Extension::kZba, Extension::kZbb, Extension::kZbs, Extension::kZicond}};

constexpr uint64_t kNowhere = 0x7700'0000'0000;

ebpf::Code program(std::string_view text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value()) << (slots ? "" : describe(slots.error()));
  if (!slots) return {};
  auto code = ebpf::decode_program(*slots);
  EXPECT_TRUE(code.has_value()) << (code ? "" : describe(code.error()));
  return code ? *code : ebpf::Code{};
}

TEST(FindException, FindsWhatIsThereAndNothingElse) {
  std::vector<Exception> table;
  table.reserve(100);
  for (uint32_t i = 0; i < 100; ++i) table.push_back({.offset = 4 + 6 * i, .resume = 8 + 6 * i});
  for (size_t size = 0; size <= table.size(); ++size) {
    const std::span<const Exception> part(table.data(), size);
    for (uint64_t offset = 0; offset < 620; ++offset) {
      const Exception* found = find_exception(part, offset);
      const bool there = offset % 6 == 4 && offset / 6 < size;
      ASSERT_EQ(found, there ? &table[offset / 6] : nullptr) << size << " " << offset;
    }
    EXPECT_EQ(find_exception(part, ~uint64_t{0}), nullptr);
    EXPECT_EQ(find_exception(part, (uint64_t{1} << 32) + 4), nullptr);
  }
}

TEST(FindException, ResumesWithTheDestinationCleared) {
  const Exception table[] = {{.offset = 8, .resume = 12, .reg = rv64::kA5, .dst = 0}};
  std::array<uint64_t, 32> x;
  x.fill(7);
  uint64_t pc = 0x8000'0008;
  EXPECT_FALSE(resume_after_fault(table, 0x8000'0008, pc, x));
  EXPECT_FALSE(resume_after_fault({}, 0x8000'0000, pc, x));
  EXPECT_EQ(pc, 0x8000'0008u);
  EXPECT_TRUE(resume_after_fault(table, 0x8000'0000, pc, x));
  EXPECT_EQ(pc, 0x8000'000cu);
  for (unsigned reg = 0; reg < 32; ++reg) EXPECT_EQ(x[reg], reg == rv64::kA5 ? 0u : 7u);
}

const char* refusal(std::string_view text, std::vector<uint32_t> probes) {
  const ebpf::Code code = program(text);
  const auto compiled = compile(code, {.probes = probes});
  if (compiled) return "";
  EXPECT_EQ(compiled.error().kind, Error::Kind::kBadProbe);
  EXPECT_NE(describe(compiled.error()).find("marked as a load that may fault"), std::string::npos);
  return compiled.error().why;
}

TEST(Probes, OnlyLoadsCanBeMarked) {
  constexpr const char* kText =
      "r0 = 5 ll\nr2 = *(u8 *)(r1 + 0)\n*(u8 *)(r1 + 0) = r2\nr3 = *(u64 *)(r10 - 8)\nexit";
  EXPECT_STREQ(refusal(kText, {2}), "");
  EXPECT_NE(std::string(refusal(kText, {0})).find("only a load"), std::string::npos);
  EXPECT_NE(std::string(refusal(kText, {1})).find("no instruction begins"), std::string::npos);
  EXPECT_NE(std::string(refusal(kText, {3})).find("only a load"), std::string::npos);
  EXPECT_NE(std::string(refusal(kText, {4})).find("r10"), std::string::npos);
  EXPECT_NE(std::string(refusal(kText, {2, 6})).find("no instruction begins"), std::string::npos);
  EXPECT_NE(std::string(refusal(kText, {2, 2})).find("ascending"), std::string::npos);
}

TEST(Probes, UnmarkedLoadsHaveNoEntry) {
  const ebpf::Code code = program("r0 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r0 + 0)\nexit");
  const auto compiled = compile(code, {});
  ASSERT_TRUE(compiled);
  EXPECT_TRUE(compiled->exceptions.empty());
  std::vector<uint8_t> data(8);
  const Outcome outcome = run_compiled(*compiled, data, {kTestData});
  EXPECT_FALSE(outcome.returned);
  EXPECT_EQ(outcome.stop.kind, rv64::Stop::Kind::kStrayLoad);
}

// Each entry names a load to its register, and goes on at the next instruction.
void check_table(const Code& compiled, const std::vector<uint32_t>& probes,
                 const ebpf::Code& code) {
  ASSERT_EQ(compiled.exceptions.size(), probes.size());
  EXPECT_TRUE(std::ranges::is_sorted(compiled.exceptions, {}, &Exception::offset));
  for (size_t i = 0; i < probes.size(); ++i) {
    const Exception& entry = compiled.exceptions[i];
    ASSERT_LE(entry.resume, compiled.bytes.size());
    uint32_t bits = 0;
    for (uint32_t at = entry.resume; at-- > entry.offset;) bits = bits << 8 | compiled.bytes[at];
    const auto decoded = rv64::decode(bits);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->bytes, entry.resume - entry.offset);
    EXPECT_EQ(decoded->insn.row().kind, rv64::Kind::kLoad);
    EXPECT_EQ(decoded->insn.rd, entry.reg);
    EXPECT_EQ(decoded->insn.row().bytes, code.insns[probes[i]].row().bytes);
    EXPECT_EQ(entry.dst, code.insns[probes[i]].dst);
    EXPECT_EQ(entry.reg, home(entry.dst));
    const auto line =
        std::ranges::upper_bound(compiled.lines, entry.offset, {}, &LineEntry::offset);
    EXPECT_EQ((line - 1)->pc, probes[i]);
  }
}

// A program of probing loads in every form: half of the pointers are good.
struct Case {
  std::vector<ebpf::Slot> slots;
  std::vector<uint32_t> probes;
};

Case random_case(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Insn> insns;
  std::vector<size_t> loads;
  const auto word = [](int64_t value) { return Bits<64>::of(static_cast<uint64_t>(value)); };
  for (const ebpf::Reg reg : {0, 2, 3, 4, 5, 7, 8, 9}) {
    insns.push_back({.op = Op::kLoadImm64, .dst = reg, .imm = Bits<64>::of(random())});
  }
  insns.push_back({.op = Op::kMov64Reg, .dst = 6, .src = 1});
  static constexpr int kOffsets[] = {0, 8, 40, 2047, -2048, 2048, 4095, -4097, 32767, -32768};
  for (unsigned i = 0; i < 20; ++i) {
    const auto dst = static_cast<ebpf::Reg>(random() % 6);
    const auto src = static_cast<ebpf::Reg>(random() % 3 == 0 ? dst : random() % 6);
    const ebpf::Row* row = nullptr;
    do row = &ebpf::kRows[random() % ebpf::kRowCount];
    while (!can_probe(row->kind));
    const int offset = kOffsets[random() % std::size(kOffsets)];
    const int at = static_cast<int>(random() % 8) * 8;
    if (random() % 2 == 0) {
      insns.push_back({.op = Op::kMov64Reg, .dst = src, .src = 6});
      insns.push_back({.op = Op::kAdd64Imm, .dst = src, .imm = word(at - offset)});
    } else if (random() % 2 == 0) {  // the last bytes are there, those after them are not
      insns.push_back({.op = Op::kMov64Reg, .dst = src, .src = 6});
      insns.push_back({.op = Op::kAdd64Imm, .dst = src, .imm = word(64 - offset)});
      if (row->kind != ebpf::Kind::kLoadAcquire) insns.back().imm = word(63 - offset);
    } else {
      insns.push_back({.op = Op::kLoadImm64, .dst = src, .imm = Bits<64>::of(random() << 3)});
      insns.push_back({.op = Op::kAdd64Imm, .dst = src, .imm = word(-offset)});
    }
    loads.push_back(insns.size());
    insns.push_back(
        {.op = row->op, .dst = dst, .src = src, .offset = static_cast<int16_t>(offset)});
    if (random() % 4 == 0) {  // the upper half counts
      insns.push_back({.op = Op::kJgt64Imm, .dst = dst, .offset = 1, .imm = word(77)});
      insns.push_back({.op = Op::kAdd64Imm, .dst = 9, .imm = word(1)});
    }
    insns.push_back({.op = Op::kMul64Imm, .dst = 9, .imm = word(31)});
    insns.push_back({.op = Op::kAdd64Reg, .dst = 9, .src = dst});
  }
  for (const ebpf::Reg reg : {1, 2, 3, 4, 5, 7, 8, 9}) {
    insns.push_back({.op = Op::kMul64Imm, .dst = 0, .imm = word(31)});
    insns.push_back({.op = Op::kAdd64Reg, .dst = 0, .src = reg});
  }
  insns.push_back({.op = Op::kExit});
  Case result;
  for (size_t i = 0; i < insns.size(); ++i) {
    if (std::ranges::binary_search(loads, i)) {
      result.probes.push_back(static_cast<uint32_t>(result.slots.size()));
    }
    ebpf::append(insns[i], result.slots);
  }
  return result;
}

TEST(Probes, RandomProgramsGoOnAsOnTheInterpreter) {
  uint64_t faults = 0;
  for (uint64_t seed = 0; seed < 1500 && !HasFatalFailure(); ++seed) {
    const Case one = random_case(seed);
    const auto code = ebpf::decode_program(one.slots);
    ASSERT_TRUE(code) << describe(code.error());
    std::vector<uint8_t> data(64);
    std::mt19937_64 random(seed);
    for (uint8_t& byte : data) byte = static_cast<uint8_t>(random());
    ebpf::Memory memory;
    memory.add({.base = kTestData, .bytes = data});
    const auto expected = ebpf::run(*code, memory, {kTestData}, {.probes = one.probes});
    ASSERT_TRUE(expected) << describe(expected.error());
    if (!ebpf::run(*code, memory, {kTestData}, {})) ++faults;
    const auto compiled = compile(*code, {.extensions = kSets[seed % 3], .probes = one.probes});
    ASSERT_TRUE(compiled);
    check_table(*compiled, one.probes, *code);
    const Outcome outcome = run_compiled(*compiled, data, {kTestData});
    ASSERT_TRUE(outcome.returned) << outcome.text();
    ASSERT_EQ(outcome.r0, expected->r0) << seed;
    ASSERT_TRUE(outcome.kept_registers);
  }
  EXPECT_GT(faults, 1000u);
}

// The value after a fault is 0 whatever was in the register and however wide the load is.
TEST(Probes, FaultsGiveZero) {
  for (const char* load :
       {"r0 = *(u8 *)(r0 + 0)", "r0 = *(u16 *)(r0 - 3)", "r0 = *(u32 *)(r0 + 3000)",
        "r0 = *(u64 *)(r0 - 30000)", "r0 = *(s8 *)(r0 + 0)", "r0 = *(s16 *)(r0 + 2)",
        "r0 = *(s32 *)(r0 + 2047)"}) {
    const ebpf::Code code = program(std::string("r0 = r1\n") + load + "\nexit");
    for (const Extensions extensions : kSets) {
      const uint32_t probes[] = {1};
      const auto compiled = compile(code, {.extensions = extensions, .probes = probes});
      ASSERT_TRUE(compiled);
      std::vector<uint8_t> data;
      for (const uint64_t pointer : {kNowhere, uint64_t{0}, ~uint64_t{0}}) {
        const Outcome outcome = run_compiled(*compiled, data, {pointer});
        EXPECT_TRUE(outcome.returned) << outcome.text();
        EXPECT_EQ(outcome.r0, 0u) << load;
      }
    }
  }
}

// Offsets are those after relaxation: far branches around the loads, in several functions.
TEST(Probes, OffsetsHoldAroundBranchesThatGrow) {
  std::string text = "r6 = r1\nr9 = 0\n";
  std::vector<uint32_t> probes;
  uint32_t slot = 2;
  for (unsigned i = 0; i < 300; ++i) {
    text += "if r6 == 1 goto end\nr2 = *(u32 *)(r6 + " + std::to_string(i * 100) + ")\n";
    text += "r9 += r2\nr6 += 1\n";
    probes.push_back(slot + 1);
    slot += 4;
  }
  text += "end:\nr0 = r9\nr1 = r6\ncall f\nr0 += 5\nexit\nf:\nr0 = *(s16 *)(r1 + 8)\nexit\n";
  probes.push_back(slot + 5);
  const ebpf::Code code = program(text);
  for (const Extensions extensions : kSets) {
    const auto compiled = compile(code, {.extensions = extensions, .probes = probes});
    ASSERT_TRUE(compiled) << describe(compiled.error());
    check_table(*compiled, probes, code);
    std::vector<uint8_t> data(64);
    const Outcome outcome = run_compiled(*compiled, data, {kNowhere});
    EXPECT_TRUE(outcome.returned) << outcome.text();
    EXPECT_EQ(outcome.r0, 5u);
  }
}

}  // namespace
}  // namespace zext::jit
