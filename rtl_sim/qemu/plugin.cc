// The plugin that runs inside QEMU: turns what QEMU executes into records in the shared channel.
#include "rtl_sim/qemu/plugin.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "rtl_sim/qemu/plugin_api.h"
#include "rtl_sim/qemu/plugin_csrs.h"
#include "rtl_sim/qemu/plugin_devices.h"

namespace zext::rtl_sim::qemu {
namespace {

constexpr uint64_t kInterruptBit = uint64_t{1} << 63;

Plugin* plugin = nullptr;

uint64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

Insn* Plugin::insn_at(uint64_t pc, uint32_t bits) {
  auto& slot = insns_[{pc, bits}];
  if (slot == nullptr) slot = std::make_unique<Insn>(pc, bits, effects_of(bits));
  return slot.get();
}

void Plugin::start() {
  remove_devices(request_.memory_base);
  if (request_.stream != 0) prepare_stream();
  started_ = now();
  channel_.state.store(State::kRunning, std::memory_order_release);
}

void Plugin::prepare_stream() {
  find_registers();
  auto legal = legalize_csrs(registers_.gpr, registers_.mode, request_.pmp_entries);
  if (!legal) unsuitable(legal.error());
  mcause_.place = registers_.machine.cause;
  scause_.place = registers_.supervisor.cause;
  mcause_.hide();
  scause_.hide();
}

void Plugin::find_registers() {
  auto found = Registers::find();
  if (!found) unsuitable(found.error());
  registers_ = *found;
}

void Plugin::unsuitable(const std::string& why) {
  std::snprintf(channel_.error, sizeof channel_.error, "%s", why.c_str());
  end(State::kUnsuitable);
}

void Plugin::end(State state) {
  channel_.instructions = produced_;
  channel_.nanoseconds = started_ == 0 ? 0 : now() - started_;
  channel_.state.store(state, std::memory_order_release);
  channel_.consumer.ring();
  // Guest memory is shared with zext, so nothing is lost with this process.
  _exit(0);
}

void Plugin::count_insn(const Insn& insn) {
  if (started_ == 0) start();
  if (defective_ != nullptr) [[unlikely]]
    correct();
  if (tohost_stored_) end(State::kTohost);
  if (produced_ == request_.max_instructions) end(State::kInstructionLimit);
  channel_.produced.store(++produced_, std::memory_order_relaxed);
  if (insn.effects.defective) [[unlikely]]
    expect_defect(insn);
}

// May leave for good, by an exception: nothing here has a destructor.
void Plugin::before_insn(const Insn& insn) {
  if (started_ == 0) [[unlikely]]
    start();
  if (current_ != nullptr)
    complete(insn.pc);
  else if (mcause_.changed() || scause_.changed())
    complete_traps(insn.pc);  // the interrupt that we took, and perhaps more
  if (raised_) [[unlikely]]
    lower_interrupt();
  if (tohost_stored_) [[unlikely]]
    end(State::kTohost);
  if (produced_ >= request_.max_instructions) [[unlikely]]
    end(State::kInstructionLimit);
  if (interrupt_ == 0 && answered_ != produced_) take_interrupt();
  if (request_.follow != 0) announce_interrupt();
  begin(insn);
  switch (insn.effects.kind) {
    case Effects::Kind::kAtomic:
    case Effects::Kind::kStoreConditional:
      forget_borrowed();
      return check_atomic(insn);
    case Effects::Kind::kWait:
      return skip_wait(insn);
    case Effects::Kind::kMemory:
      return forget_borrowed();
    case Effects::Kind::kPlain:
    case Effects::Kind::kCsr:
      return;
  }
}

void Plugin::begin(const Insn& insn) {
  wait_for_room();
  current_ = &insn;
  record_ = &channel_.record(produced_);
  *record_ = Record{.pc = insn.pc, .insn = insn.bits, .rd = insn.effects.rd};
  record_->cause_mode = static_cast<uint8_t>(*registers_.mode << 6);
  device_read_ = false;
  if (interrupt_ != 0) [[unlikely]] {
    record_->flags = Record::kInterrupt;
    record_->set_cause(std::exchange(interrupt_, 0));
  }
  leaves_machine_ =
      insn.bits == kSret || (insn.bits == kMret && (*registers_.mstatus & kMpp) != kMpp);
  // Only to who may look, since the others trap.
  const uint64_t mode = *registers_.mode;
  if (insn.effects.csr == kMcause && mode == kMachineMode) [[unlikely]]
    (shown_ = &mcause_)->show();
  if (insn.effects.csr == kScause && mode != kUserMode) [[unlikely]]
    (shown_ = &scause_)->show();
  if (insn.effects.defective) [[unlikely]]
    expect_defect(insn);
}

void Plugin::complete(uint64_t next_pc) {
  const Effects& effects = current_->effects;
  if (shown_ != nullptr) [[unlikely]]
    hide_cause(next_pc);
  record_->next_pc = next_pc;
  if (defective_ != nullptr && correct()) [[unlikely]]
    record_->flags |= Record::kCorrected;
  record_->rd_value = effects.rd == 0 ? 0 : registers_.gpr[effects.rd];
  if (mcause_.changed() || scause_.changed()) [[unlikely]]
    return complete_traps(next_pc);
  finish(/*trap_follows=*/false);
}

// The current instruction accessed a cause register. The fetch behind it may have trapped already
// and overwritten it.
void Plugin::hide_cause(uint64_t next_pc) {
  Cause& shown = *std::exchange(shown_, nullptr);
  const Cause& other = &shown == &mcause_ ? scause_ : mcause_;
  if (next_pc == current_->pc + 4 || other.changed()) shown.hide();
}

// The current instruction did what it says, and went to record_->next_pc.
void Plugin::finish(bool trap_follows) {
  const Effects& effects = current_->effects;
  if (!effects.known) [[unlikely]]
    record_->flags |= Record::kUnknown;
  if (effects.kind == Effects::Kind::kStoreConditional) [[unlikely]] {
    // QEMU makes a compare-and-swap of it: it reads always, and writes the old value on failure.
    const bool failed = registers_.gpr[effects.rd] != 0;
    record_->bytes &= failed || effects.rd == 0 ? 0x00 : 0xf0;
    if (effects.rd == 0) record_->flags |= Record::kWantsValue;
  }
  if (effects.csr_write) [[unlikely]]
    note_csr(trap_follows);
  // A return to a mode below M clears MPRV, by the manual; in QEMU 7.2 it does not.
  if (std::exchange(leaves_machine_, false)) [[unlikely]]
    *registers_.mstatus &= ~kMprv;
  const bool depends = device_read_ || (effects.kind == Effects::Kind::kCsr && effects.rd != 0 &&
                                        implementation_defined(effects.csr));
  if (depends && request_.follow != 0) [[unlikely]] {
    record_->flags |= Record::kWantsValue;
    const Lead* const told = lead(produced_);
    if (told != nullptr && (told->flags & Lead::kValue) != 0 && effects.rd != 0) {
      registers_.gpr[effects.rd] = told->value;
    }
  }
  publish();
  current_ = nullptr;
}

// What a CSR holds after an instruction wrote it; a trap may have overwritten it since.
void Plugin::note_csr(bool trap_follows) {
  const uint16_t number = current_->effects.csr;
  if (trap_follows || implementation_defined(number)) return;
  record_->flags |= Record::kCsrWrite;
  record_->mem_wdata = number == kMcause   ? mcause_.value
                       : number == kScause ? scause_.value
                                           : csr(number);
}

// Traps or interrupts were taken since the callback of the last instruction: to M mode, to S mode,
// or to S mode whose handler could not be fetched, which was a trap to M mode. (Any other handler
// that cannot be fetched traps without end.)
void Plugin::complete_traps(uint64_t next_pc) {
  const bool twice = mcause_.changed() && scause_.changed();
  if (scause_.changed()) {
    complete_trap(scause_, registers_.supervisor, twice ? *registers_.machine.epc : next_pc);
  }
  if (mcause_.changed()) complete_trap(mcause_, registers_.machine, next_pc);
}

void Plugin::complete_trap(Cause& cause, const Registers::Trap& trap, uint64_t next_pc) {
  cause.hide();
  const uint64_t epc = *trap.epc;
  const bool interrupt = (cause.value & kInterruptBit) != 0;
  if (current_ != nullptr && (interrupt || epc != current_->pc)) {
    record_->next_pc = epc;
    finish(/*trap_follows=*/true);
  }
  if (interrupt) {
    interrupt_ = right_interrupt(&cause == &mcause_, cause.value);
    return;
  }
  if (current_ == nullptr) {
    // What came before went to an address that cannot be fetched from: a trap of its own, of which
    // QEMU shows no instruction.
    wait_for_room();
    record_ = &channel_.record(produced_);
    *record_ = Record{.pc = epc};
    if (std::exchange(interrupt_, 0) != 0) record_->flags = Record::kInterrupt;
    const uint64_t mstatus = *registers_.mstatus;
    const uint64_t mode = &cause == &mcause_ ? mstatus >> 11 & 3 : mstatus >> 8 & 1;
    record_->cause_mode = static_cast<uint8_t>(mode << 6);
  }
  leaves_machine_ = false;
  correct_tval(cause.value, *trap.tval);
  record_->flags |= Record::kTrap;
  record_->set_cause(cause.value);
  record_->mem_addr = *trap.tval;
  record_->next_pc = next_pc;
  record_->rd = 0;
  record_->rd_value = 0;
  record_->bytes = 0;
  publish();
  current_ = nullptr;
}

uint64_t Plugin::csr(int number) {
  uint64_t value = 0;
  riscv_csrrw_debug(registers_.gpr, number, &value, 0, 0);
  return value;
}

// ---- Talking to zext ----

// zext is not woken up for a single record: it looks again soon, or is woken up when we have to
// wait.
void Plugin::publish() { channel_.produced.store(++produced_, std::memory_order_release); }

void Plugin::wait_for_room() {
  if (produced_ != room_until_) [[likely]]
    return;
  auto room = [this] {
    room_until_ = channel_.consumed.load(std::memory_order_acquire) + Channel::kRecords;
    return produced_ != room_until_;
  };
  // A reader that is slower than QEMU gives room back after a long time, in lots: no use in
  // spinning.
  if (room()) return;
  channel_.consumer.ring();
  while (!room()) channel_.producer.sleep(Channel::kSleep, room);
}

namespace {

// ---- What QEMU calls ----

void on_insn(unsigned, void* data) { plugin->before_insn(*static_cast<const Insn*>(data)); }

void on_insn_count(unsigned, void* data) { plugin->count_insn(*static_cast<const Insn*>(data)); }

void on_access(unsigned, qemu_plugin_meminfo_t info, uint64_t address, void*) {
  plugin->after_access(address, 1u << qemu_plugin_mem_size_shift(info),
                       qemu_plugin_mem_is_store(info));
}

void on_translate(qemu_plugin_id_t, qemu_plugin_tb* block) {
  const bool stream = plugin->streams();
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
    qemu_plugin_insn* const insn = qemu_plugin_tb_get_insn(block, i);
    uint32_t bits = 0;
    std::memcpy(&bits, qemu_plugin_insn_data(insn),
                std::min<size_t>(qemu_plugin_insn_size(insn), sizeof bits));
    Insn* const known = plugin->insn_at(qemu_plugin_insn_vaddr(insn), bits);
    qemu_plugin_register_vcpu_insn_exec_cb(insn, stream ? on_insn : on_insn_count,
                                           QEMU_PLUGIN_CB_RW_REGS, known);
    const Effects::Kind kind = known->effects.kind;
    if (kind == Effects::Kind::kMemory || kind == Effects::Kind::kAtomic ||
        kind == Effects::Kind::kStoreConditional || !known->effects.known) {
      qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS,
                                       stream ? QEMU_PLUGIN_MEM_RW : QEMU_PLUGIN_MEM_W, nullptr);
    }
  }
}

void* map(int fd, size_t size, int protection) {
  void* const memory = mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

// The channel behind the argument "channel=<file descriptor>".
Channel* open_channel(int argc, char** argv) {
  constexpr std::string_view kName = "channel=";
  for (int i = 0; i < argc; ++i) {
    if (!std::string_view(argv[i]).starts_with(kName)) continue;
    const int fd = std::atoi(argv[i] + kName.size());
    void* const memory = map(fd, sizeof(Channel), PROT_READ | PROT_WRITE);
    auto* const channel = static_cast<Channel*>(memory);
    return channel != nullptr && channel->magic == Channel::kMagic ? channel : nullptr;
  }
  return nullptr;
}

int install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv) {
  Channel* const channel = open_channel(argc, argv);
  if (channel == nullptr || !info->system_emulation ||
      std::string_view(info->target_name) != "riscv64") {
    std::fprintf(stderr, "zext's QEMU plugin is of use to zext only\n");
    return 1;
  }
  const Request& request = channel->request;
  const void* const memory = map(request.memory_fd, request.memory_size, PROT_READ);
  if (memory == nullptr) {
    std::fprintf(stderr, "zext's QEMU plugin cannot map guest memory\n");
    return 1;
  }
  plugin = new Plugin(channel, static_cast<const uint8_t*>(memory));
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  return 0;
}

}  // namespace
}  // namespace zext::rtl_sim::qemu

extern "C" {

__attribute__((visibility("default"))) extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
                                                               const qemu_info_t* info, int argc,
                                                               char** argv) {
  return zext::rtl_sim::qemu::install(id, info, argc, argv);
}

}  // extern "C"
