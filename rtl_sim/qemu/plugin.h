// The plugin's state and work: QEMU's one vCPU as a stream of records.
//
// QEMU runs with -singlestep, one instruction a translation block, so that at each callback the
// registers in memory are those after the instruction before. Hence an instruction's record is
// begun at its own callback and completed at the next one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "rtl_sim/qemu/channel.h"
#include "rtl_sim/qemu/effects.h"
#include "rtl_sim/qemu/plugin_registers.h"

namespace zext::rtl_sim::qemu {

// Kept in the guest's mcause and scause whenever the guest cannot see them: a trap overwrites one,
// and so each trap is noticed for the price of two comparisons an instruction. No cause has this
// value.
inline constexpr uint64_t kNoTrap = 0x7e57'0000'7e57'0000;

// By the privileged manual's numbers.
inline constexpr uint16_t kMcause = 0x342, kScause = 0x142, kMstatus = 0x300;
inline constexpr uint64_t kUserMode = 0, kMachineMode = 3;
inline constexpr uint64_t kMprv = 1 << 17, kMpp = 3 << 11;
inline constexpr uint32_t kSret = 0x1020'0073, kMret = 0x3020'0073;

// One instruction at one address, as long as its bits stay the same.
struct Insn {
  uint64_t pc;
  uint32_t bits;
  Effects effects;
};

// A cause register whose guest value is kept here as long as the guest cannot look.
struct Cause {
  uint64_t* place = nullptr;
  uint64_t value = 0;

  bool changed() const { return *place != kNoTrap; }
  void hide() { value = std::exchange(*place, kNoTrap); }
  void show() { *place = value; }
};

class Plugin {
 public:
  Plugin(Channel* channel, const uint8_t* memory) : channel_(*channel), memory_(memory) {}

  // What to hand to the callbacks of this instruction; valid for ever.
  Insn* insn_at(uint64_t pc, uint32_t bits);

  void before_insn(const Insn& insn);  // in stream mode
  void count_insn(const Insn& insn);   // in the other
  void after_access(uint64_t address, unsigned bytes, bool store);
  bool streams() const { return request_.stream != 0; }

 private:
  void start();
  void prepare_stream();
  void find_registers();
  void begin(const Insn& insn);
  void complete(uint64_t next_pc);
  void hide_cause(uint64_t next_pc);
  void finish(bool trap_follows);
  void complete_traps(uint64_t next_pc);
  void complete_trap(Cause& cause, const Registers::Trap& trap, uint64_t next_pc);
  void note_csr(bool trap_follows);
  void correct_tval(uint64_t cause, uint64_t& tval);
  void expect_defect(const Insn& insn);
  bool correct();

  uint64_t csr(int number);
  uint64_t physical(uint64_t address);
  uint64_t load(uint64_t paddr, unsigned bytes) const;
  bool in_memory(uint64_t paddr, unsigned bytes) const;

  void device_access(uint64_t paddr, bool store);

  const Lead* lead(uint64_t index);
  void take_interrupt();
  void announce_interrupt();
  void lower_interrupt();
  uint64_t choose(uint64_t pending, uint64_t mode, bool machine_on, bool supervisor_on);
  uint64_t right_interrupt(bool to_machine, uint64_t cause);
  bool borrows_mode() const;
  void forget_borrowed();
  void check_atomic(const Insn& insn);
  void skip_wait(const Insn& insn);

  void publish();
  void wait_for_room();
  [[noreturn]] void unsuitable(const std::string& why);
  [[noreturn]] void end(State state);

  Channel& channel_;
  const Request& request_ = channel_.request;
  const uint8_t* memory_;
  std::map<std::pair<uint64_t, uint32_t>, std::unique_ptr<Insn>> insns_;

  Registers registers_;
  const Insn* current_ = nullptr;  // begun, not complete
  Record* record_ = nullptr;       // its record
  Cause mcause_, scause_;
  Cause* shown_ = nullptr;           // to the current instruction
  const Insn* defective_ = nullptr;  // executing, and perhaps wrongly
  uint64_t operand_ = 0;             // its rs1 from before
  uint64_t interrupt_ = 0;           // cause of the interrupt just taken, or 0
  bool raised_ = false;              // QEMU's mip is not zero
  uint64_t answered_ = UINT64_MAX;  // the instruction before which interrupts have had their chance
  bool leaves_machine_ = false;     // the current instruction, if it does not trap
  bool device_read_ = false;        // by the current instruction
  uint64_t produced_ = 0;
  uint64_t room_until_ = Channel::kRecords;
  uint64_t led_ = 0;         // as last seen
  uint64_t leads_read_ = 0;  // leads of instructions before the current one
  bool tohost_stored_ = false;
  uint64_t started_ = 0;
};

}  // namespace zext::rtl_sim::qemu
