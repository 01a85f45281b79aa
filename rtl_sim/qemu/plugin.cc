// The plugin that runs inside QEMU: turns what QEMU executes into records in the shared channel.
//
// QEMU runs with -singlestep, one instruction a translation block, so that at each callback the
// registers in memory are those after the instruction before. Hence an instruction's record is
// begun at its own callback and completed at the next one.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "rtl_sim/qemu/channel.h"
#include "rtl_sim/qemu/effects.h"
#include "rtl_sim/qemu/plugin_api.h"
#include "rtl_sim/qemu/plugin_registers.h"

namespace zext::rtl_sim::qemu {
namespace {

constexpr uint16_t kMepc = 0x341;
constexpr uint16_t kMcause = 0x342;
constexpr uint64_t kInterruptBit = uint64_t{1} << 63;

// Kept in the guest's mcause whenever the guest cannot see it: a trap overwrites it, and so each
// trap is noticed for the price of one comparison an instruction. No cause has this value.
constexpr uint64_t kNoTrap = 0x7e57'0000'7e57'0000;

// CSRs whose value is the implementation's choice, or depends on time: the privileged manual's
// mstatus, misa, mie and mcountinhibit (WARL), mip, identity registers and all counters.
constexpr bool implementation_defined(uint16_t csr) {
  return csr == 0x300 || csr == 0x301 || csr == 0x304 || csr == 0x344 ||
         (csr >= 0x320 && csr < 0x340) || (csr >= 0xb00 && csr < 0xb20) ||
         (csr >= 0xc00 && csr < 0xc20) || (csr >= 0xf11 && csr <= 0xf15);
}

// One instruction at one address, as long as its bits stay the same.
struct Insn {
  uint64_t pc;
  uint32_t bits;
  Effects effects;
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
  void find_registers();
  void stop_timer();
  void complete(uint64_t next_pc);
  void complete_traps(uint64_t next_pc);
  void expect_defect(const Insn& insn);
  bool correct();
  void correct_mtval();
  void begin(const Insn& insn);
  void publish();
  void wait_for_room();
  void wait_for_value();
  [[noreturn]] void end(State state);

  Channel& channel_;
  const Request& request_ = channel_.request;
  const uint8_t* memory_;
  std::map<std::pair<uint64_t, uint32_t>, std::unique_ptr<Insn>> insns_;

