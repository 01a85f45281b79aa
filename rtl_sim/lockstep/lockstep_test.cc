#include "rtl_sim/lockstep/lockstep.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rtl_sim/lockstep/compare.h"
#include "rtl_sim/qemu/program.h"

namespace zext::rtl_sim::lockstep {
namespace {

using rv64::kA0, rv64::kA1, rv64::kT0, rv64::kZero;
using rv64::Op;
using std::chrono::milliseconds;

constexpr uint64_t kBase = Program::kBase;

Options small() {
  Options options;
  options.memory.size = 1 << 20;
  options.max_instructions = 100'000;
  return options;
}

Report report_of(const Program& program, const Options& options, const OnRetire& on_retire = {}) {
  auto report = run(program.image(), options, on_retire);
  EXPECT_TRUE(report) << report.error().message();
  return report ? *report : Report{};
}

// Sums up in a loop of ten rounds: a branch, two ALU results and a store each.
Program sums() {
  Program p;
  p.add(Op::kAddi, kA0, kZero, 0, 10)      // 0
      .add(Op::kAuipc, kT0, 0, 0, 0x2000)  // 1
      .add(Op::kAdd, kA1, kA1, kA0)        // 2, 6, 10, ...
      .add(Op::kSd, 0, kT0, kA1, 0)        // 3
      .add(Op::kAddi, kA0, kA0, 0, -1)     // 4
      .add(Op::kBne, 0, kA0, kZero, -12)   // 5
      .exit(3);
  return p;
}
constexpr uint64_t kSumsInstructions = 2 + 10 * 4 + 8 + 2;

TEST(Lockstep, ExitCodeCountsAndMemory) {
  Options options = small();
  options.dump = {{kBase + 0x2004, 8}};
  uint64_t seen = 0, last_cycle = 0;
  const Report report = report_of(sums(), options, [&](const Retirement& r) {
    EXPECT_EQ(r.order, seen++);
    EXPECT_GE(r.cycle, last_cycle);
    last_cycle = r.cycle;
  });
  EXPECT_EQ(report.stop, Report::Stop::kExited);
  EXPECT_EQ(report.exit_code, 3u);
  EXPECT_FALSE(report.passed());
  EXPECT_EQ(report.instructions, kSumsInstructions);
  EXPECT_EQ(seen, kSumsInstructions);
  EXPECT_GE(report.cycles, last_cycle);
  EXPECT_GE(report.cpi(), 0.5);
  EXPECT_GT(report.instructions_per_second(), 0);
  ASSERT_EQ(report.memory.size(), 1u);
  EXPECT_EQ(report.memory[0], (std::vector<uint8_t>{55, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Lockstep, InstructionLimit) {
  // A loop of stores: at each limit some store is on its way already.
  Program p;
  p.add(Op::kAuipc, kT0, 0, 0, 0x2000)
      .add(Op::kSd, 0, kT0, kA0, 0)
      .add(Op::kAddi, kA0, kA0, 0, 1)
      .add(Op::kJal, 0, 0, 0, -8);
  for (uint64_t limit = 100; limit < 104; ++limit) {
    Options options = small();
    options.max_instructions = limit;
    const Report report = report_of(p, options);
    EXPECT_EQ(report.stop, Report::Stop::kInstructionLimit);
    EXPECT_FALSE(report.divergence) << text(*report.divergence);
    EXPECT_EQ(report.instructions, limit);
  }
}

// One flipped bit of the ALU's result, and lockstep names the instruction and what went wrong.
struct Flip {
  const char* name;
  uint64_t order;
  uint64_t mask;
  Field field;
  uint64_t core, qemu;
};

class Fault : public testing::TestWithParam<Flip> {};

TEST_P(Fault, IsNamed) {
  const Flip& flip = GetParam();
  Options options = small();
  options.fault = {{flip.order, flip.mask}};
  const Report report = report_of(sums(), options);
  EXPECT_EQ(report.stop, Report::Stop::kDiverged);
  EXPECT_FALSE(report.passed());
  ASSERT_TRUE(report.divergence);
  const Divergence& d = *report.divergence;
  EXPECT_EQ(d.index, flip.order) << text(d);
  EXPECT_EQ(d.core.order, flip.order);
  EXPECT_EQ(d.qemu.order, flip.order);
  EXPECT_STREQ(name(d.field), name(flip.field)) << text(d);
  EXPECT_EQ(d.core_value, flip.core) << text(d);
  EXPECT_EQ(d.qemu_value, flip.qemu) << text(d);
  EXPECT_EQ(report.instructions, flip.order);
}

INSTANTIATE_TEST_SUITE_P(Bits, Fault,
                         testing::Values(Flip{"First", 0, 1, Field::kRdValue, 11, 10},
                                         Flip{"Sum", 6, 1, Field::kRdValue, 18, 19},
                                         Flip{"TopBit", 38, uint64_t{1} << 63, Field::kRdValue,
                                              55 | uint64_t{1} << 63, 55},
                                         Flip{"StoreAddress", 7, 8, Field::kMemoryAddr,
                                              (kBase + 0x2004) ^ 8, kBase + 0x2004}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Lockstep, FaultOfAnInstructionThatDoesNotComeChangesNothing) {
  Options options = small();
  options.fault = {{kSumsInstructions + 100, 1}};
  EXPECT_EQ(report_of(sums(), options).stop, Report::Stop::kExited);
}

TEST(Lockstep, DivergenceIsToldInTextAndJson) {
  Options options = small();
  options.fault = {{6, 1}};
  options.history = 4;
  const Report report = report_of(sums(), options);
  ASSERT_TRUE(report.divergence);
  const std::string told = text(*report.divergence);
  EXPECT_NE(told.find("differ at instruction 6: the value of the destination register"),
            std::string::npos)
      << told;
  EXPECT_NE(told.find("core: 0x12"), std::string::npos) << told;
  EXPECT_NE(told.find("QEMU: 0x13"), std::string::npos) << told;
  EXPECT_NE(told.find("add a1, a1, a0"), std::string::npos) << told;

  const auto parsed = nlohmann::json::parse(json(report));
  EXPECT_EQ(parsed["stop"], "diverged");
  EXPECT_EQ(parsed["divergence"]["index"], 6);
  EXPECT_EQ(parsed["divergence"]["field"], "rd_value");
  EXPECT_EQ(parsed["divergence"]["core"], "0x12");
  ASSERT_EQ(parsed["divergence"]["core_history"].size(), 4u);
  EXPECT_EQ(parsed["divergence"]["core_history"][3]["text"], "add a1, a1, a0");
  EXPECT_EQ(parsed["divergence"]["qemu_history"][3]["rd"]["value"], "0x13");
}

TEST(Lockstep, InstructionThatQemuLacksGetsAHint) {
  Program p;
  p.add(Op::kAuipc, kT0, 0, 0, 0)
      .add(Op::kCsrrw, 0, kT0, 0, 0x305)  // mtvec
      .add(Op::kCzeroEqz, kA0, kA1, kT0)
      .exit(0);
  const Report report = report_of(p, small());
  ASSERT_TRUE(report.divergence);
  EXPECT_EQ(report.divergence->index, 2u);
  EXPECT_EQ(report.divergence->field, Field::kTrap);
  EXPECT_NE(report.divergence->hint.find("Zicond"), std::string::npos);
}

TEST(Lockstep, DevicesAreTheCores) {
  constexpr uint64_t kMtime = 0x0200'bff8;
  Program p;
  p.load(kT0, kMtime)
      .add(Op::kLd, kA0, kT0, 0, 0)
      .add(Op::kLd, kA1, kT0, 0, 0)
      .add(Op::kSub, kA1, kA1, kA0)  // in QEMU as well
      .exit(0);
  const Report report = report_of(p, small());
  EXPECT_FALSE(report.divergence) << text(*report.divergence);
  EXPECT_EQ(report.supplied_csr_reads, 2u);
  EXPECT_TRUE(report.passed());
}

TEST(Lockstep, NothingIsWhereOnlyQemuHasADevice) {
  Program p;
  p.load(kT0, 0x0010'0000)            // QEMU's test device
      .add(Op::kAuipc, kA0, 0, 0, 0)  // 8
      .add(Op::kAddi, kA0, kA0, 0, 16)
      .add(Op::kCsrrw, 0, kA0, 0, 0x305)  // mtvec: behind the load
      .add(Op::kLw, kA1, kT0, 0, 0)
      .add(Op::kCsrrs, kA1, 0, 0, 0x342)
      .exit(0);
  const Report report = report_of(p, small());
  EXPECT_FALSE(report.divergence) << text(*report.divergence);
  EXPECT_TRUE(report.passed());
}

// The timer interrupts a loop: QEMU is interrupted at the very same instruction.
TEST(Lockstep, InterruptsAreTheCores) {
  constexpr uint64_t kMtime = 0x0200'bff8, kMtimecmp = 0x0200'4000;
  Program p;
  p.add(Op::kAuipc, kA0, 0, 0, 0)  // mtvec: behind the loop, 30 instructions from here
      .add(Op::kAddi, kA0, kA0, 0, 30 * 4)
      .add(Op::kCsrrw, 0, kA0, 0, 0x305)
      .load(kT0, kMtime)
      .add(Op::kLd, kA1, kT0, 0, 0)
      .add(Op::kAddi, kA1, kA1, 0, 300)
      .load(kT0, kMtimecmp)
      .add(Op::kSd, 0, kT0, kA1, 0)
      .add(Op::kAddi, kA0, 0, 0, 0x80)
      .add(Op::kCsrrw, 0, kA0, 0, 0x304)  // mie.MTIE
      .add(Op::kCsrrsi, 0, 8, 0, 0x300);  // mstatus.MIE
  while (p.here() < kBase + 29 * 4) p.add(Op::kAddi, 0, 0, 0);
  p.add(Op::kJal, 0, 0, 0, 0).add(Op::kCsrrs, kA1, 0, 0, 0x342).exit(0);
  const Report report = report_of(p, small());
  EXPECT_FALSE(report.divergence) << text(*report.divergence);
  EXPECT_EQ(report.interrupts, 1u);
  EXPECT_TRUE(report.passed());
}

TEST(Lockstep, HangOfQemuIsTold) {
  // A trap without a handler goes to nowhere, which traps: QEMU shows no instruction any more.
  Program p;
  p.add(Op::kAddi, kA0, 0, 0, 1).add(Op::kLd, kA0, kZero, 0, 64);
  Options options = small();
  options.stall_limit = milliseconds(1'500);
  const Report report = report_of(p, options);
  ASSERT_TRUE(report.divergence);
  EXPECT_EQ(report.divergence->field, Field::kQemuStuck);
  EXPECT_EQ(report.divergence->index, 1u);
  // The core's next step tells why.
  EXPECT_TRUE(report.divergence->core.trap);
  EXPECT_EQ(report.divergence->core.cause, 5u);
  EXPECT_NE(report.divergence->hint.find("no trap handler"), std::string::npos);
}

TEST(Lockstep, HangOfTheCoreIsTold) {
  // No instruction of the core takes long enough; so let none be allowed to take any time.
  Options options = small();
  options.max_cycles_per_instruction = 1;
  const Report report = report_of(sums(), options);
  ASSERT_TRUE(report.divergence);
  EXPECT_EQ(report.divergence->field, Field::kCoreStuck);
  EXPECT_EQ(report.divergence->index, 0u);
}

TEST(Lockstep, BadInputIsAnError) {
  Options options = small();
  options.qemu = "zext-no-such-qemu";
  auto report = run(sums().image(), options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().what, "cannot run zext-no-such-qemu");

  options = small();
  Image image = sums().image();
  image.entry = 2;
  EXPECT_FALSE(run(image, options));
}

// Each field that differs is noticed, and nothing else is.
TEST(Compare, NoticesEachField) {
  Retirement core{};
  core.pc = kBase;
  core.insn = 0x13;
  core.next_pc = kBase + 4;
  core.rd = 1;
  core.mem_addr = kBase;
  core.mem_rmask = core.mem_wmask = 0xff;
  core.csr_write = true;
  core.csr = 0x300;
  qemu::Retired same{.retirement = core};
  EXPECT_FALSE(difference(core, same));
  const struct {
    Field field;
    void (*change)(Retirement&);
  } changes[] = {
      {Field::kPc, [](Retirement& r) { r.pc += 2; }},
      {Field::kMode, [](Retirement& r) { r.mode = Mode::kUser; }},
      {Field::kInsn, [](Retirement& r) { r.insn ^= 1u << 31; }},
      {Field::kTrap, [](Retirement& r) { r.trap = true; }},
      {Field::kTrap, [](Retirement& r) { r.interrupt = true; }},
      {Field::kRd, [](Retirement& r) { r.rd = 2; }},
      {Field::kRdValue, [](Retirement& r) { r.rd_value = uint64_t{1} << 63; }},
      {Field::kMemoryKind, [](Retirement& r) { r.mem_rmask = 0; }},
      {Field::kMemoryKind, [](Retirement& r) { r.mem_wmask = 0; }},
      {Field::kMemoryAddr, [](Retirement& r) { r.mem_addr += 1; }},
      {Field::kMemoryPaddr, [](Retirement& r) { r.mem_paddr += 4096; }},
      {Field::kMemorySize, [](Retirement& r) { r.mem_rmask = r.mem_wmask = 0xf; }},
      {Field::kMemoryRead, [](Retirement& r) { r.mem_rdata = 1; }},
      {Field::kMemoryWrite, [](Retirement& r) { r.mem_wdata = 1; }},
      {Field::kCsrWrite, [](Retirement& r) { r.csr = 0x340; }},
      {Field::kCsrValue, [](Retirement& r) { r.csr_value = 1; }},
      {Field::kNextPc, [](Retirement& r) { r.next_pc += 2; }},
  };
  for (const auto& change : changes) {
    for (const bool on_core : {true, false}) {
      Retirement changed = core;
      qemu::Retired other = same;
      change.change(on_core ? changed : other.retirement);
      const auto d = difference(changed, other);
      ASSERT_TRUE(d) << name(change.field);
      EXPECT_STREQ(name(d->field), name(change.field));
    }
  }
  same.unknown = true;
  EXPECT_EQ(difference(core, same)->field, Field::kUnknownInsn);
}

TEST(Compare, Traps) {
  Retirement core{};
  core.pc = kBase;
  core.trap = true;
  core.cause = 2;
  core.tval = 0x1234;
  qemu::Retired qemu{.retirement = core};
  EXPECT_FALSE(difference(core, qemu));
  qemu.retirement.cause = 5;
  EXPECT_EQ(difference(core, qemu)->field, Field::kCause);
  qemu.retirement.cause = 2;
  qemu.retirement.tval = 0;
  EXPECT_EQ(difference(core, qemu)->field, Field::kTval);

  // Bits that were not fetched cannot differ.
  qemu.retirement = core;
  qemu.retirement.cause = core.cause = 1;
  core.insn = 0x13;
  EXPECT_FALSE(difference(core, qemu));
}

// QEMU shows no write where implementations may choose, and no tval of an interrupt.
TEST(Compare, WhatQemuDoesNotShow) {
  Retirement core{};
  core.csr_write = true;
  core.csr = 0xb00;
  core.csr_value = 77;
  qemu::Retired qemu{.retirement = Retirement{}};
  EXPECT_FALSE(difference(core, qemu));
  core = qemu.retirement;
  core.interrupt = qemu.retirement.interrupt = true;
  core.tval = 5;
  EXPECT_FALSE(difference(core, qemu));
  core.cause = 7;
  EXPECT_EQ(difference(core, qemu)->field, Field::kCause);
}

TEST(Compare, CsrsThatMayDiffer) {
  EXPECT_EQ(comparable_bits(0xb00), 0u);     // mcycle
  EXPECT_EQ(comparable_bits(0x344), 0x22u);  // mip: SSIP and STIP are software's alone
}

}  // namespace
}  // namespace zext::rtl_sim::lockstep
