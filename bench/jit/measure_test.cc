#include "bench/jit/measure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "bench/allocations/allocations.h"
#include "bench/jit/kernels.h"
#include "bench/jit/scaling.h"
#include "bench/jit/summary.h"
#include "bench/jit/work.h"
#include "isa/rv64/encode.h"

namespace zext::bench {
namespace {

using rv64::Op;

Kernel kernel_named(const std::string& name) {
  return *std::ranges::find(kernels(), name, &Kernel::name);
}

std::vector<Work> works(std::initializer_list<rv64::Instruction<>> insns) {
  std::vector<uint8_t> text;
  for (const auto& insn : insns) {
    const uint32_t word = rv64::encode(insn);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      text.push_back(static_cast<uint8_t>(word >> shift));
    }
  }
  const std::vector<Work> by_halfword = classify(text);
  std::vector<Work> result;
  for (size_t i = 0; i < by_halfword.size(); i += 2) result.push_back(by_halfword[i]);
  return result;
}

rv64::Instruction<> insn(Op op, rv64::Reg rd, rv64::Reg rs1, rv64::Reg rs2, uint64_t imm) {
  return {.op = op, .rd = rd, .rs1 = rs1, .rs2 = rs2, .imm = Bits<64>::of(imm)};
}

// One kernel of each sort of code: tables, the stack, calls, division. All variants ran and agreed,
// or measure() would have said who did not.
class Agreement : public testing::TestWithParam<const char*> {};

TEST_P(Agreement, AllVariantsGiveTheSame) {
  const auto figures = measure(kernel_named(GetParam()), "bench/jit/");
  ASSERT_TRUE(figures.has_value()) << figures.error().to_string();
  uint64_t executed = 0;
  uint64_t attributed = 0;
  for (const auto& [name, op] : figures->ops) {
    executed += op.executed;
    attributed += op.instructions;
  }
  EXPECT_EQ(executed, figures->ebpf_executed);
  EXPECT_EQ(attributed, figures->of(Variant::kOurs).instructions);
  for (const Variant variant : kVariants) {
    const Cost& cost = figures->of(variant);
    EXPECT_GT(cost.bytes, 8u) << name_of(variant);
    EXPECT_GE(2 * cost.cycles, cost.instructions) << name_of(variant);
    uint64_t work = 0;
    for (const uint64_t count : cost.work) work += count;
    EXPECT_EQ(work, cost.instructions) << name_of(variant);
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, Agreement,
                         testing::Values("crc32_table", "quick_sort", "recursion", "state_machine",
                                         "divide64", "swap_bytes", "helper_chain"));

// Calls are within the kernel, what they reach is not: bodies' instructions are on neither side.
TEST(Measure, CountsNoHelpers) {
  const auto figures = measure(kernel_named("helper_chain"), "bench/jit/");
  ASSERT_TRUE(figures.has_value()) << figures.error().to_string();
  const OpCost& call = figures->ops.at("CallHelper");
  EXPECT_EQ(call.executed, 4 * kernel_named("helper_chain").length / 8);
  EXPECT_GE(call.instructions, call.executed);
  EXPECT_LE(call.instructions, 3 * call.executed);  // auipc, jalr, mv
}

TEST(Scaling, IsForEachInstruction) {
  static constexpr uint64_t kLengths[] = {1000, 20'000};
  const auto points = measure_scaling(kernels(), "bench/jit/", kLengths);
  ASSERT_TRUE(points.has_value()) << points.error().to_string();
  ASSERT_EQ(points->size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_GE((*points)[i].instructions, kLengths[i]);
    EXPECT_LT((*points)[i].instructions, kLengths[i] + 1000);
    EXPECT_GT((*points)[i].nanoseconds, 0);
    EXPECT_GT((*points)[i].bytes, 4);     // the code alone takes some three
    EXPECT_LT((*points)[i].bytes, 1000);  // and nothing is quadratic
  }
}

TEST(Scaling, PeakIsWhatWasHeldAtOnce) {
  reset_peak();
  for (int i = 0; i < 3; ++i) {
    const std::vector<char> bytes(100'000);
    EXPECT_EQ(bytes.size(), 100'000u);
  }
  EXPECT_GE(peak_bytes(), 100'000u);
  EXPECT_LT(peak_bytes(), 200'000u);
}

// Every source in kernels/ has its row in kernels.def; a row without a source does not link.
TEST(Kernels, AreAllInTheTable) {
  size_t objects = 0;
  for (const auto& entry : std::filesystem::directory_iterator("bench/jit")) {
    const std::string file = entry.path().filename();
    if (!file.ends_with(".bpf.o")) continue;
    ++objects;
    const std::string name = file.substr(0, file.find('.'));
    EXPECT_NE(std::ranges::find(kernels(), name, &Kernel::name), kernels().end()) << name;
  }
  EXPECT_EQ(objects, kernels().size());
}

TEST(Measure, NoticesAnotherResult) {
  Kernel wrong = kernel_named("recursion");
  wrong.host = kernel_named("fnv1a").host;
  const auto figures = measure(wrong, "bench/jit/");
  ASSERT_FALSE(figures.has_value());
  EXPECT_NE(figures.error().what.find("r0 is"), std::string::npos) << figures.error().what;
}

TEST(Measure, NamesAMissingFile) {
  Kernel missing = kernel_named("recursion");
  missing.name = "no_such_kernel";
  EXPECT_FALSE(measure(missing, "bench/jit/").has_value());
}

TEST(Classify, LooksAtNeighbours) {
  const rv64::Reg a0 = rv64::kA0, a1 = rv64::kA1;
  EXPECT_EQ(works({insn(Op::kSlli, a0, a0, 0, 32), insn(Op::kSrli, a0, a0, 0, 32)}),
            (std::vector{Work::kExtend, Work::kExtend}));
  EXPECT_EQ(works({insn(Op::kSlli, a0, a0, 0, 40), insn(Op::kSrli, a0, a0, 0, 32)}),
            (std::vector{Work::kShift, Work::kExtend}));
  EXPECT_EQ(works({insn(Op::kLui, a0, 0, 0, 4096), insn(Op::kAddiw, a0, a0, 0, 1)}),
            (std::vector{Work::kConstant, Work::kConstant}));
  EXPECT_EQ(works({insn(Op::kAddi, a0, 0, 0, 1), insn(Op::kAddi, a1, a0, 0, 0)}),
            (std::vector{Work::kConstant, Work::kMove}));
  EXPECT_EQ(works({insn(Op::kLd, a0, rv64::kSp, 0, 8), insn(Op::kLd, a0, a1, 0, 8)}),
            (std::vector{Work::kStack, Work::kLoad}));
  EXPECT_EQ(works({insn(Op::kJal, rv64::kRa, 0, 0, 8), insn(Op::kJalr, 0, rv64::kRa, 0, 0)}),
            (std::vector{Work::kCall, Work::kCall}));
}

TEST(Summary, MeansAreGeometric) {
  const std::vector<double> values = {0.5, 8};
  EXPECT_NEAR(geometric_mean(values), 2, 1e-12);
}

TEST(Summary, RatiosAndExcess) {
  Figures figures;
  figures.kernel = kernel_named("gcd");
  figures.ebpf_executed = 100;
  figures.ebpf_length = 10;
  figures.compile_seconds = 1e-6;
  for (Cost& cost : figures.costs)
    cost = {.instructions = 100, .cycles = 200, .bytes = 40, .work = {}};
  figures.costs[0].instructions = 150;
  figures.ops["Add32Imm"] = {.executed = 60, .instructions = 90};
  figures.ops["Load64"] = {.executed = 40, .instructions = 60};
  const Summary summary = summarize({&figures, 1});
  EXPECT_DOUBLE_EQ(summary.ours_clang, 1.5);
  EXPECT_DOUBLE_EQ(summary.ours_clang_b, 1);
  EXPECT_DOUBLE_EQ(summary.bytes, 4);
  EXPECT_NEAR(summary.compile_rate, 1e7, 1);
  ASSERT_EQ(summary.excess.size(), 2u);
  EXPECT_EQ(summary.excess[0].first, "Add32Imm");
  EXPECT_DOUBLE_EQ(summary.excess[0].second, 0.2);
  EXPECT_NE(plot({&figures, 1}, summary).find("gcd"), std::string::npos);
  EXPECT_EQ(json({&figures, 1}, summary)["kernels"][0]["clang"]["bytes"], 40);
}

}  // namespace
}  // namespace zext::bench
