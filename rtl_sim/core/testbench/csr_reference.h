// The control and status registers as the privileged manual 20211203 describes them, for comparing
// csr.sv with: one integer a register, views by masks, and a write followed by a read says what a
// write leaves behind.
//
//   CsrReference reference;
//   reference.step({.access = true, .commit = true, .write = true, .addr = 0x340, .operand = 5});
//   reference.read(0x340, {});                                                     // 5
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace zext::rtl_sim {

inline constexpr unsigned kPmpEntries = 8;
inline constexpr unsigned kHpmCounters = 8;
inline constexpr unsigned kEvents = 24;

enum Mode : uint8_t { kModeU = 0, kModeS = 1, kModeM = 3 };

// What the hart does in one cycle.
struct CsrInputs {
  // A CSR instruction, which retires if `commit`; op as in funct3[1:0]
  bool access = false;
  bool commit = false;
  bool write = false;
  uint16_t addr = 0;
  uint8_t op = 1;
  uint64_t operand = 0;
  // A trap or a return
  bool trap = false;
  bool interrupt = false;
  uint8_t cause = 0;
  uint64_t pc = 0;
  uint64_t value = 0;
  bool mret = false;
  bool sret = false;
  // Interrupt lines, at their places in mip: MSIP, MTIP, SEIP, MEIP
  uint16_t lines = 0;
  // Things to be counted
  uint8_t retire = 0;
  uint32_t events = 0;
  uint64_t time = 0;
};

class CsrReference {
 public:
  // Every address at which a register exists.
  static const std::vector<uint16_t>& addresses();

  // Whether the access of `in` is an illegal instruction in the current mode.
  bool illegal(const CsrInputs& in) const;

  // What the register holds for rd; 0 where none exists.
  uint64_t read(uint16_t addr, const CsrInputs& in) const;

  // What a read after the write of `in` gives.
  uint64_t written(const CsrInputs& in) const;

  // Whether the write of `in` changes how other instructions are fetched, decoded or translated, or
  // touches interrupts and leaves an enabled one pending.
  bool flushes(const CsrInputs& in) const;

  // Where the trap of `in` goes, should there be one.
  uint64_t trap_target(const CsrInputs& in) const;

  // The interrupt to be taken, or -1; and whether wfi ends.
  int interrupt(const CsrInputs& in) const;
  bool wakes(const CsrInputs& in) const;

  // One clock edge.
  void step(const CsrInputs& in);

  Mode mode() const { return mode_; }
  // The mode that loads and stores run in.
  Mode data_mode() const;
  // One bit of mstatus.
  bool status(unsigned bit) const { return (mstatus_ >> bit & 1) != 0; }
  uint64_t satp() const { return satp_; }
  uint64_t mepc() const { return m_.epc; }
  uint64_t sepc() const { return s_.epc; }
  // Whether some counter has an event to count.
  bool counting() const;
  uint8_t pmp_cfg(unsigned entry) const { return pmp_cfg_[entry]; }
  uint64_t pmp_addr(unsigned entry) const { return pmp_addr_[entry]; }

 private:
  // The registers that M and S mode have for their traps.
  struct TrapRegisters {
    uint64_t tvec = 0, scratch = 0, epc = 0, cause = 0, tval = 0;
    uint64_t* at(uint16_t addr);
    void write(uint16_t addr, uint64_t value);
  };

  uint64_t new_value(const CsrInputs& in) const;
  bool delegated(const CsrInputs& in) const;
  bool pmp_address_locked(unsigned entry) const;
  void write(uint16_t addr, uint64_t value);
  void write_status(uint64_t value, uint64_t mask);
  void write_pmp(uint16_t addr, uint64_t value);
  void count(const CsrInputs& in);
  void trap(const CsrInputs& in);
  void machine_return();
  void supervisor_return();
  void set_status(unsigned bit, bool value);

  Mode mode_ = kModeM;
  uint64_t mstatus_ = 0xa'0000'0000;
  uint64_t medeleg_ = 0, mideleg_ = 0, mie_ = 0, software_pending_ = 0;
  uint64_t mcounteren_ = 0, scounteren_ = 0, mcountinhibit_ = 0, menvcfg_ = 0, senvcfg_ = 0;
  uint64_t satp_ = 0;
  TrapRegisters m_, s_;
  std::array<uint64_t, 32> counter_ = {};  // by number: mcycle 0, minstret 2
  std::array<uint64_t, 32> event_ = {};
  std::array<uint8_t, kPmpEntries> pmp_cfg_ = {};
  std::array<uint64_t, kPmpEntries> pmp_addr_ = {};
};

}  // namespace zext::rtl_sim
