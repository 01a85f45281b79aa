// The meanings in isa/rv64/insns.def against QEMU's, which share nothing: one generated program
// executes each row on many operands and leaves the results in memory; our machine and QEMU run it,
// and the memories must be equal. Jumps, CSRs and LR/SC pairs are left to the lockstep tests.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <vector>

#include "isa/ebpf/memory.h"
#include "isa/rv64/encode.h"
#include "isa/rv64/machine.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext {
namespace {

// NOLINTNEXTLINE(google-build-using-namespace): every second name here is one of them.
using namespace rv64;
using W = Bits<64>;

constexpr uint64_t kCode = 0x80000000, kData = 0x80800000, kTohost = 0x80700000;
constexpr unsigned kCasesPerRow = 60;

// What a case reads and writes, in the data it finds at s0.
struct Case {
  uint64_t a = 0, b = 0;  // rs1 and rs2
  uint64_t rd = 0;
  uint64_t memory = 0;  // what a store or an AMO leaves
};

W imm(int64_t value) { return W::of(static_cast<uint64_t>(value)); }

class Generator {
 public:
  // kCasesPerRow cases of each row, then the store to `tohost`.
  Generator() {
    add({.op = Op::kAuipc, .rd = kS0, .imm = imm(kData - kCode)});
    for (const Row& row : kRows) {
      if (!runs(row)) continue;
      rows.insert(row.op);
      for (unsigned i = 0; i < kCasesPerRow; ++i) add_case(row);
    }
    const uint64_t pc = kCode + code.size();
    const uint64_t high = (kTohost - pc + 0x800) & ~uint64_t{0xfff};
    add({.op = Op::kAuipc, .rd = kA3, .imm = W::of(high)});
    add({.op = Op::kAddi, .rd = kA0, .imm = imm(1)});
    add({.op = Op::kSd, .rs1 = kA3, .rs2 = kA0, .imm = W::of(kTohost - pc - high)});
    add({.op = Op::kEbreak});
  }

  std::vector<uint8_t> code;
  std::vector<Case> cases;
  std::vector<Instruction<>> insns;  // the one that each case is about
  std::set<Op> rows;
  unsigned compressed = 0;

 private:
  // Zicond is younger than QEMU 7.2.
  static bool runs(const Row& row) {
    if (row.extension == Extension::kZicond) return false;
    return row.kind == Kind::kValue || row.kind == Kind::kLoad || row.kind == Kind::kStore ||
           row.kind == Kind::kAmo || row.kind == Kind::kBranch;
  }

  // Compressed where possible, so that these run as well.
  void add(const Instruction<>& insn) {
    EXPECT_TRUE(encodable(insn)) << insn.row().mnemonic;
    const std::optional<uint16_t> half = compress(insn);
    compressed += half ? 1 : 0;
    const uint32_t bits = half ? *half : encode(insn);
    for (unsigned i = 0; i < (half ? 2 : 4); ++i) {
      code.push_back(static_cast<uint8_t>(bits >> (8 * i)));
    }
  }

  // Often an edge, or a number with few significant bits.
  uint64_t operand() {
    constexpr uint64_t kEdges[] = {0,
                                   1,
                                   31,
                                   32,
                                   63,
                                   64,
                                   0x7fffffff,
                                   0x80000000,
                                   0xffffffff,
                                   uint64_t{1} << 63,
                                   ~uint64_t{0} >> 1,
                                   ~uint64_t{0}};
    if (random_() % 3 == 0) return kEdges[random_() % std::size(kEdges)];
    const uint64_t value = random_() >> (random_() % 64);
    return random_() % 2 == 0 ? value : 0 - value;
  }

  void add_case(const Row& row) {
    Case data{.a = operand(), .b = operand()};
    // QEMU 7.2 counts all 64 bits here (Zbb says: 32 where the low half is zero).
    if (row.op == Op::kCtzw && static_cast<uint32_t>(data.a) == 0) data.a |= 0x100;
    Operands<W> operands =
        unpack<W>(layout_of(row.format), Bits<32>::of(static_cast<uint32_t>(random_())));
    operands.aq = operands.rl = imm(row.kind == Kind::kAmo && random_() % 2 == 0 ? 1 : 0);
    Instruction<> insn = instruction_of(row.op, operands);
    if (row.kind != Kind::kStore && row.kind != Kind::kBranch) {
      insn.rd = random_() % 2 == 0 ? kA1 : kA0;
    }
    place_registers(insn);
    add({.op = Op::kLd, .rd = kA1, .rs1 = kS0, .imm = imm(offsetof(Case, a))});
    add({.op = Op::kLd, .rd = kA2, .rs1 = kS0, .imm = imm(offsetof(Case, b))});
    add({.op = Op::kAddi, .rd = kA3, .rs1 = kS0, .imm = imm(offsetof(Case, memory))});
    if (row.kind == Kind::kAmo) add({.op = Op::kSd, .rs1 = kA3, .rs2 = kA1});
    if (row.kind == Kind::kBranch) add({.op = Op::kAddi, .rd = kA0, .imm = imm(1)});
    add(insn);
    if (row.kind == Kind::kBranch) add({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = imm(1)});
    const Reg result = insn.rd == kA1 ? kA1 : kA0;
    add({.op = Op::kSd, .rs1 = kS0, .rs2 = result, .imm = imm(offsetof(Case, rd))});
    add({.op = Op::kAddi, .rd = kS0, .rs1 = kS0, .imm = imm(sizeof(Case))});
    if (row.kind == Kind::kStore) insn.rd = kZero;
    cases.push_back(data);
    insns.push_back(insn);
  }

