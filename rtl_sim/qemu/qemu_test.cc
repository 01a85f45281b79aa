#include "rtl_sim/qemu/qemu.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <functional>

#include "rtl_sim/qemu/program.h"

namespace zext::rtl_sim::qemu {
namespace {

using rv64::kA0, rv64::kA1, rv64::kA2, rv64::kT0, rv64::kZero;
using rv64::Op;
using std::chrono::milliseconds;

constexpr uint64_t kBase = Program::kBase;

// Everything QEMU retires, up to the limit.
std::vector<Retired> stream_of(const Program& program, uint64_t limit = 1'000) {
  auto stream = Stream::open(program.image(), {.max_instructions = limit});
  EXPECT_TRUE(stream) << stream.error().message();
  std::vector<Retired> all;
  while (stream) {
    auto next = stream->next();
    EXPECT_TRUE(next) << next.error().message();
    if (!next || *next == nullptr) break;
    all.push_back(**next);
  }
  return all;
}

TEST(Run, ExitCodeInstructionsAndMemory) {
  Program p;
  p.add(Op::kAddi, kA0, kZero, 0, 42)
      .add(Op::kAuipc, kA1, 0, 0, 0x2000)
      .add(Op::kSd, 0, kA1, kA0, 0)
      .exit(7);
  auto outcome = run(p.image(), {.dump = {{kBase + 0x2004, 8}}});
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->stop, Outcome::Stop::kExited);
  EXPECT_EQ(outcome->exit_code, 7u);
  EXPECT_EQ(outcome->tohost, 15u);
  EXPECT_EQ(outcome->instructions, 3 + 8 + 2u);
  ASSERT_EQ(outcome->memory.size(), 1u);
  EXPECT_EQ(outcome->memory[0], (std::vector<uint8_t>{42, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Run, OtherTohostValuesAreNoExit) {
  Program p;
  p.add(Op::kAddi, kA0, kZero, 0, 64)
      .add(Op::kAuipc, kA1, 0, 0, 0x1000)
      .add(Op::kSw, 0, kA1, kA0, -4)
      .add(Op::kJal, 0, 0, 0, 0);
  auto outcome = run(p.image(), {.max_instructions = 50});
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->stop, Outcome::Stop::kHtifRequest);
  EXPECT_EQ(outcome->tohost, 64u);
}

TEST(Run, InstructionLimit) {
  Program p;
  p.add(Op::kJal, 0, 0, 0, 0);
  auto outcome = run(p.image(), {.max_instructions = 100'000});
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->stop, Outcome::Stop::kInstructionLimit);
  EXPECT_EQ(outcome->instructions, 100'000u);
}

TEST(Run, KnownDefectsOfQemuAreCorrected) {
  Program p;
  p.load(kA0, uint64_t{1} << 63)
      .add(Op::kCtzw, kA0, kA0, 0)         // 32, by the manual
      .add(Op::kAuipc, kA1, 0, 0, 0x1000)  // tohost + 36
      .add(Op::kSw, 0, kA1, kA0, -36);
  ASSERT_EQ(p.here(), kBase + 8 * 4 + 12);
  auto outcome = run(p.image(), {.max_instructions = 50});
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->tohost, 32u);
}

TEST(Run, RefusesWhatCannotRun) {
  Program p;
  p.exit(0);
  auto what = [](const Image& image, const Options& options) {
    auto outcome = run(image, options);
    return outcome ? "no error" : outcome.error().what;
  };
  EXPECT_EQ(what(p.image(), {.memory = {.base = 0}}), "QEMU cannot have such a memory");
  EXPECT_EQ(what(p.image(), {.memory = {.size = 1000}}), "QEMU cannot have such a memory");
  EXPECT_EQ(what(p.image(), {.memory = {.size = 0x1000}}), "QEMU cannot have such a memory");
  EXPECT_EQ(what(p.image(), {.dump = {{kBase, UINT64_MAX}}}), "dump outside memory");
  EXPECT_EQ(what(p.image(), {.program = "zext-no-such-qemu"}), "cannot run zext-no-such-qemu");
  EXPECT_EQ(what(p.image(), {.program = "/bin/true"}), "/bin/true ended unexpectedly");
  Image image = p.image();
  image.entry = 0x1000;
  EXPECT_EQ(what(image, {}), "cannot start there");
  image = p.image();
  image.segments[0].address = kBase - 1;
  EXPECT_EQ(what(image, {}), "segment outside memory");
  image = p.image();
  image.tohost = kBase + 0x2000;
  EXPECT_EQ(what(image, {.memory = {.size = 0x2000}}), "tohost outside memory");
  image = p.image();
  image.tohost.reset();
  EXPECT_EQ(what(image, {}), "the run could never end");
}

TEST(Stream, RegistersAndControlFlow) {
  Program p;
  p.add(Op::kAddi, kA0, kZero, 0, -5)     // 0
      .add(Op::kSlli, kA1, kA0, 0, 8)     // 4
      .add(Op::kBeq, 0, kZero, kZero, 8)  // 8
      .add_bits(0, 4)                     // c: never reached
      .add(Op::kAddi, kZero, kA0, 0, 1)   // 10
      .add_bits(0x4505, 2)                // 14: c.li a0, 1
      .add_bits(0x0001, 2)                // 16: c.nop
      .add(Op::kJal, 0, 0, 0, 0);         // 18
  const auto all = stream_of(p, 7);
  ASSERT_EQ(all.size(), 7u);
  const uint64_t pcs[] = {0, 4, 8, 0x10, 0x14, 0x16, 0x18};
  const unsigned rds[] = {kA0, kA1, 0, 0, kA0, 0, 0};
  const uint64_t values[] = {-5ul, -5ul << 8, 0, 0, 1, 0, 0};
  for (size_t i = 0; i < 7; ++i) {
    const Retirement& r = all[i].retirement;
    EXPECT_EQ(r.order, i);
    EXPECT_EQ(r.pc, kBase + pcs[i]) << i;
    EXPECT_EQ(r.next_pc, kBase + (i < 6 ? pcs[i + 1] : pcs[6])) << i;
    EXPECT_EQ(r.rd, rds[i]) << i;
    EXPECT_EQ(r.rd_value, values[i]) << i;
    EXPECT_FALSE(r.trap || r.interrupt || all[i].unknown || all[i].wants_value) << i;
  }
  EXPECT_EQ(all[4].retirement.insn, 0x4505u);
}

TEST(Stream, MemoryAccesses) {
  Program p;
  p.load(kA0, 0x1122'3344'5566'7788)  // 8 instructions
      .add(Op::kAuipc, kA1, 0, 0, 0x2000)
      .add(Op::kSd, 0, kA1, kA0, 0)
      .add(Op::kLhu, kA2, kA1, 0, 3)   // misaligned
      .add(Op::kLb, kZero, kA1, 0, 0)  // read, though nobody gets it
      .add(Op::kAmoaddW, kA2, kA1, kA0)
      .add(Op::kLrD, kA2, kA1, 0)
      .add(Op::kScD, kT0, kA1, kA1)
      .add(Op::kScD, kT0, kA1, kA0)  // fails: no reservation any more
      .add(Op::kJal, 0, 0, 0, 0);
  const auto all = stream_of(p, 17);
  ASSERT_EQ(all.size(), 17u);
  const uint64_t at = kBase + 8 * 4 + 0x2000;
  auto r = [&](size_t i) { return all[i].retirement; };
  EXPECT_EQ(r(7).rd_value, 0x1122'3344'5566'7788u);

  EXPECT_EQ(r(9).mem_addr, at);
  EXPECT_EQ(r(9).mem_wmask, 0xff);
  EXPECT_EQ(r(9).mem_rmask, 0);
  EXPECT_EQ(r(9).mem_wdata, 0x1122'3344'5566'7788u);

  EXPECT_EQ(r(10).mem_addr, at + 3);
  EXPECT_EQ(r(10).mem_rmask, 0x3);
  EXPECT_EQ(r(10).mem_rdata, 0x4455u);
  EXPECT_EQ(r(10).rd_value, 0x4455u);

  EXPECT_EQ(r(11).mem_rdata, 0x88u);
  EXPECT_EQ(r(11).rd, 0);

  EXPECT_EQ(r(12).mem_rmask, 0xf);
  EXPECT_EQ(r(12).mem_wmask, 0xf);
  EXPECT_EQ(r(12).mem_rdata, 0x5566'7788u);
  EXPECT_EQ(r(12).mem_wdata, 0xaacc'ef10u);

  EXPECT_EQ(r(13).mem_rmask, 0xff);
  EXPECT_EQ(r(13).mem_wmask, 0);
  EXPECT_EQ(r(13).rd_value, 0x1122'3344'aacc'ef10u);

  EXPECT_EQ(r(14).mem_rmask, 0);
  EXPECT_EQ(r(14).mem_wmask, 0xff);
  EXPECT_EQ(r(14).mem_wdata, at);
  EXPECT_EQ(r(14).rd_value, 0u);

  EXPECT_EQ(r(15).mem_wmask, 0);
  EXPECT_EQ(r(15).rd_value, 1u);
}

TEST(Stream, Traps) {
  constexpr uint64_t kHandler = kBase + 0x100;
  Program p;
  p.add(Op::kAuipc, kT0, 0, 0, 0)
      .add(Op::kAddi, kT0, kT0, 0, 0x100)
      .add(Op::kCsrrw, 0, kT0, 0, 0x305)   // mtvec
      .add(Op::kEcall, 0, 0, 0)            // c
      .add(Op::kLd, kA0, kZero, 0, 16)     // 10: nothing there
      .add(Op::kLd, kA0, kZero, 0, 16)     // 14: the same trap once more
      .add_bits(0xffff'ffff, 4)            // 18
      .add(Op::kCsrrs, kA2, 0, 0, 0x342)   // 1c: mcause
      .add(Op::kJalr, kA1, kZero, 0, 64);  // 20: goes to nowhere
  while (p.here() < kHandler) p.add(Op::kAddi, 0, 0, 0);
  p.add(Op::kCsrrs, kT0, 0, 0, 0x341)  // mepc
      .add(Op::kAddi, kT0, kT0, 0, 4)
      .add(Op::kCsrrw, 0, kT0, 0, 0x341)
      .add(Op::kMret, 0, 0, 0);
  const auto all = stream_of(p, 3 + 4 * 5 + 2 + 1);
  ASSERT_EQ(all.size(), 26u);
  const struct {
    size_t index;
    uint64_t offset, cause, tval;
  } traps[] = {{3, 0xc, 11, 0}, {8, 0x10, 5, 16}, {13, 0x14, 5, 16}, {18, 0x18, 2, 0xffff'ffff}};
  for (const auto& trap : traps) {
    const Retirement& r = all[trap.index].retirement;
    EXPECT_EQ(r.pc, kBase + trap.offset);
    EXPECT_TRUE(r.trap) << trap.index;
    EXPECT_EQ(r.cause, trap.cause);
    EXPECT_EQ(r.tval, trap.tval);
    EXPECT_EQ(r.next_pc, kHandler);
    EXPECT_EQ(r.rd, 0);
    EXPECT_EQ(r.mem_rmask | r.mem_wmask, 0);
    EXPECT_EQ(all[trap.index + 1].retirement.rd_value, r.pc);  // csrr t0, mepc
    EXPECT_FALSE(all[trap.index].unknown);
  }
  EXPECT_EQ(all[23].retirement.rd_value, 2u) << "the guest must see its own mcause";
  // The jump completes; the fetch behind it is a trap without an instruction.
  EXPECT_FALSE(all[24].retirement.trap);
  EXPECT_EQ(all[24].retirement.rd_value, kBase + 0x24);
  EXPECT_EQ(all[24].retirement.next_pc, 64u);
  EXPECT_TRUE(all[25].retirement.trap);
  EXPECT_EQ(all[25].retirement.pc, 64u);
  EXPECT_EQ(all[25].retirement.cause, 1u);
  EXPECT_EQ(all[25].retirement.tval, 64u);
  EXPECT_EQ(all[25].retirement.insn, 0u);
}

// A leader that did what QEMU will, but for `change` of some of it.
std::vector<Retired> followed(const Program& program, uint64_t limit,
                              const std::function<void(Retirement&)>& change) {
  std::vector<Retired> all;
  auto stream = Stream::open(program.image(), {.max_instructions = limit, .follow = true});
  EXPECT_TRUE(stream) << stream.error().message();
  if (!stream) return all;
  const auto alone = stream_of(program, limit);
  for (const Retired& retired : alone) {
    Retirement leader = retired.retirement;
    change(leader);
    stream->lead(leader);
  }
  stream->end_lead();
  while (true) {
    auto next = stream->next();
    EXPECT_TRUE(next) << next.error().message();
    if (!next || *next == nullptr) break;
    all.push_back(**next);
  }
  return all;
}

TEST(Follow, ValueOfTheLeaderReachesTheGuest) {
  Program p;
  p.add(Op::kCsrrs, kA0, 0, 0, 0xb00)  // mcycle
      .add(Op::kAddi, kA1, kA0, 0, 1)
      .add(Op::kJal, 0, 0, 0, 0);
  const auto all = followed(p, 3, [](Retirement& r) {
    if (r.order == 0) r.rd_value = 1'000;
  });
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(all[0].wants_value);
  EXPECT_EQ(all[1].retirement.rd_value, 1'001u);
}

TEST(Follow, WaitsForTheLeader) {
  Program p;
  p.add(Op::kJal, 0, 0, 0, 0);
  auto stream = Stream::open(
      p.image(), {.max_instructions = 10, .stall_limit = milliseconds(1'500), .follow = true});
  ASSERT_TRUE(stream) << stream.error().message();
  Retirement leader;
  leader.pc = kBase;
  stream->lead(leader);
  auto next = stream->next();
  ASSERT_FALSE(next) << "an interrupt may come behind it";
  EXPECT_EQ(next.error().what, kStalled);
}

TEST(Follow, InterruptsOfTheLeaderAreTakenAtTheirInstruction) {
  constexpr uint64_t kHandler = kBase + 0x100;
  Program p;
  p.add(Op::kAuipc, kT0, 0, 0, 0)
      .add(Op::kAddi, kT0, kT0, 0, 0x100)
      .add(Op::kCsrrw, 0, kT0, 0, 0x305)  // mtvec
      .add(Op::kAddi, kT0, kZero, 0, -1)
      .add(Op::kCsrrw, 0, kT0, 0, 0x304)  // mie
      .add(Op::kCsrrsi, 0, 8, 0, 0x300)   // mstatus.MIE
      .add(Op::kAddi, kA0, kA0, 0, 1)     // 18
      .add(Op::kJal, 0, 0, 0, -4);
  while (p.here() < kHandler) p.add(Op::kAddi, 0, 0, 0);
  p.add(Op::kCsrrs, kA1, 0, 0, 0x342).add(Op::kMret, 0, 0, 0);
  // The leader's interrupts come before instructions 7 and 12: with two of each handler, ten of the
  // loop stay.
  const auto all = followed(p, 20, [](Retirement& r) {
    r.interrupt = r.order == 7 || r.order == 12;
    r.cause = uint64_t{1} << 63 | (r.order == 7 ? 7 : 11);
  });
  ASSERT_EQ(all.size(), 20u);
  for (size_t i = 0; i < all.size(); ++i) {
    const Retirement& r = all[i].retirement;
    EXPECT_EQ(r.interrupt, i == 7 || i == 12) << i;
    EXPECT_EQ(r.pc >= kHandler, i == 7 || i == 8 || i == 12 || i == 13) << i;
    EXPECT_FALSE(r.trap) << i;
  }
  EXPECT_EQ(all[6].retirement.next_pc, kBase + 0x1c);
  EXPECT_EQ(all[7].retirement.cause, uint64_t{1} << 63 | 7);
  EXPECT_EQ(all[7].retirement.rd_value, uint64_t{1} << 63 | 7);  // mcause
  EXPECT_EQ(all[12].retirement.cause, uint64_t{1} << 63 | 11);
  EXPECT_EQ(all[9].retirement.pc, kBase + 0x1c);
}

TEST(Follow, InterruptThatCannotBeTakenIsNotTaken) {
  Program p;
  p.add(Op::kAddi, kA0, kA0, 0, 1).add(Op::kJal, 0, 0, 0, -4);
  const auto all = followed(p, 10, [](Retirement& r) {
    r.interrupt = r.order == 5;
    r.cause = uint64_t{1} << 63 | 7;
  });
  ASSERT_EQ(all.size(), 10u);
  for (const Retired& r : all) EXPECT_FALSE(r.retirement.interrupt || r.retirement.trap);
}

TEST(Follow, DevicesAreTheLeaders) {
  constexpr uint64_t kMtimecmp = 0x0200'4000;
  Program p;
  p.load(kT0, kMtimecmp)               // 8
      .add(Op::kSd, 0, kT0, kZero, 0)  // 8: the past
      .add(Op::kAddi, kA0, kZero, 0, 1)
      .add(Op::kSw, 0, kT0, kA0, 0)       // 10
      .add(Op::kLd, kA1, kT0, 0, 0)       // 11
      .add(Op::kCsrrs, kA2, 0, 0, 0x344)  // 12: mip
      .add(Op::kAdd, kA2, kA1, kA1);      // 13
  const auto all = followed(p, 14, [](Retirement& r) {
    if (r.order == 11) r.rd_value = 33;
    if (r.order == 11) r.mem_paddr = kMtimecmp;
  });
  ASSERT_EQ(all.size(), 14u);
  EXPECT_EQ(all[8].retirement.mem_wmask, 0xff);
  EXPECT_EQ(all[8].retirement.mem_wdata, 0u);
  EXPECT_TRUE(all[11].wants_value);
  EXPECT_EQ(all[11].retirement.mem_rmask, 0xff);
  EXPECT_EQ(all[12].retirement.rd_value & 0x888, 0u) << "QEMU's own timer must stay quiet";
  EXPECT_EQ(all[13].retirement.rd_value, 66u);
}

TEST(Stream, KnownDefectsOfQemuAreCorrected) {
  Program p;
  p.load(kA0, uint64_t{1} << 63)    // 8 instructions
      .add(Op::kCtzw, kA0, kA0, 0)  // 32, by the manual
      .add(Op::kCtzw, kA1, kA0, 0)  // 5
      .add(Op::kJal, 0, 0, 0, 0);
  const auto all = stream_of(p, 10);
  ASSERT_EQ(all.size(), 10u);
  EXPECT_EQ(all[8].retirement.rd_value, 32u);
  EXPECT_TRUE(all[8].corrected);
  EXPECT_EQ(all[9].retirement.rd_value, 5u);
  EXPECT_FALSE(all[9].corrected);
}

TEST(Stream, AddressOfAMisalignedFaultIsCorrected) {
  Program p;
  p.add(Op::kAuipc, kT0, 0, 0, 0)
      .add(Op::kAddi, kT0, kT0, 0, 16)
      .add(Op::kCsrrw, 0, kT0, 0, 0x305)   // mtvec
      .add(Op::kLd, kA0, kZero, 0, 21)     // c
      .add(Op::kCsrrs, kA1, 0, 0, 0x343);  // 10: mtval
  const auto all = stream_of(p, 5);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_TRUE(all[3].retirement.trap);
  EXPECT_TRUE(all[3].corrected);
  EXPECT_EQ(all[3].retirement.tval, 21u);
  EXPECT_EQ(all[4].retirement.rd_value, 21u);
}

TEST(Stream, LongerThanTheRing) {
  constexpr uint64_t kRounds = 100'000;
  Program p;
  p.load(kA0, kRounds);
  const uint64_t loop = p.here();
  p.add(Op::kAddi, kA0, kA0, 0, -1).add(Op::kBne, 0, kA0, kZero, -4).exit(0);
  auto stream = Stream::open(p.image(), {});
  ASSERT_TRUE(stream) << stream.error().message();
  uint64_t count = 0, rounds = 0;
  while (true) {
    auto next = stream->next();
    ASSERT_TRUE(next) << next.error().message();
    if (*next == nullptr) break;
    const Retirement& r = (*next)->retirement;
    ASSERT_EQ(r.order, count++);
    if (r.pc == loop) {
      ++rounds;
      ASSERT_EQ(r.rd_value, kRounds - rounds);
    }
  }
  EXPECT_EQ(rounds, kRounds);
  EXPECT_EQ(stream->outcome().stop, Outcome::Stop::kExited);
  EXPECT_EQ(stream->outcome().instructions, count);
}

TEST(Stream, MemoryHoldsTheImageAndNothingElse) {
  Program p;
  p.exit(0);
  auto stream = Stream::open(p.image(), {});
  ASSERT_TRUE(stream) << stream.error().message();
  while (*stream->next() != nullptr) {
  }
  const auto memory = stream->memory();
  ASSERT_EQ(memory.size(), MemoryRange().size);
  for (size_t i = p.here() - kBase; i < memory.size(); ++i) {
    if (i == Program::kTohost - kBase) continue;
    ASSERT_EQ(memory[i], 0) << i;
  }
}

TEST(Stream, HangIsAnError) {
  Program p;
  p.add(Op::kJalr, 0, kZero, 0, 64);  // no trap handler either: QEMU traps without end
  auto stream = Stream::open(p.image(), {.stall_limit = milliseconds(2'000)});
  ASSERT_TRUE(stream) << stream.error().message();
  auto next = stream->next();
  while (next && *next != nullptr) next = stream->next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().what, "QEMU hangs");
  auto outcome = run(p.image(), {.stall_limit = milliseconds(2'000)});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().what, "QEMU hangs");
}

TEST(Stream, KilledQemuIsAnError) {
  Program p;
  p.add(Op::kJal, 0, 0, 0, 0);
  auto stream = Stream::open(p.image(), {.max_instructions = UINT64_MAX - 1});
  ASSERT_TRUE(stream) << stream.error().message();
  ASSERT_TRUE(stream->next());
  kill(stream->process_id(), SIGKILL);
  auto next = stream->next();
  while (next && *next != nullptr) next = stream->next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().what, "qemu-system-riscv64 ended unexpectedly");
  EXPECT_NE(next.error().where.find("signal 9"), std::string::npos);
}

TEST(Available, LooksInPath) {
  EXPECT_TRUE(available());
  EXPECT_FALSE(available("zext-no-such-qemu"));
  EXPECT_FALSE(available("/usr/bin/zext-no-such-qemu"));
}

}  // namespace
}  // namespace zext::rtl_sim::qemu
