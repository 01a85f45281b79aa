// csr.sv against the manual: each output in each cycle, after random histories and directed ones.
#include <gtest/gtest.h>

#include <random>

#include "Vcsr.h"
#include "rtl_sim/core/testbench/csr_reference.h"

namespace zext::rtl_sim {
namespace {

class Csr : public ::testing::Test {
 protected:
  Csr() {
    csr_.rst_ni = 1;
    csr_.eval();
    csr_.rst_ni = 0;
    csr_.eval();
    csr_.rst_ni = 1;
  }

  // One cycle of both; the outputs are compared before the edge. False: they differ.
  bool cycle(const CsrInputs& in) {
    drive(in);
    csr_.clk_i = 0;
    csr_.eval();
    const bool same = compare(in);
    csr_.clk_i = 1;
    csr_.eval();
    reference_.step(in);
    return same;
  }

  void access(uint16_t addr, uint8_t op, uint64_t operand, bool write = true) {
    ASSERT_TRUE(cycle({.access = true,
                       .commit = true,
                       .write = write,
                       .addr = addr,
                       .op = op,
                       .operand = operand,
                       .lines = lines_}));
  }
  void write(uint16_t addr, uint64_t value) { access(addr, 1, value); }
  void set(uint16_t addr, uint64_t bits) { access(addr, 2, bits); }
  void clear(uint16_t addr, uint64_t bits) { access(addr, 3, bits); }

  // The value that a CSR instruction would read; no edge.
  uint64_t read(uint16_t addr) {
    drive({.access = true, .addr = addr, .op = 2, .lines = lines_});
    csr_.clk_i = 0;
    csr_.eval();
    return csr_.illegal_o ? 0xbad : csr_.rdata_o;
  }

  // From M mode to another.
  void enter(Mode mode) {
    write(0x300, (reference_.read(0x300, {}) & ~0x1800ULL) | uint64_t{mode} << 11);
    ASSERT_TRUE(cycle({.mret = true, .lines = lines_}));
    ASSERT_EQ(csr_.mode_o, mode);
  }

  void drive(const CsrInputs& in) {
    csr_.access_i = in.access;
    csr_.commit_i = in.commit;
    csr_.addr_i = in.addr;
    csr_.op_i = in.op;
    csr_.write_i = in.write;
    csr_.operand_i = in.operand;
    csr_.trap_i = in.trap;
    csr_.trap_interrupt_i = in.interrupt;
    csr_.trap_cause_i = in.cause;
    csr_.trap_pc_i = in.pc;
    csr_.trap_value_i = in.value;
    csr_.mret_i = in.mret;
    csr_.sret_i = in.sret;
    csr_.irq_software_i = in.lines >> 3 & 1;
    csr_.irq_timer_i = in.lines >> 7 & 1;
    csr_.irq_s_external_i = in.lines >> 9 & 1;
    csr_.irq_external_i = in.lines >> 11 & 1;
    csr_.retire_i = in.retire;
    csr_.events_i = in.events;
    csr_.time_i = in.time;
  }

  bool compare(const CsrInputs& in) {
    compare_access(in);
    compare_state();
    EXPECT_EQ(csr_.trap_target_o, reference_.trap_target(in));
    const int interrupt = reference_.interrupt(in);
    EXPECT_EQ(csr_.irq_pending_o, interrupt >= 0);
    if (interrupt >= 0) {
      EXPECT_EQ(csr_.irq_cause_o, interrupt);
    }
    EXPECT_EQ(csr_.wake_o, reference_.wakes(in));
    return !HasFailure();
  }

  void compare_access(const CsrInputs& in) {
    EXPECT_EQ(csr_.flush_o, reference_.flushes(in)) << std::hex << in.addr;
    const bool illegal = in.access && reference_.illegal(in);
    EXPECT_EQ(csr_.illegal_o, illegal) << std::hex << in.addr;
    if (!in.access || illegal) return;
    EXPECT_EQ(csr_.rdata_o, reference_.read(in.addr, in)) << std::hex << in.addr;
    if (in.write) {
      EXPECT_EQ(csr_.written_o, reference_.written(in)) << std::hex << in.addr;
    }
  }

  void compare_state() {
    EXPECT_EQ(csr_.mode_o, reference_.mode());
    EXPECT_EQ(csr_.data_mode_o, reference_.data_mode());
    EXPECT_EQ(csr_.sum_o, reference_.status(18));
    EXPECT_EQ(csr_.mxr_o, reference_.status(19));
    EXPECT_EQ(csr_.tvm_o, reference_.status(20));
    EXPECT_EQ(csr_.tw_o, reference_.status(21));
    EXPECT_EQ(csr_.tsr_o, reference_.status(22));
    EXPECT_EQ(csr_.sv39_o, reference_.satp() >> 63);
    EXPECT_EQ(csr_.asid_o, reference_.satp() >> 44 & 0xffff);
    EXPECT_EQ(csr_.satp_ppn_o, reference_.satp() & ((1ULL << 44) - 1));
    EXPECT_TRUE(csr_.counting_o || !reference_.counting());  // it may be a cycle late to say no
    EXPECT_EQ(csr_.mepc_o, reference_.mepc());
    EXPECT_EQ(csr_.sepc_o, reference_.sepc());
    for (unsigned i = 0; i < kPmpEntries; i++) {
      EXPECT_EQ(csr_.pmp_cfg_o >> 8 * i & 0xff, reference_.pmp_cfg(i));
      EXPECT_EQ(pmp_addr(i), reference_.pmp_addr(i));
    }
  }

