#include "rtl_sim/model/model.h"

#include <array>
#include <cstring>

#include "gtest/gtest.h"

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kBase = 0x8000'0000;
constexpr uint64_t kTohost = kBase + 0x1000;

// An image of these instructions at the start of memory.
Image program(std::initializer_list<uint32_t> insns) {
  Image image;
  Segment text{.address = kBase, .bytes = {}, .size = 0, .executable = true};
  for (uint32_t insn : insns) {
    for (int i = 0; i < 4; ++i) text.bytes.push_back(static_cast<uint8_t>(insn >> (8 * i)));
  }
  image.segments.push_back(std::move(text));
  image.entry = kBase;
  image.tohost = kTohost;
  return image;
}

// a0 = 5; a1 = a0 + a0; exit(a1)
Image exit_with_ten() {
  return program({
      0x00500513,  // li a0, 5
      0x00a505b3,  // add a1, a0, a0
      0x00159593,  // slli a1, a1, 1
      0x0015e593,  // ori a1, a1, 1
      0x000012b7,  // lui t0, 1
      0x00000317,  // auipc t1, 0
      0xfec30313,  // addi t1, t1, -20
      0x006282b3,  // add t0, t0, t1
      0x00b2b023,  // sd a1, 0(t0)
      0x0000006f,  // j .
  });
}

ModelConfig with_memory(uint64_t base, uint64_t size) {
  ModelConfig config;
  config.memory = {.base = base, .size = size};
  return config;
}

Model make() {
  auto model = Model::create();
  EXPECT_TRUE(model) << model.error().message();
  return std::move(*model);
}

TEST(Model, RunsToTheExitCode) {
  Model model = make();
  ASSERT_TRUE(model.load(exit_with_ten()));
  EXPECT_FALSE(model.exited());
  const Outcome outcome = model.run(1000);
  EXPECT_EQ(outcome.stop, Outcome::Stop::kExited);
  EXPECT_EQ(outcome.exit_code, 10);
  EXPECT_EQ(outcome.tohost, 21);
  EXPECT_EQ(outcome.instructions, 9);
  EXPECT_GE(outcome.cycles, 9);
  EXPECT_LE(outcome.cycles, 16);
  EXPECT_FALSE(outcome.passed());
  EXPECT_EQ(model.exited(), 10);
  EXPECT_EQ(model.reg(10), 5);
}

TEST(Model, StepsRetirementByRetirement) {
  Model model = make();
  ASSERT_TRUE(model.load(exit_with_ten()));
  const auto first = model.retire(100);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->order, 0);
  EXPECT_EQ(first->pc, kBase);
  EXPECT_EQ(first->next_pc, kBase + 4);
  EXPECT_EQ(first->insn, 0x00500513);
  EXPECT_EQ(first->rd, 10);
  EXPECT_EQ(first->rd_value, 5);
  const auto second = model.retire(100);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->order, 1);
  EXPECT_EQ(second->cycle, first->cycle + 1);
  EXPECT_EQ(second->rs1, 10);
  EXPECT_EQ(second->rs1_value, 5);
  EXPECT_EQ(second->rs2, 10);
  EXPECT_EQ(second->rd_value, 10);
  for (int i = 0; i < 6; ++i) model.retire(100);
  EXPECT_FALSE(model.exited());
  const auto store = model.retire(100);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->mem_addr, kTohost);
  EXPECT_EQ(store->mem_wmask, 0xff);
  EXPECT_EQ(store->mem_wdata, 21);
  EXPECT_EQ(store->rd, 0);
  EXPECT_EQ(model.exited(), 10);
}

TEST(Model, LoadStartsAfresh) {
  Model model = make();
  const uint8_t mark[1] = {9};
  ASSERT_TRUE(model.load(exit_with_ten()));
  model.run(1000);
  ASSERT_TRUE(model.write(kBase + 0x5000, mark));
  ASSERT_TRUE(model.load(exit_with_ten()));
  EXPECT_FALSE(model.exited());
  EXPECT_EQ(model.cycles(), 0);
  EXPECT_EQ(model.instructions(), 0);
  EXPECT_EQ(model.reg(10), 0);
  uint8_t back[1] = {1};
  ASSERT_TRUE(model.read(kBase + 0x5000, back));
  EXPECT_EQ(back[0], 0);
  EXPECT_EQ(model.run(1000).exit_code, 10);
}