  // a in a1, b in a2, addresses from s0 or a3; a taken branch passes over one instruction of two
  // bytes.
  void place_registers(Instruction<>& insn) {
    const bool unary = insn.row().format == Format::kUnary;
    switch (insn.row().kind) {
      case Kind::kLoad:
        insn.rs1 = kS0;
        insn.imm = imm(static_cast<int64_t>(random_() % 8));
        return;
      case Kind::kStore:
        insn.rs1 = kS0;
        insn.rs2 = kA2;
        insn.imm = imm(static_cast<int64_t>(offsetof(Case, memory) + 8 - insn.row().bytes));
        return;
      case Kind::kAmo:
        insn.rs1 = kA3;
        insn.rs2 = kA2;
        return;
      case Kind::kBranch: {
        insn.rs1 = kA1;
        insn.rs2 = random_() % 4 == 0 ? kZero : kA2;
        insn.imm = imm(4);
        insn.imm = imm(compress(insn) ? 4 : 6);
        return;
      }
      default:
        if (insn.row().format == Format::kU) return;
        insn.rs1 = kA1;
        if (insn.row().format == Format::kR && !unary) insn.rs2 = random_() % 8 == 0 ? kA1 : kA2;
        return;
    }
  }

  std::mt19937_64 random_{11};
};

std::vector<uint8_t> bytes_of(const std::vector<Case>& cases) {
  std::vector<uint8_t> bytes(cases.size() * sizeof(Case));
  std::memcpy(bytes.data(), cases.data(), bytes.size());
  return bytes;
}

std::vector<uint8_t> run_on_machine(const Generator& program) {
  std::vector<uint8_t> data = bytes_of(program.cases);
  uint8_t tohost[8] = {};
  ebpf::Memory memory;
  EXPECT_TRUE(memory.add({.base = kData, .bytes = data}));
  EXPECT_TRUE(memory.add({.base = kTohost, .bytes = tohost}));
  Machine machine(program.code, kCode, memory);
  machine.set_pc(kCode);
  const Stop stop = machine.run(10'000'000);
  EXPECT_EQ(stop.kind, Stop::Kind::kEbreak);
  EXPECT_EQ(tohost[0], 1);
  return data;
}

std::vector<uint8_t> run_on_qemu(const Generator& program) {
  rtl_sim::Image image;
  image.entry = kCode;
  image.tohost = kTohost;
  image.segments.push_back({.address = kCode, .bytes = program.code});
  image.segments.push_back({.address = kTohost, .bytes = std::vector<uint8_t>(8)});
  image.segments.push_back({.address = kData, .bytes = bytes_of(program.cases)});
  const uint64_t size = program.cases.size() * sizeof(Case);
  rtl_sim::qemu::Options options;
  options.dump.push_back({.base = kData, .size = size});
  const auto outcome = rtl_sim::qemu::run(image, options);
  if (!outcome) {
    ADD_FAILURE() << outcome.error().message();
    return {};
  }
  EXPECT_EQ(outcome->stop, rtl_sim::qemu::Outcome::Stop::kExited);
  return outcome->memory.at(0);
}

TEST(SemanticsOnQemu, EveryRowComputesWhatQemuDoes) {
  const Generator program;
  ASSERT_LT(program.code.size(), kTohost - kCode);
  EXPECT_GT(program.rows.size(), 110u);
  EXPECT_GT(program.compressed, 1000u);
  const std::vector<uint8_t> ours = run_on_machine(program), theirs = run_on_qemu(program);
  ASSERT_EQ(ours.size(), theirs.size());
  EXPECT_NE(ours, bytes_of(program.cases));
  unsigned failures = 0;
  for (size_t i = 0; i < program.cases.size() && failures < 20; ++i) {
    Case our, their;
    std::memcpy(&our, ours.data() + i * sizeof(Case), sizeof(Case));
    std::memcpy(&their, theirs.data() + i * sizeof(Case), sizeof(Case));
    const Instruction<>& insn = program.insns[i];
    const bool equal = our.rd == their.rd && our.memory == their.memory;
    failures += equal ? 0 : 1;
    EXPECT_TRUE(equal) << insn.row().mnemonic << std::hex << " a=" << program.cases[i].a
                       << " b=" << program.cases[i].b << " imm=" << insn.imm.value()
                       << "\n  ours: rd=" << our.rd << " memory=" << our.memory
                       << "\n  QEMU: rd=" << their.rd << " memory=" << their.memory;
  }
}

}  // namespace
}  // namespace zext
