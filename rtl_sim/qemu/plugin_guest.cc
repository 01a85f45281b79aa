// Where the plugin makes QEMU do what the leader did, or what the manual says.
#include <algorithm>
#include <cstring>
#include <utility>

#include "rtl_sim/qemu/plugin.h"
#include "rtl_sim/qemu/plugin_api.h"
#include "rtl_sim/qemu/plugin_devices.h"

namespace zext::rtl_sim::qemu {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kIllegal = 2, kBreakpoint = 3;  // causes

// QEMU's numbers.
constexpr int kLoad = 0, kStore = 1;        // kinds of access
constexpr uint32_t kMemoryDecodeError = 2;  // nothing at this address

}  // namespace

// ---- What QEMU does otherwise ----

// Whether M mode's data accesses are those of another mode.
bool Plugin::borrows_mode() const {
  return registers_.mstatus != nullptr && *registers_.mode == kMachineMode &&
         (*registers_.mstatus & kMprv) != 0;
}

// QEMU 7.2 keeps translations by MPRV in the same TLB as those of M mode's fetches, and does not
// notice that traps change MPP: it must forget them before and after each access.
void Plugin::forget_borrowed() {
  if (borrows_mode()) [[unlikely]]
    tlb_flush(registers_.cpu);
}

// QEMU makes a load and a store of an atomic: a fault of it would be one of a load. And it looks at
// memory only if an SC's address is the reserved one, where the core checks the access always.
void Plugin::check_atomic(const Insn& insn) {
  const Effects& effects = insn.effects;
  const uint64_t address = registers_.gpr[effects.rs1];
  const int access = effects.reserves ? kLoad : kStore;
  const int index = riscv_cpu_mmu_index(registers_.gpr, false);
  if (address % effects.bytes != 0) {
    riscv_cpu_do_unaligned_access(registers_.cpu, address, access, index, 0);
  }
  probe_access(registers_.gpr, address, effects.bytes, access, index, 0);
  if (!in_memory(physical(address), effects.bytes)) {
    riscv_cpu_do_transaction_failed(registers_.cpu, physical(address), address, effects.bytes,
                                    access, index, 0, kMemoryDecodeError, 0);
  }
}

// A WFI that does not trap would halt QEMU until an interrupt of its own: goes on behind it. The
// leader has waited already.
void Plugin::skip_wait(const Insn& insn) {
  constexpr uint64_t kTimeoutWait = 1 << 21;  // mstatus.TW
  const uint64_t mode = *registers_.mode;
  if (mode == kUserMode || (mode != kMachineMode && (*registers_.mstatus & kTimeoutWait) != 0))
    return;
  constexpr int kPc = 32;
  uint64_t next = insn.pc + 4;
  uint8_t bytes[8];
  std::memcpy(bytes, &next, sizeof next);
  riscv_cpu_gdb_write_register(registers_.cpu, bytes, kPc);
  cpu_loop_exit_noexc(registers_.cpu);
}

// Of a misaligned access that faults QEMU 7.2 reports the address rounded down to the access's
// size, where the manual wants the first byte that faulted. The registers are those from before the
// access, since it did not complete. Of an illegal instruction it sometimes forgets the bits. Of
// ebreak it tells 0, which the manual allows; the core, as the Sail model does, tells the pc.
void Plugin::correct_tval(uint64_t cause, uint64_t& tval) {
  if (current_ == nullptr) return;
  uint64_t right = tval;
  if (cause == kIllegal) right = record_->insn;
  if (cause == kBreakpoint) right = current_->pc;
  const auto access = access_of(record_->insn, registers_.gpr);
  if (access && tval == (access->address & ~uint64_t{access->bytes - 1u})) right = access->address;
  if (std::exchange(tval, right) != right) record_->flags |= Record::kCorrected;
}

// QEMU is about to execute what it is known to compute wrongly.
void Plugin::expect_defect(const Insn& insn) {
  if (registers_.gpr == nullptr) find_registers();
  defective_ = &insn;
  operand_ = registers_.gpr[insn.effects.rs1];
}

// Puts it right; false if it was.
bool Plugin::correct() {
  const Insn& insn = *std::exchange(defective_, nullptr);
  uint64_t& rd = registers_.gpr[insn.effects.rd];
  const uint64_t right = correct_result(insn.bits, operand_);
  return std::exchange(rd, right) != right;
}

// ---- Memory ----

bool Plugin::in_memory(uint64_t paddr, unsigned bytes) const {
  const uint64_t offset = paddr - request_.memory_base;
  return offset < request_.memory_size && request_.memory_size - offset >= bytes;
}

// Memory of which each byte exists.
uint64_t Plugin::load(uint64_t paddr, unsigned bytes) const {
  uint64_t value = 0;
  if (in_memory(paddr, bytes)) std::memcpy(&value, memory_ + (paddr - request_.memory_base), bytes);
  return value;
}

// Where the data of an access that succeeded lies.
uint64_t Plugin::physical(uint64_t address) {
  const bool bare = registers_.satp != nullptr && *registers_.satp >> 60 == 0;
  if (bare || riscv_cpu_get_phys_page_debug == nullptr) return address;
  const uint64_t page = address & ~(kPage - 1);
  return riscv_cpu_get_phys_page_debug(qemu_get_cpu(0), page) | (address - page);
}

void Plugin::after_access(uint64_t address, unsigned bytes, bool store) {
  // Without a stream only the store to `tohost` matters, and pages keep the low bits.
  if (request_.stream == 0 && (address ^ request_.tohost) % kPage != 0) return;
  const uint64_t paddr = physical(address);
  if (request_.stream != 0) {
    const auto in_page = static_cast<unsigned>(std::min<uint64_t>(bytes, kPage - address % kPage));
    uint64_t value = load(paddr, in_page);
    if (in_page != bytes) {
      value |= load(physical(address + in_page), bytes - in_page) << 8 * in_page;
    }
    record_->mem_addr = address;
    record_->mem_paddr = paddr;
    record_->bytes |= store ? bytes << 4 : bytes;
    (store ? record_->mem_wdata : record_->mem_rdata) = value;
    if (!in_memory(paddr, in_page)) device_access(paddr, store);
    forget_borrowed();
  }
  // Like the core's memory: a store that starts at `tohost` and leaves it non-zero.
  if (!store || paddr != request_.tohost || request_.has_tohost == 0) [[likely]]
    return;
  channel_.tohost_value = load(paddr, sizeof channel_.tohost_value);
  tohost_stored_ = channel_.tohost_value != 0;
}

// What a device gives is the core's to say, and what it does as well. A store's value is in its
// register.
void Plugin::device_access(uint64_t paddr, bool store) {
  if (!store) {
    device_read_ = true;
    return;
  }
  quiet_device(paddr);
  record_->mem_wdata = store_value(record_->insn, registers_.gpr);
}

}  // namespace zext::rtl_sim::qemu