// A reset between any two cycles keeps what has retired and nothing else.
TEST(Model, ResetKeepsWhatHasRetired) {
  Model model = make();
  for (uint64_t steps = 1; steps <= 8; ++steps) {
    ASSERT_TRUE(model.load(exit_with_ten()));
    Retirement last;
    for (uint64_t i = 0; i < steps; ++i) last = *model.retire(100);
    ASSERT_TRUE(model.set_pc(kBase));
    EXPECT_EQ(model.reg(last.rd), last.rd_value) << steps;
    EXPECT_EQ(model.reg(6), steps < 6 ? 0 : steps < 7 ? kBase + 0x14 : kBase) << steps;
    uint8_t byte[1];
    ASSERT_TRUE(model.read(kTohost, byte));
    // The next instruction's store may have been sent already.
    EXPECT_EQ(byte[0], steps < 8 ? 0 : 21) << steps;
    // Nothing of the old program reaches the new one.
    ASSERT_TRUE(model.load(program({0x00000013, 0x0000006f})));
    model.retire(100);
    for (unsigned i = 0; i < 32; ++i) EXPECT_EQ(model.reg(i), 0);
    ASSERT_TRUE(model.read(kTohost, byte));
    EXPECT_EQ(byte[0], 0);
  }
}

TEST(Model, RegistersAndPcCanBeSet) {
  Model model = make();
  ASSERT_TRUE(model.load(exit_with_ten()));
  ASSERT_TRUE(model.set_pc(kBase + 4));
  model.set_reg(10, 100);
  model.set_reg(0, 7);
  EXPECT_EQ(model.reg(0), 0);
  // The address in t0 is computed relative to the pc, so that it is unaffected.
  EXPECT_EQ(model.run(1000).exit_code, 200);
  EXPECT_FALSE(model.set_pc(kBase + 1));
  EXPECT_FALSE(model.set_pc(0x1000));
}

TEST(Model, SeededFaultSpoilsOneResult) {
  Model model = make();
  ASSERT_TRUE(model.load(exit_with_ten()));
  model.inject_fault(1, 1u << 4);
  ASSERT_EQ(model.retire(100)->rd_value, 5);
  EXPECT_EQ(model.retire(100)->rd_value, 10 ^ 16);
  EXPECT_EQ(model.run(1000).exit_code, 10 ^ 16);
  // Only that one, and none when taken back
  ASSERT_TRUE(model.load(exit_with_ten()));
  model.inject_fault(0, 0);
  EXPECT_EQ(model.run(1000).exit_code, 10);
}

// An operation right behind a load is done a stage later: it can be spoilt there too.
TEST(Model, SeededFaultReachesLateOperations) {
  Model model = make();
  // auipc a0, 0; lwu a1, 0(a0); addi a2, a1, 1; addi a3, a2, 1; j .
  const Image image = program({0x00000517, 0x00056583, 0x00158613, 0x00160693, 0x0000006f});
  for (const uint64_t mask : {0, 256}) {
    ASSERT_TRUE(model.load(image));
    model.inject_fault(2, mask);
    ASSERT_TRUE(model.retire(100));
    const auto loaded = model.retire(100);
    EXPECT_EQ(loaded->rd_value, 0x517);
    const auto late = model.retire(100);
    EXPECT_EQ(late->cycle, loaded->cycle + 1);
    EXPECT_EQ(late->rs1_value, 0x517);
    EXPECT_EQ(late->rd_value, 0x518 ^ mask);
    EXPECT_EQ(model.retire(100)->rd_value, (0x518 ^ mask) + 1);
  }
}

TEST(Model, HangIsReportedWithItsPlace) {
  Model model = make();
  ASSERT_TRUE(model.load(program({0x00000013, 0x0000006f})));  // nop; j .
  const Outcome outcome = model.run(5000);
  EXPECT_EQ(outcome.stop, Outcome::Stop::kCycleLimit);
  EXPECT_EQ(outcome.cycles, 5000);
  EXPECT_NE(outcome.hang.find("0x80000004 and 0x80000004"), std::string::npos) << outcome.hang;
  EXPECT_NE(outcome.hang.find("0 of them trapping"), std::string::npos) << outcome.hang;
}

TEST(Model, TrapLoopIsReportedAsSuch) {
  Model model = make();
  ASSERT_TRUE(model.load(program({0x00000000})));  // illegal; the handler is at 0, which is nowhere
  const Outcome outcome = model.run(5000);
  EXPECT_EQ(outcome.stop, Outcome::Stop::kCycleLimit);
  EXPECT_NE(outcome.hang.find("between 0x0 and 0x0"), std::string::npos) << outcome.hang;
  EXPECT_EQ(outcome.hang.find(" 0 of them trapping"), std::string::npos) << outcome.hang;
}