  // Entry i of the packed 54-bit addresses.
  uint64_t pmp_addr(unsigned entry) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 54; i++) {
      const unsigned at = 54 * entry + i;
      value |= uint64_t{csr_.pmp_addr_o[at / 32] >> at % 32 & 1} << i;
    }
    return value;
  }

  Vcsr csr_;
  CsrReference reference_;
  uint16_t lines_ = 0;
};

// ------------------------------------------------------------------------------------------------
// Random histories
// ------------------------------------------------------------------------------------------------

class Random : public Csr, public ::testing::WithParamInterface<unsigned> {
 protected:
  Random() : random_(GetParam()) {}

  uint64_t below(uint64_t n) { return random_() % n; }
  bool one_in(uint64_t n) { return below(n) == 0; }

  // Few and many bits, and values that stay in the range of small fields.
  uint64_t value() {
    switch (below(6)) {
      case 0:
        return below(64);
      case 1:
        return 1ULL << below(64);
      case 2:
        return ~uint64_t{0} << below(64);
      case 3:
        return random_() & random_() & random_();
      case 4:
        return random_() & 0x8f00'ffff'ffff'ffffULL;
      default:
        return random_();
    }
  }

  // A configuration register whose entries are seldom locked, so that they change for a while.
  uint64_t operand(uint16_t addr) {
    const bool may_lock = one_in(20);
    return addr == 0x3a0 && !may_lock ? value() & 0x7f7f'7f7f'7f7f'7f7fULL : value();
  }