  Registers registers_;
  const Insn* current_ = nullptr;    // begun, not complete
  Record* record_ = nullptr;         // its record
  uint64_t mcause_ = 0;              // what the guest believes mcause to hold
  const Insn* defective_ = nullptr;  // executing, and perhaps wrongly
  uint64_t operand_ = 0;             // its rs1 from before
  uint64_t interrupt_ = 0;           // cause of the interrupt just taken, or 0
  uint64_t produced_ = 0;
  uint64_t room_until_ = Channel::kRecords;
  uint64_t values_wanted_ = 0;
  bool tohost_stored_ = false;
  uint64_t started_ = 0;
};

Plugin* plugin = nullptr;

uint64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

Insn* Plugin::insn_at(uint64_t pc, uint32_t bits) {
  auto& slot = insns_[{pc, bits}];
  if (slot == nullptr) slot = std::make_unique<Insn>(pc, bits, effects_of(bits));
  return slot.get();
}

void Plugin::start() {
  if (request_.stream != 0) {
    find_registers();
    stop_timer();
    mcause_ = std::exchange(*registers_.mcause, kNoTrap);
  }
  started_ = now();
  channel_.state.store(State::kRunning, std::memory_order_release);
}

void Plugin::find_registers() {
  auto found = Registers::find();
  if (!found) {
    std::snprintf(channel_.error, sizeof channel_.error, "%s", found.error().c_str());
    end(State::kUnsuitable);
  }
  registers_ = *found;
}

// QEMU's timer compares with 0 after reset and runs on wall time, so that its interrupt is pending
// from the beginning. The core's is not: set the compare register to never.
void Plugin::stop_timer() {
  constexpr uint64_t kMtimecmp = 0x0200'4000;  // of hart 0, in QEMU virt's memory map
  uint64_t never = UINT64_MAX;
  if (cpu_physical_memory_rw != nullptr) {
    cpu_physical_memory_rw(kMtimecmp, &never, sizeof never, true);
  }
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

void Plugin::before_insn(const Insn& insn) {
  if (started_ == 0) [[unlikely]]
    start();
  if (current_ != nullptr) complete(insn.pc);
  if (tohost_stored_) [[unlikely]]
    end(State::kTohost);
  if (produced_ >= request_.max_instructions) [[unlikely]]
    end(State::kInstructionLimit);
  begin(insn);
}

void Plugin::begin(const Insn& insn) {
  wait_for_room();
  current_ = &insn;
  record_ = &channel_.record(produced_);
  *record_ = Record{.pc = insn.pc, .insn = insn.bits, .rd = insn.effects.rd};
  if (interrupt_ != 0) [[unlikely]] {
    record_->flags = Record::kInterrupt;
    record_->cause = std::exchange(interrupt_, 0);
  }
  if (insn.effects.csr == kMcause) [[unlikely]]
    *registers_.mcause = mcause_;
  if (insn.effects.defective) [[unlikely]]
    expect_defect(insn);
}

void Plugin::complete(uint64_t next_pc) {
  const Effects& effects = current_->effects;
  if (effects.csr == kMcause) [[unlikely]]
    mcause_ = std::exchange(*registers_.mcause, kNoTrap);
  // QEMU 7.2 lets the guest set bit 0, which no mepc has.
  if (effects.csr == kMepc) [[unlikely]]
    *registers_.mepc &= ~uint64_t{1};
  record_->next_pc = next_pc;
  if (defective_ != nullptr && correct()) [[unlikely]]
    record_->flags |= Record::kCorrected;
  record_->rd_value = effects.rd == 0 ? 0 : registers_.gpr[effects.rd];
  if (*registers_.mcause != kNoTrap) [[unlikely]]
    return complete_traps(next_pc);

  if (!effects.known) [[unlikely]]
    record_->flags |= Record::kUnknown;
  if (effects.kind == Effects::Kind::kStoreConditional) [[unlikely]] {
    // QEMU makes a compare-and-swap of it: it reads always, and writes the old value on failure.
    record_->read_bytes = 0;
    if (record_->rd_value != 0) record_->written_bytes = 0;
  }
  const bool supply = request_.supply_csr_reads != 0 && effects.kind == Effects::Kind::kCsr &&
                      effects.rd != 0 && implementation_defined(effects.csr);
  if (supply) [[unlikely]]
    record_->flags |= Record::kWantsValue;
  publish();
  if (supply) [[unlikely]]
    wait_for_value();
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

// Of a misaligned access that faults QEMU 7.2 reports the address rounded down to the access's
// size, where the manual wants the first byte that faulted. The registers are those from before the
// access, since it did not complete.
void Plugin::correct_mtval() {
  const auto access = access_of(record_->insn, registers_.gpr);
  uint64_t& mtval = *registers_.mtval;
  if (!access || mtval == access->address) return;
  if (mtval != (access->address & ~uint64_t{access->bytes - 1u})) return;
  mtval = access->address;
  record_->flags |= Record::kCorrected;
}

// A trap or an interrupt was taken since the callback of the current instruction.
void Plugin::complete_traps(uint64_t next_pc) {
  mcause_ = std::exchange(*registers_.mcause, kNoTrap);
  const uint64_t mepc = *registers_.mepc;
  if ((mcause_ & kInterruptBit) != 0) {
    interrupt_ = mcause_;
    record_->next_pc = mepc;
    return publish();
  }
  if (mepc != current_->pc) {
    // The current instruction went to an address that cannot be fetched from: a trap of its own,
    // of which QEMU shows no instruction.
    record_->next_pc = mepc;
    publish();
    wait_for_room();
    record_ = &channel_.record(produced_);
    *record_ = Record{.pc = mepc, .next_pc = next_pc};
  }
  correct_mtval();
  record_->flags |= Record::kTrap;
  record_->cause = mcause_;
  record_->mem_addr = *registers_.mtval;
  record_->rd = 0;
  record_->rd_value = 0;
  record_->read_bytes = record_->written_bytes = 0;
  publish();
}

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

void Plugin::wait_for_value() {
  ++values_wanted_;
  channel_.consumer.ring();
  auto supplied = [this] {
    return channel_.supplied.load(std::memory_order_acquire) == values_wanted_;
  };
  for (int i = 0; i < Channel::kSpins && !supplied(); ++i) relax();
  while (!supplied()) channel_.producer.sleep(Channel::kSleep, supplied);
  registers_.gpr[current_->effects.rd] = channel_.supplied_value.load(std::memory_order_relaxed);
}

void Plugin::after_access(uint64_t address, unsigned bytes, bool store) {
  uint64_t value = 0;
  const uint64_t offset = address - request_.memory_base;
  const bool in_memory = offset < request_.memory_size && request_.memory_size - offset >= bytes;
  if (in_memory) std::memcpy(&value, memory_ + offset, bytes);

  if (request_.stream != 0) {
    record_->mem_addr = address;
    (store ? record_->written_bytes : record_->read_bytes) = bytes;
    (store ? record_->mem_wdata : record_->mem_rdata) = value;
  }
  // Like the core's memory: a store that starts at `tohost` and leaves it non-zero.
  if (!store || address != request_.tohost || request_.has_tohost == 0) [[likely]]
    return;
  std::memcpy(&value, memory_ + offset, sizeof value);
  channel_.tohost_value = value;
  tohost_stored_ = value != 0;
}

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
    if (known->effects.kind == Effects::Kind::kMemory ||
        known->effects.kind == Effects::Kind::kStoreConditional || !known->effects.known) {
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
