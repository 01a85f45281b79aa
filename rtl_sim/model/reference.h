// What each retired instruction should have done, by isa/rv64's table: the core's judge in tests.
//
//   Reference reference(image, memory_range);
//   while (auto r = model.retire(200)) ASSERT_EQ(reference.check(*r), "");
//
// The core's decoder and arithmetic share no source with the table, so that each checks the other.
// The software interrupt is taken to be pending and enabled in mie all the time, so that wfi ends.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/rv64/decode.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/retirement.h"

namespace zext::rtl_sim {

class Reference {
 public:
  Reference(const Image& image, const MemoryRange& range);

  // Executes the next instruction and compares; empty if the core did the same, else what differs.
  // The instruction's bits are taken from the retirement (code may be changing), and compared with
  // memory unless they were stored to before.
  std::string check(const Retirement& actual);

  // A CSR or an instruction that this reference does not follow had its effects: the state is
  // unknown from here on.
  bool lost() const { return lost_; }

  const std::vector<uint8_t>& memory() const { return memory_; }
  uint64_t reg(unsigned index) const { return x_[index]; }

 private:
  struct Reservation {
    uint64_t address;
    unsigned bytes;
  };

  Retirement expected(const Retirement& actual);
  void execute(const rv64::Instruction<>& insn, Retirement& r);
  void access_memory(const rv64::Instruction<>& insn, Retirement& r);
  void access_csr(const rv64::Instruction<>& insn, const Retirement& actual, Retirement& r);
  void trap(Retirement& r, uint64_t cause, uint64_t tval);
  void interrupt(Retirement& r);
  void enter_machine_mode();
  uint64_t* csr(uint64_t number);
  uint64_t load(uint64_t address, unsigned bytes) const;
  void store(uint64_t address, unsigned bytes, uint64_t value);

  MemoryRange range_;
  std::vector<uint8_t> memory_;
  std::vector<bool> stored_;  // a bit a byte
  std::array<uint64_t, 32> x_{};
  uint64_t pc_;
  uint64_t order_ = 0;
  uint64_t mtvec_ = 0, mepc_ = 0, mcause_ = 0, mtval_ = 0, mscratch_ = 0, mie_register_ = 0;
  // Of mstatus; there are no delegations and no PMP entries, so that user mode can fetch nothing.
  Mode mode_ = Mode::kMachine, mpp_ = Mode::kUser;
  bool mie_ = false, mpie_ = false;
  std::optional<Reservation> reservation_;
  bool lost_ = false;
};

}  // namespace zext::rtl_sim
