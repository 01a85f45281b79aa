// Where the plugin takes interrupts: the leader's, and those that the guest itself makes pending.
//
// QEMU's own mip is zero, but for the one bit that shall be taken. It would choose the lowest
// number of several, where the manual has an order of its own.
#include <iterator>
#include <utility>

#include "rtl_sim/qemu/plugin.h"
#include "rtl_sim/qemu/plugin_api.h"
#include "rtl_sim/qemu/plugin_csrs.h"

namespace zext::rtl_sim::qemu {
namespace {

constexpr int kMie = 0x304, kMideleg = 0x303;
constexpr uint64_t kInterruptBit = uint64_t{1} << 63, kNone = UINT64_MAX;
constexpr int kHardInterrupt = 2;  // QEMU's request flag

// External, software, timer; of M mode before those of S mode (privileged manual, 3.1.9).
constexpr uint64_t kOrder[] = {11, 3, 7, 9, 1, 5};

constexpr bool bit(uint64_t value, unsigned number) { return (value >> number & 1) != 0; }

// The line that the leader's interrupt came from; of one that is not shown software's alone.
uint64_t line(const Lead* told) {
  if (told == nullptr || (told->flags & Lead::kInterrupt) == 0) return 0;
  return told->cause == Lead::kUnknownCause ? 0 : uint64_t{1} << told->cause;
}

}  // namespace

// What the leader did at an instruction, if it is anything special. Waits until it has told.
const Lead* Plugin::lead(uint64_t index) {
  auto told = [this, index] {
    led_ = channel_.led.load(std::memory_order_acquire);
    return index < led_;
  };
  if (index >= led_ && !told()) [[unlikely]] {
    channel_.consumer.ring();
    for (int i = 0; i < Channel::kSpins && !told(); ++i) relax();
    while (!told()) channel_.producer.sleep(Channel::kSleep, told);
  }
  const uint64_t leads = channel_.leads.load(std::memory_order_relaxed);
  while (leads_read_ != leads && channel_.lead(leads_read_).index < produced_) ++leads_read_;
  for (uint64_t i = leads_read_; i != leads && channel_.lead(i).index <= index; ++i) {
    if (channel_.lead(i).index == index) return &channel_.lead(i);
  }
  return nullptr;
}

// Takes an interrupt instead of the current instruction, if there is one to take: made pending by
// the guest, or the leader's where it could not be announced.
void Plugin::take_interrupt() {
  const Lead* const told = request_.follow != 0 ? lead(produced_) : nullptr;
  const uint64_t pending = software_interrupts() | line(told);
  if (pending == 0) [[likely]]
    return;
  const uint64_t mstatus = *registers_.mstatus;
  const uint64_t cause = choose(pending, *registers_.mode, bit(mstatus, 3), bit(mstatus, 1));
  if (cause == kNone) return;
  answered_ = produced_;
  riscv_cpu_update_mip(registers_.cpu, UINT64_MAX, uint64_t{1} << cause);
  raised_ = true;
  riscv_cpu_exec_interrupt(registers_.cpu, kHardInterrupt);
  cpu_loop_exit_noexc(registers_.cpu);
}

// Before an instruction is executed: raises what the leader took behind it. QEMU looks before it
// fetches the next one, which perhaps cannot be fetched.
void Plugin::announce_interrupt() {
  const Lead* const next = lead(produced_ + 1);
  if (next == nullptr || (next->flags & Lead::kInterrupt) == 0) [[likely]]
    return;
  uint64_t pending = line(next);
  if (next->cause == Lead::kUnknownCause) {
    // It needs not be enabled yet: the instruction may be what enables it.
    const uint64_t cause = choose(software_interrupts(), kUserMode, true, true);
    pending = cause == kNone ? 0 : uint64_t{1} << cause;
  }
  riscv_cpu_update_mip(registers_.cpu, UINT64_MAX, pending);
  raised_ = true;
  answered_ = produced_ + 1;
}

void Plugin::lower_interrupt() {
  riscv_cpu_update_mip(registers_.cpu, UINT64_MAX, 0);
  raised_ = false;
}

// The interrupt to be taken of those pending, by the manual; kNone if all are off.
uint64_t Plugin::choose(uint64_t pending, uint64_t mode, bool machine_on, bool supervisor_on) {
  const uint64_t ready = pending & csr(kMie), delegated = csr(kMideleg);
  const bool to_machine = mode != kMachineMode || machine_on;
  const bool to_supervisor = mode == kUserMode || (mode == 1 && supervisor_on);
  const std::pair<bool, uint64_t> levels[] = {{to_machine, ready & ~delegated},
                                              {to_supervisor, ready & delegated}};
  for (const auto& [on, of_level] : levels) {
    if (!on) continue;
    for (const uint64_t cause : kOrder) {
      if (bit(of_level, static_cast<unsigned>(cause))) return cause;
    }
  }
  return kNone;
}

// An interrupt was taken: which one should have been, as far as we know what is pending.
uint64_t Plugin::right_interrupt(bool to_machine, uint64_t cause) {
  const uint64_t mstatus = *registers_.mstatus;
  const uint64_t mode = to_machine ? mstatus >> 11 & 3 : mstatus >> 8 & 1;
  const bool machine_on = bit(mstatus, to_machine ? 7 : 3);
  const bool supervisor_on = bit(mstatus, to_machine ? 1 : 5);
  const uint64_t pending = software_interrupts() | uint64_t{1} << (cause & 63);
  const uint64_t right = choose(pending, mode, machine_on, supervisor_on);
  return kInterruptBit | (right == kNone ? cause & 63 : right);
}

}  // namespace zext::rtl_sim::qemu
