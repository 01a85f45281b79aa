// Programs on the machine: control flow, memory, reservations, and every reason to stop.
#include "isa/rv64/machine.h"

#include <gtest/gtest.h>

#include <map>

#include "isa/rv64/encode.h"

namespace zext::rv64 {
namespace {

using W = Bits<64>;
using Kind = Stop::Kind;

constexpr uint64_t kCode = 0x10000, kData = 0x2000, kReturn = 0x1;

W imm(int64_t value) { return W::of(static_cast<uint64_t>(value)); }

// 64 bytes at kData, the upper half read-only.
class TestMemory {
 public:
  std::optional<uint64_t> load(uint64_t address, unsigned bytes) const {
    if (!inside(address, bytes, 64)) return std::nullopt;
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= uint64_t{data[address - kData + i]} << (8 * i);
    return value;
  }
  bool store(uint64_t address, unsigned bytes, uint64_t value) {
    if (!inside(address, bytes, 32)) return false;
    for (unsigned i = 0; i < bytes; ++i) {
      data[address - kData + i] = static_cast<uint8_t>(value >> (8 * i));
    }
    return true;
  }

  uint8_t data[64] = {};

 private:
  static bool inside(uint64_t address, unsigned bytes, uint64_t size) {
    return address >= kData && address - kData <= size - bytes;
  }
};
static_assert(MachineMemory<TestMemory>);

struct Program {
  std::vector<uint8_t> bytes;

