#include "rtl_sim/model/model.h"

#include <array>
#include <initializer_list>
#include <string>
#include <utility>

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

Model make(Preset preset = Preset::kDefault) {
  ModelConfig config;
  config.preset = preset;
  auto model = Model::create(config);
  EXPECT_TRUE(model) << model.error().message();
  return std::move(*model);
}

TEST(Model, RunsToTheExitCode) {
  Model model = make(Preset::kSmall);
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

// With caches, first comes a miss, and then two at a time.
TEST(Model, PresetsDifferInTime) {
  Model fast = make(Preset::kSmall), model = make(Preset::kDefault);
  ASSERT_TRUE(fast.load(exit_with_ten()));
  ASSERT_TRUE(model.load(exit_with_ten()));
  const uint64_t ideal = fast.run(1000).cycles, cached = model.run(1000).cycles;
  EXPECT_GT(cached, ideal + 15);
  EXPECT_GE(model.lost_cycles()[static_cast<size_t>(Lost::kIcache)], 15);
  EXPECT_EQ(fast.lost_cycles()[static_cast<size_t>(Lost::kIcache)], 0);

  ModelConfig slow;
  slow.miss_latency = 120;
  auto slower = Model::create(slow);
  ASSERT_TRUE(slower);
  ASSERT_TRUE(slower->load(exit_with_ten()));
  EXPECT_GE(slower->run(1000).cycles, cached + 100);
  slow.miss_latency = 1;
  EXPECT_FALSE(Model::create(slow));
}

TEST(Model, PresetsThatAreNotLinkedAreRefused) {
  EXPECT_TRUE(is_linked(Preset::kSmall));
  EXPECT_FALSE(is_linked(Preset::kBig));
  ModelConfig config;
  config.preset = Preset::kBig;
  const auto model = Model::create(config);
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message().find("//rtl_sim/model:preset_big"), std::string::npos);
  for (const Preset preset : kPresets) EXPECT_EQ(preset_named(name(preset)), preset);
  EXPECT_FALSE(preset_named("huge"));
}

TEST(Model, StopsBeforeAnAddress) {
  for (const Preset preset : {Preset::kSmall, Preset::kDefault}) {
    Model model = make(preset);
    ASSERT_TRUE(model.load(exit_with_ten()));
    for (const uint64_t steps : {2, 3, 7}) {
      const Outcome outcome = model.run({.max_cycles = 1000, .until_pc = kBase + 4 * steps});
      EXPECT_EQ(outcome.stop, Outcome::Stop::kPc);
      EXPECT_EQ(model.instructions(), steps);
    }
    EXPECT_EQ(model.retire(100)->pc, kBase + 4 * 7);
    EXPECT_EQ(model.run(1000).exit_code, 10);
  }
}

TEST(Model, StagesAndLostCyclesAreTold) {
  Model model = make(Preset::kSmall);
  ASSERT_TRUE(model.load(exit_with_ten()));
  uint64_t last = 0;
  while (!model.exited()) {
    const auto r = model.retire(100);
    ASSERT_TRUE(r);
    EXPECT_LT(r->decode_cycle, r->execute_cycle);
    EXPECT_LT(r->execute_cycle, r->memory_cycle);
    EXPECT_LE(r->memory_cycle, r->cycle);
    EXPECT_EQ(r->lost_cycles, r->cycle - last - 1) << r->order;
    EXPECT_EQ(r->lost != Lost::kNone, r->lost_cycles != 0);
    EXPECT_EQ(r->mode, Mode::kMachine);
    if (r->mem_wmask != 0) {
      EXPECT_EQ(r->mem_paddr, kTohost);
    }
    last = r->cycle;
  }
}