TEST(Model, OtherTohostValuesAreNotExits) {
  Model model = make();
  // li a1, 2; lui t0, 0x80001 and its upper half cleared; sd x0, 0(t0); sd a1, 0(t0);
  // li a1, 7; sw a1, 0(t0); j .
  ASSERT_TRUE(model.load(program({0x00200593, 0x800012b7, 0x02029293, 0x0202d293, 0x0002b023,
                                  0x00b2b023, 0x00700593, 0x00b2a023, 0x0000006f})));
  Outcome outcome = model.run(1000);
  EXPECT_EQ(outcome.stop, Outcome::Stop::kHtifRequest);
  EXPECT_EQ(outcome.tohost, 2);
  EXPECT_EQ(outcome.instructions, 6);
  EXPECT_FALSE(model.exited());
  outcome = model.run(1000);
  EXPECT_EQ(outcome.stop, Outcome::Stop::kExited);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.instructions, 2);
  EXPECT_EQ(model.exited(), 3);
}

TEST(Model, RunsAgainAfterTheEnd) {
  Model model = make();
  ASSERT_TRUE(model.load(exit_with_ten()));
  EXPECT_EQ(model.run(1000).exit_code, 10);
  ASSERT_TRUE(model.set_pc(kBase + 36));  // j .
  EXPECT_EQ(model.run(2000).stop, Outcome::Stop::kCycleLimit);
  ASSERT_TRUE(model.set_pc(kBase));
  EXPECT_EQ(model.run(1000).exit_code, 10);
}

// With retire() the end is known exactly when its store retires, not when it is sent.
TEST(Model, ExitIsNotedAtItsOwnRetirement) {
  Model model = make();
  // li a1, 3; lui t0, 0x80001, upper half cleared; sd x0, 0(t0); sd a1, 0(t0); j .
  ASSERT_TRUE(model.load(program(
      {0x00300593, 0x800012b7, 0x02029293, 0x0202d293, 0x0002b023, 0x00b2b023, 0x0000006f})));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(model.retire(100));
    EXPECT_FALSE(model.exited()) << i;
  }
  ASSERT_TRUE(model.retire(100));
  EXPECT_EQ(model.exited(), 1);
}

TEST(Model, RefusesWhatIsOutsideMemory) {
  Model model = make();
  Image image = exit_with_ten();
  image.segments.push_back(
      {.address = kBase + (64u << 20) - 2, .bytes = {1, 2, 3}, .size = 0, .executable = false});
  const auto loaded = model.load(image);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("outside memory"), std::string::npos);

  image = exit_with_ten();
  image.segments[0].size = UINT64_MAX;
  EXPECT_FALSE(model.load(image));
  image = exit_with_ten();
  image.entry = 0;
  EXPECT_FALSE(model.load(image));
  image = exit_with_ten();
  image.tohost = kBase - 8;
  EXPECT_FALSE(model.load(image));

  uint8_t byte[1];
  EXPECT_FALSE(model.read(kBase - 1, byte));
  EXPECT_FALSE(model.write(kBase + (64u << 20), byte));
  EXPECT_FALSE(Model::create(with_memory(UINT64_MAX - 100, 4096)));
  EXPECT_FALSE(Model::create(with_memory(0, 0)));
}

TEST(Model, FastModelSaysThatItCannotTrace) {
  ModelConfig config;
  config.trace_file = "x.fst";
  const auto model = Model::create(config);
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message().find("without tracing"), std::string::npos);
}

TEST(Model, TwoModelsAreIndependent) {
  Model one = make();
  auto two = Model::create(with_memory(kBase, 1 << 16));
  ASSERT_TRUE(two);
  ASSERT_TRUE(one.load(exit_with_ten()));
  ASSERT_TRUE(two->load(exit_with_ten()));
  one.retire(100);
  two->retire(100);
  two->retire(100);
  EXPECT_EQ(one.reg(11), 0);
  EXPECT_EQ(two->reg(11), 10);
  EXPECT_EQ(two->memory().size(), 1u << 16);
  EXPECT_EQ(one.run(1000).exit_code, 10);
  EXPECT_EQ(two->run(1000).exit_code, 10);
}

}  // namespace
}  // namespace zext::rtl_sim