  void add_bits(uint64_t bits, unsigned count) {
    for (unsigned i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
  }
  void add(const Instruction<>& insn) {
    EXPECT_TRUE(encodable(insn)) << insn.row().mnemonic;
    add_bits(encode(insn), 4);
  }
  void add_compressed(const Instruction<>& insn) {
    const auto bits = compress(insn);
    ASSERT_TRUE(bits.has_value()) << insn.row().mnemonic;
    add_bits(*bits, 2);
  }
};

// The sum of the bytes at a0, a1 of them, in both instruction sizes; a loop, a load, a return.
Program byte_sum(bool compressed) {
  Program p;
  const auto add = [&](const Instruction<>& insn) {
    compressed&& compress(insn) ? p.add_compressed(insn) : p.add(insn);
  };
  const int64_t size = compressed ? 2 : 4;
  add({.op = Op::kAddi, .rd = kA2, .imm = imm(0)});
  add({.op = Op::kBeq, .rs1 = kA1, .imm = imm(compressed ? 2 + 4 + 6 + 2 : 6 * 4)});
  add({.op = Op::kLbu, .rd = kA3, .rs1 = kA0});  // no compressed form
  add({.op = Op::kAdd, .rd = kA2, .rs1 = kA2, .rs2 = kA3});
  add({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = imm(1)});
  add({.op = Op::kAddi, .rd = kA1, .rs1 = kA1, .imm = imm(-1)});
  add({.op = Op::kJal, .rd = kZero, .imm = imm(-(4 * size + 4))});
  add({.op = Op::kAdd, .rd = kA0, .rs1 = kZero, .rs2 = kA2});
  add({.op = Op::kJalr, .rd = kZero, .rs1 = kRa});
  return p;
}

TEST(Machine, RunsALoopInBothInstructionSizes) {
  for (const bool compressed : {false, true}) {
    const Program p = byte_sum(compressed);
    TestMemory memory;
    for (unsigned i = 0; i < 64; ++i) memory.data[i] = static_cast<uint8_t>(200 + i);
    Machine machine(p.bytes, kCode, memory);
    machine.set_pc(kCode);
    machine.set(kRa, kReturn - 1);
    machine.set(kA0, kData);
    machine.set(kA1, 10);
    const Stop stop = machine.run(1000);
    EXPECT_EQ(stop.kind, Kind::kLeftCode);
    EXPECT_EQ(stop.pc, kReturn - 1);
    EXPECT_EQ(machine.get(kA0), 2045u);
    EXPECT_EQ(machine.instructions(), 1 + 10 * 6 + 1 + 2u);
  }
}

TEST(Machine, LinksTheNextInstructionOfEitherSize) {
  Program p;
  p.add_compressed({.op = Op::kJalr, .rd = kRa, .rs1 = kA0});
  p.add({.op = Op::kJalr, .rd = kA0, .rs1 = kA0});  // rd is rs1: the old value is the target
  TestMemory memory;
  Machine machine(p.bytes, kCode, memory);
  machine.set(kA0, kCode + 2);
  machine.set_pc(kCode);
  EXPECT_EQ(machine.run(1).kind, Kind::kLimit);
  EXPECT_EQ(machine.get(kRa), kCode + 2);
  EXPECT_EQ(machine.pc(), kCode + 2);
  machine.set(kA0, 0x500);
  const Stop stop = machine.run(5);
  EXPECT_EQ(stop.kind, Kind::kLeftCode);
  EXPECT_EQ(stop.pc, 0x500u);
  EXPECT_EQ(machine.get(kA0), kCode + 6);
}

TEST(Machine, ZeroStaysZero) {
  Program p;
  p.add({.op = Op::kAddi, .rd = kZero, .imm = imm(5)});
  p.add({.op = Op::kLd, .rd = kZero, .rs1 = kA0});
  p.add({.op = Op::kAmoaddD, .rd = kZero, .rs1 = kA0, .rs2 = kA0});
  p.add({.op = Op::kJal, .rd = kZero, .imm = imm(4)});
  TestMemory memory;
  memory.data[0] = 7;
  Machine machine(p.bytes, kCode, memory);
  machine.set(kA0, kData);
  machine.set(kZero, 9);
  machine.set_pc(kCode);
  EXPECT_EQ(machine.run(100).kind, Kind::kLeftCode);
  EXPECT_EQ(machine.get(kZero), 0u);
  EXPECT_EQ(memory.load(kData, 8), kData + 7);
}

// Runs one instruction with a0 = address, a1 = value; gives what stopped it, or kLimit.
Stop run_one(const Instruction<>& insn, TestMemory& memory, uint64_t address, uint64_t value,
             uint64_t* a2 = nullptr) {
  Program p;
  p.add(insn);
  Machine machine(p.bytes, kCode, memory);
  machine.set(kA0, address);
  machine.set(kA1, value);
  machine.set_pc(kCode);
  const Stop stop = machine.run(1);
  if (a2 != nullptr) *a2 = machine.get(kA2);
  return stop;
}

TEST(Machine, StoresAndLoadsTheNamedBytes) {
  const Op stores[] = {Op::kSb, Op::kSh, Op::kSw, Op::kSd};
  const uint64_t expected[] = {0x88, 0x7788, 0x55667788, 0x1122334455667788};
  for (int i = 0; i < 4; ++i) {
    TestMemory memory;
    const Instruction<> store{.op = stores[i], .rs1 = kA0, .rs2 = kA1, .imm = imm(-3)};
    EXPECT_EQ(run_one(store, memory, kData + 8, 0x1122334455667788).kind, Kind::kLimit);
    EXPECT_EQ(memory.load(kData + 5, 8), expected[i]);
    EXPECT_EQ(memory.load(kData, 4), 0u);
    uint64_t loaded = 0;
    const Instruction<> load{.op = Op::kLd, .rd = kA2, .rs1 = kA0, .imm = imm(5)};
    EXPECT_EQ(run_one(load, memory, kData, 0, &loaded).kind, Kind::kLimit);
    EXPECT_EQ(loaded, expected[i]);
  }
}

TEST(Machine, AtomicsReturnTheOldValueAndStoreTheNew) {
  TestMemory memory;
  memory.store(kData, 8, 0xffffffff80000000);
  uint64_t old = 0;
  const Instruction<> add{.op = Op::kAmoaddW, .rd = kA2, .rs1 = kA0, .rs2 = kA1};
  EXPECT_EQ(run_one(add, memory, kData, 0x80000001, &old).kind, Kind::kLimit);
  EXPECT_EQ(old, 0xffffffff80000000);
  EXPECT_EQ(memory.load(kData, 8), 0xffffffff00000001);
}

TEST(Machine, AScNeedsItsReservation) {
  Program p;
  p.add({.op = Op::kScD, .rd = kA2, .rs1 = kA0, .rs2 = kA1});
  p.add({.op = Op::kLrD, .rd = kA3, .rs1 = kA0});
  p.add({.op = Op::kScD, .rd = kA4, .rs1 = kA0, .rs2 = kA1});
  p.add({.op = Op::kScD, .rd = kA5, .rs1 = kA0, .rs2 = kA0});
  TestMemory memory;
  memory.data[0] = 3;
  Machine machine(p.bytes, kCode, memory);
  machine.set(kA0, kData);
  machine.set(kA1, 77);
  machine.set_pc(kCode);
  EXPECT_EQ(machine.run(100).kind, Kind::kLeftCode);
  EXPECT_EQ(machine.get(kA2), 1u);
  EXPECT_EQ(machine.get(kA3), 3u);
  EXPECT_EQ(machine.get(kA4), 0u);
  EXPECT_EQ(machine.get(kA5), 1u);
  EXPECT_EQ(memory.load(kData, 8), 77u);
}

TEST(Machine, StopsWhereItCannotGoOn) {
  struct Case {
    Instruction<> insn;
    uint64_t address;
    Kind kind;
    unsigned bytes;
  };
  const Case cases[] = {
      {{.op = Op::kEcall}, 0, Kind::kEcall, 0},
      {{.op = Op::kEbreak, .imm = imm(0)}, 0, Kind::kEbreak, 0},
      {{.op = Op::kCsrrs, .rd = kA2, .imm = imm(0xc00)}, 0, Kind::kPrivileged, 0},
      {{.op = Op::kMret}, 0, Kind::kPrivileged, 0},
      {{.op = Op::kLw, .rd = kA2, .rs1 = kA0}, kData + 61, Kind::kStrayLoad, 4},
      {{.op = Op::kSw, .rs1 = kA0, .rs2 = kA1}, kData + 32, Kind::kStrayStore, 4},
      {{.op = Op::kAmoaddD, .rd = kA2, .rs1 = kA0}, kData + 4, Kind::kMisaligned, 8},
      {{.op = Op::kAmoaddD, .rd = kA2, .rs1 = kA0}, kData + 32, Kind::kStrayStore, 8},
      {{.op = Op::kLrW, .rd = kA2, .rs1 = kA0}, kData + 64, Kind::kStrayLoad, 4},
      {{.op = Op::kScW, .rd = kA2, .rs1 = kA0}, kData + 2, Kind::kMisaligned, 4},
  };
  for (const Case& c : cases) {
    TestMemory memory;
    uint64_t a2 = 1;
    const Stop stop = run_one(c.insn, memory, c.address, 1, &a2);
    EXPECT_EQ(stop.kind, c.kind) << c.insn.row().mnemonic;
    EXPECT_EQ(stop.pc, kCode);
    EXPECT_EQ(stop.bytes, c.bytes) << c.insn.row().mnemonic;
    EXPECT_EQ(stop.address, c.bytes == 0 ? 0 : c.address) << c.insn.row().mnemonic;
    EXPECT_EQ(a2, 0u);
    EXPECT_EQ(run_one({.op = Op::kFence, .imm = imm(0xff)}, memory, 0, 0).kind, Kind::kLimit);
  }
}

TEST(Machine, StopsOnWhatIsNoCode) {
  TestMemory memory;
  Program p;
  p.add_bits(0, 2);
  p.add_bits(0x0003, 2);  // the first half of a 32-bit instruction, at the end
  Machine machine(p.bytes, kCode, memory);
  const std::map<uint64_t, Kind> expected = {
      {kCode, Kind::kIllegal},      {kCode + 1, Kind::kOddPc},    {kCode + 2, Kind::kIllegal},
      {kCode + 4, Kind::kLeftCode}, {kCode - 2, Kind::kLeftCode}, {~uint64_t{0}, Kind::kLeftCode}};
  for (const auto& [pc, kind] : expected) {
    machine.set_pc(pc);
    EXPECT_EQ(machine.run(1).kind, kind) << std::hex << pc;
  }
  EXPECT_EQ(machine.instructions(), 0u);
}

TEST(Execute, StraightLinesStopAtControlFlow) {
  const Instruction<> code[] = {
      {.op = Op::kAuipc, .rd = kA0, .imm = imm(0x1000)},
      {.op = Op::kAuipc, .rd = kA1, .imm = imm(0x1000)},
      {.op = Op::kJal, .rd = kA2, .imm = imm(8)},
      {.op = Op::kAddi, .rd = kA3, .imm = imm(1)},
  };
  Registers<W> x{};
  EXPECT_FALSE(execute_straight_line<W>(code, x, W::of(0x100)));
  EXPECT_EQ(x[kA0], W::of(0x1100));
  EXPECT_EQ(x[kA1], W::of(0x1104));
  EXPECT_EQ(x[kA3], W::of(0));
  EXPECT_TRUE(execute_straight_line<W>(std::span(code).first(2), x, W::of(0)));
}

}  // namespace
}  // namespace zext::rv64