TEST(Model, StepsRetirementByRetirement) {
  Model model = make(Preset::kSmall);
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
  Model model = make(Preset::kSmall);
  for (uint64_t steps = 1; steps <= 8; ++steps) {
    ASSERT_TRUE(model.load(exit_with_ten()));
    Retirement last;
    for (uint64_t i = 0; i < steps; ++i) last = *model.retire(100);
    ASSERT_TRUE(model.set_pc(kBase));
    EXPECT_EQ(model.reg(last.rd), last.rd_value) << steps;
    EXPECT_EQ(model.reg(6), steps < 6 ? 0 : steps < 7 ? kBase + 0x14 : kBase) << steps;
    uint8_t byte[1];
    ASSERT_TRUE(model.read(kTohost, byte));
    EXPECT_EQ(byte[0], 0) << steps;
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
  Model model = make(Preset::kSmall);
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

// Data beside main memory: a ROM with a table, some RAM; code runs from main memory only.
TEST(Model, RegionsAreThereForLoadsAndStores) {
  ModelConfig config;
  config.regions = {
      {.range = {.base = 0x1000, .size = 16}, .contents = {7, 0, 0, 0}, .read_only = true},
      {.range = {.base = 0x2000, .size = 16}}};
  auto model = Model::create(config);
  ASSERT_TRUE(model) << model.error().message();
  Image image = program({
      0x000012b7,  // lui t0, 1
      0x00002337,  // lui t1, 2
      0x0002a503,  // lw a0, 0(t0)
      0x00a32423,  // sw a0, 8(t1)
      0x00832583,  // lw a1, 8(t1)
      0x00a2a023,  // sw a0, 0(t0): an access fault
  });
  image.segments.push_back(
      {.address = 0x2000, .bytes = {1, 2, 3, 4}, .size = 0, .executable = false});
  ASSERT_TRUE(model->load(image));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(model->retire(200));
  EXPECT_EQ(model->reg(11), 7);
  const auto fault = model->retire(200);
  ASSERT_TRUE(fault && fault->trap);
  EXPECT_EQ(fault->cause, 7);
  EXPECT_EQ(fault->tval, 0x1000);
  std::array<uint8_t, 12> bytes;
  ASSERT_TRUE(model->read(0x2000, bytes));
  EXPECT_EQ(bytes, (std::array<uint8_t, 12>{1, 2, 3, 4, 0, 0, 0, 0, 7, 0, 0, 0}));
  EXPECT_FALSE(model->set_pc(0x2000));
}

// Reads see lines that are dirty in the cache, and the core sees what was written behind its back.
TEST(Model, ReadsAndWritesAreCoherentWithTheCache) {
  for (const Preset preset : {Preset::kSmall, Preset::kDefault}) {
    Model model = make(preset);
    // auipc a0, 4; ld a1, 0(a0); addi a1, a1, 1; sd a1, 0(a0); j -12
    ASSERT_TRUE(model.load(raw_image({0x17, 0x45, 0x00, 0x00, 0x83, 0x35, 0x05, 0x00, 0x93, 0x85,
                                      0x15, 0x00, 0x23, 0x30, 0xb5, 0x00, 0x6f, 0xf0, 0x5f, 0xff},
                                     kBase)));
    const auto counter = [&] {
      std::array<uint8_t, 2> bytes{};
      EXPECT_TRUE(model.read(kBase + 0x4000, bytes));
      EXPECT_EQ(model.memory()[0x4000], bytes[0]);
      return bytes[0] + 256u * bytes[1];
    };
    ASSERT_EQ(model.run(1000).stop, Outcome::Stop::kCycleLimit);
    EXPECT_GT(counter(), 100);
    // The register is at most one increment ahead of what it was loaded from.
    EXPECT_LE(model.reg(11) - counter() + 1, 2);

    // auipc a0, 4; ld a1, 0(a0); j -4
    ASSERT_TRUE(model.load(raw_image(
        {0x17, 0x45, 0x00, 0x00, 0x83, 0x35, 0x05, 0x00, 0x6f, 0xf0, 0xdf, 0xff}, kBase)));
    for (uint8_t i = 1; i < 50; ++i) {
      model.run(uint64_t{7} + i);
      const std::array<uint8_t, 1> bytes = {i};
      ASSERT_TRUE(model.write(kBase + 0x4000, bytes));
      EXPECT_EQ(counter(), i);
      for (int n = 0; n < 12; ++n) ASSERT_TRUE(model.retire(100));
      EXPECT_EQ(model.reg(11), i);
    }
  }
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