  CsrInputs inputs() {
    CsrInputs in = {.lines = static_cast<uint16_t>(one_in(4) ? random_() & 0xa88 : lines_),
                    .retire = static_cast<uint8_t>(below(3)),
                    .events = static_cast<uint32_t>(random_() & 0xff'ffff),
                    .time = random_()};
    // trap_target_o follows these whether the trap is taken or not.
    in.interrupt = one_in(2);
    in.cause = static_cast<uint8_t>(below(16));
    lines_ = in.lines;
    switch (below(8)) {
      case 0:
        in.trap = true;
        in.pc = random_() & ~uint64_t{1};
        in.value = value();
        break;
      case 1:
        in.mret = reference_.mode() == kModeM;
        break;
      case 2:
        in.sret = reference_.mode() != kModeU;
        break;
      default: {
        const auto& known = CsrReference::addresses();
        in.access = !one_in(8);
        in.commit = !one_in(8);
        in.addr = static_cast<uint16_t>(one_in(6) ? below(4096) : known[below(known.size())]);
        in.op = static_cast<uint8_t>(1 + below(3));
        in.write = in.op == 1 || !one_in(3);
        in.operand = operand(in.addr);
      }
    }
    return in;
  }

  std::mt19937_64 random_;
};

TEST_P(Random, AgreesInEachCycle) {
  std::array<unsigned, 4> cycles_in_mode = {};
  for (unsigned i = 0; i < 40'000; i++) {
    ASSERT_TRUE(cycle(inputs())) << "cycle " << i;
    cycles_in_mode[reference_.mode()]++;
  }
  // The history went everywhere.
  for (const Mode mode : {kModeU, kModeS, kModeM}) EXPECT_GT(cycles_in_mode[mode], 1'000U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, ::testing::Range(1U, 9U));

// ------------------------------------------------------------------------------------------------
// Directed
// ------------------------------------------------------------------------------------------------

// Each address in each mode, with all registers zero and with all of them ones.
TEST_F(Csr, EachAddressInEachMode) {
  for (const uint64_t fill : {uint64_t{0}, ~uint64_t{0}}) {
    for (const Mode mode : {kModeM, kModeS, kModeU}) {
      for (const uint16_t addr : {0x302, 0x303, 0x304, 0x306, 0x106}) write(addr, fill);
      enter(mode);
      for (unsigned addr = 0; addr < 4096; addr++) {
        for (const bool write : {false, true}) {
          ASSERT_TRUE(cycle({.access = true,
                             .write = write,
                             .addr = static_cast<uint16_t>(addr),
                             .op = 2,
                             .operand = ~uint64_t{0}}));
        }
      }
      // Cause 24 is never delegated.
      ASSERT_TRUE(cycle({.trap = true, .cause = 24}));
    }
  }
}

// Interrupts pending, enabled, delegated, in each mode with each of MIE and SIE.
TEST_F(Csr, EachCombinationOfInterrupts) {
  const auto spread = [](unsigned bits, std::initializer_list<unsigned> places) {
    uint64_t value = 0;
    for (const unsigned place : places) {
      value |= uint64_t{bits & 1} << place;
      bits >>= 1;
    }
    return value;
  };
  for (unsigned control = 0; control < 3 * 4 * 8; control++) {
    const Mode mode = std::array{kModeU, kModeS, kModeM}[control % 3];
    write(0x303, spread(control / 12, {1, 5, 9}));
    for (unsigned enabled = 0; enabled < 64; enabled++) {
      write(0x304, spread(enabled, {1, 3, 5, 7, 9, 11}));
      for (unsigned software = 0; software < 4; software++) {
        write(0x344, spread(software, {1, 5}));
        write(0x300, spread(control / 3 % 4, {5, 7}) | uint64_t{kModeS} << 11);
        ASSERT_TRUE(cycle({.mret = true}));  // now in S with MIE
        if (control / 3 % 4 % 2 == 1) set(0x100, 2);
        if (mode == kModeU) {
          ASSERT_TRUE(cycle({.sret = true}));
        }
        if (mode == kModeM) {
          ASSERT_TRUE(cycle({.trap = true, .cause = 11}));
          write(0x300, spread(control / 3 % 4, {1, 3}));
        }
        for (unsigned lines = 0; lines < 16; lines++) {
          lines_ = static_cast<uint16_t>(spread(lines, {3, 7, 9, 11}));
          ASSERT_TRUE(cycle({.lines = lines_}));
        }
        lines_ = 0;
        if (mode != kModeM) {
          ASSERT_TRUE(cycle({.trap = true, .cause = 11}));
        }
      }
    }
  }
}

// 3.1.9: csrrs with the line up reads SEIP, and does not write it.
TEST_F(Csr, ExternalLineTakesNoPartInReadModifyWrite) {
  lines_ = 0x200;
  EXPECT_EQ(read(0x344), 0x200U);
  set(0x344, 2);
  lines_ = 0;
  EXPECT_EQ(read(0x344), 2U);
  set(0x344, 0x200);
  EXPECT_EQ(read(0x344), 0x202U);
  lines_ = 0x200;
  clear(0x344, 0x200);
  EXPECT_EQ(read(0x344), 0x202U);
  lines_ = 0;
  EXPECT_EQ(read(0x344), 2U);
}

TEST_F(Csr, PmpLocks) {
  write(0x3b0, 0x100);
  write(0x3b1, 0x200);
  write(0x3b2, 0x300);
  write(0x3a0, 0x1f'8f'02);  // 0: W without R; 1: locked TOR; 2: not locked NAPOT
  EXPECT_EQ(read(0x3a0), 0x1f'8f'00U);
  write(0x3b0, 1);
  write(0x3b1, 1);
  write(0x3b2, 1);
  EXPECT_EQ(read(0x3b0), 0x100U);  // the lower bound of locked entry 1
  EXPECT_EQ(read(0x3b1), 0x200U);
  EXPECT_EQ(read(0x3b2), 1U);
  // Locked ranges of other kinds have no bound before them.
  write(0x3a0, 0x97'00'9f'00'8f'00'00ULL << 8);  // 3: TOR, 5: NAPOT, 7: NA4
  for (const uint16_t addr : {0x3b2, 0x3b4, 0x3b6}) write(addr, 5);
  EXPECT_EQ(read(0x3b2), 1U);
  EXPECT_EQ(read(0x3b4), 5U);
  EXPECT_EQ(read(0x3b6), 5U);
  write(0x3a0, ~uint64_t{0});
  EXPECT_EQ(read(0x3a0), 0x979f'9f9f'8f9f'8f9fU);
}

// The carry from a full counter, two at once, and writes that win.
TEST_F(Csr, RetiredInstructions) {
  ASSERT_TRUE(cycle({.access = true,
                     .commit = true,
                     .write = true,
                     .addr = 0xb02,
                     .operand = ~uint64_t{0},
                     .retire = 1}));
  EXPECT_EQ(read(0xb02), ~uint64_t{0});
  ASSERT_TRUE(cycle({.retire = 2}));
  EXPECT_EQ(read(0xb02), 1U);
  write(0x320, 4);
  ASSERT_TRUE(cycle({.retire = 2}));
  EXPECT_EQ(read(0xb02), 1U);
}

TEST_F(Csr, ReturnToMachineModeKeepsMprv) {
  write(0x300, 0x2'1800);
  ASSERT_TRUE(cycle({.mret = true}));
  EXPECT_EQ(csr_.data_mode_o, kModeU);  // MPRV is set still, MPP now U
  write(0x300, 0x2'0800);
  EXPECT_EQ(csr_.data_mode_o, kModeS);
  ASSERT_TRUE(cycle({.mret = true}));
  ASSERT_TRUE(cycle({.trap = true, .cause = 9}));
  EXPECT_EQ(read(0x300) >> 17 & 1, 0U);
}

}  // namespace
}  // namespace zext::rtl_sim
