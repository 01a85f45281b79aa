#include "rtl_sim/core/testbench/csr_reference.h"

#include <algorithm>
#include <iterator>

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kMisa = 0x8000'0000'0014'1105;

// Bits of mstatus
enum : uint8_t {
  kSie = 1,
  kMie = 3,
  kSpie = 5,
  kMpie = 7,
  kSpp = 8,
  kMpp = 11,
  kMprv = 17,
  kSum = 18,
  kMxr = 19,
  kTvm = 20,
  kTw = 21,
  kTsr = 22
};

constexpr uint64_t bit(unsigned n) { return uint64_t{1} << n; }

constexpr uint64_t kMstatusWritable = bit(kSie) | bit(kMie) | bit(kSpie) | bit(kMpie) | bit(kSpp) |
                                      bit(kMpp) | bit(kMpp + 1) | bit(kMprv) | bit(kSum) |
                                      bit(kMxr) | bit(kTvm) | bit(kTw) | bit(kTsr);
constexpr uint64_t kSstatusWritable = bit(kSie) | bit(kSpie) | bit(kSpp) | bit(kSum) | bit(kMxr);
constexpr uint64_t kUxl = 3ULL << 32;

constexpr uint64_t kSupervisorInterrupts = bit(1) | bit(5) | bit(9);
constexpr uint64_t kInterrupts = kSupervisorInterrupts | bit(3) | bit(7) | bit(11);

constexpr bool within(uint16_t addr, uint16_t first, uint16_t last) {
  return addr >= first && addr <= last;
}

// A counter's number if it can count at all.
constexpr bool counts(unsigned number) { return number != 1 && number < 3 + kHpmCounters; }

}  // namespace

const std::vector<uint16_t>& CsrReference::addresses() {
  static const std::vector<uint16_t> all = [] {
    std::vector<uint16_t> list = {
        0x100, 0x104, 0x105, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x180, 0x300, 0x301,
        0x302, 0x303, 0x304, 0x305, 0x306, 0x30a, 0x320, 0x340, 0x341, 0x342, 0x343, 0x344, 0x3a0,
        0x3a2, 0x7a0, 0x7a1, 0x7a2, 0x7a3, 0x7a4, 0xb00, 0xb02, 0xf11, 0xf12, 0xf13, 0xf14, 0xf15};
    for (uint16_t i = 3; i < 32; i++) {
      list.push_back(0x320 + i);
      list.push_back(0xb00 + i);
    }
    for (uint16_t i = 0; i < 32; i++) list.push_back(0xc00 + i);
    for (uint16_t i = 0; i < 16; i++) list.push_back(0x3b0 + i);
    return list;
  }();
  return all;
}

bool CsrReference::illegal(const CsrInputs& in) const {
  const auto& known = addresses();
  if (std::find(known.begin(), known.end(), in.addr) == known.end()) return true;
  if ((in.addr >> 8 & 3) > mode_) return true;
  if (in.write && in.addr >> 10 == 3) return true;
  if (in.addr == 0x180 && mode_ == kModeS && status(kTvm)) return true;
  if (within(in.addr, 0xc00, 0xc1f)) {
    const uint64_t counter = bit(in.addr & 31);
    if (mode_ < kModeM && (mcounteren_ & counter) == 0) return true;
    if (mode_ < kModeS && (scounteren_ & counter) == 0) return true;
  }
  return false;
}

uint64_t* CsrReference::TrapRegisters::at(uint16_t addr) {
  switch (addr & 0xff) {
    case 0x05:
      return &tvec;
    case 0x40:
      return &scratch;
    case 0x41:
      return &epc;
    case 0x42:
      return &cause;
    case 0x43:
      return &tval;
    default:
      return nullptr;
  }
}

void CsrReference::TrapRegisters::write(uint16_t addr, uint64_t value) {
  uint64_t* reg = at(addr);
  if (reg == &tvec && (value & 3) >= 2) return;
  *reg = reg == &epc ? value & ~uint64_t{1} : value;
}

uint64_t CsrReference::read(uint16_t addr, const CsrInputs& in) const {
  const uint64_t pending = software_pending_ | in.lines;
  switch (addr) {
    case 0x100:
      return mstatus_ & (kSstatusWritable | kUxl);
    case 0x300:
      return mstatus_;
    case 0x301:
      return kMisa;
    case 0x302:
      return medeleg_;
    case 0x303:
      return mideleg_;
    case 0x104:
      return mie_ & mideleg_;
    case 0x304:
      return mie_;
    case 0x144:
      return pending & mideleg_;
    case 0x344:
      return pending;
    case 0x106:
      return scounteren_;
    case 0x306:
      return mcounteren_;
    case 0x10a:
      return senvcfg_;
    case 0x30a:
      return menvcfg_;
    case 0x180:
      return satp_;
    case 0x320:
      return mcountinhibit_;
    case 0xc01:
      return in.time;
    case 0x7a4:
      return 1;
    default:
      break;
  }
  if (within(addr, 0x323, 0x33f)) return event_[addr & 31];
  if (within(addr, 0xb00, 0xb1f) || within(addr, 0xc00, 0xc1f)) return counter_[addr & 31];
  if (addr == 0x3a0) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) value |= uint64_t{pmp_cfg_[i]} << 8 * i;
    return value;
  }
  if (within(addr, 0x3b0, 0x3b0 + kPmpEntries - 1)) return pmp_addr_[addr - 0x3b0];
  TrapRegisters copy = (addr >> 8) == 3 ? m_ : s_;
  if ((addr >> 8) == 1 || (addr >> 8) == 3) {
    if (const uint64_t* reg = copy.at(addr)) return *reg;
  }
  return 0;
}

// What the instruction wants to write, before WARL.
uint64_t CsrReference::new_value(const CsrInputs& in) const {
  // 3.1.9: the line's value takes no part in the read-modify-write of SEIP.
  CsrInputs blind = in;
  blind.lines &= static_cast<uint16_t>(~bit(9));
  const uint64_t old = read(in.addr, blind);
  return in.op == 2 ? old | in.operand : in.op == 3 ? old & ~in.operand : in.operand;
}

uint64_t CsrReference::written(const CsrInputs& in) const {
  CsrReference after = *this;
  after.write(in.addr, new_value(in));
  return after.read(in.addr, in);
}

bool CsrReference::flushes(const CsrInputs& in) const {
  if (!in.access || !in.write || illegal(in)) return false;
  if (in.addr == 0x180 || within(in.addr, 0x3a0, 0x3ef)) return true;
  CsrReference after = *this;
  after.write(in.addr, new_value(in));
  constexpr uint16_t kInterruptRegisters[] = {0x100, 0x300, 0x303, 0x104, 0x304, 0x144, 0x344};
  const bool interrupts =
      std::ranges::find(kInterruptRegisters, in.addr) != std::end(kInterruptRegisters);
  if (interrupts && after.wakes(in)) return true;
  const uint64_t changed = after.mstatus_ ^ mstatus_;
  const uint64_t rules = bit(kMprv) | bit(kSum) | bit(kMxr) | bit(kTvm) | bit(kTw) | bit(kTsr);
  return (changed & rules) != 0 || (after.status(kMprv) && (changed & 3U << kMpp) != 0);
}

bool CsrReference::delegated(const CsrInputs& in) const {
  return mode_ != kModeM && ((in.interrupt ? mideleg_ : medeleg_) >> in.cause & 1) != 0;
}

uint64_t CsrReference::trap_target(const CsrInputs& in) const {
  const uint64_t tvec = delegated(in) ? s_.tvec : m_.tvec;
  const bool vectored = (tvec & 1) != 0 && in.interrupt;
  return (tvec & ~uint64_t{3}) + (vectored ? 4 * uint64_t{in.cause} : 0);
}

int CsrReference::interrupt(const CsrInputs& in) const {
  const uint64_t ready = (software_pending_ | in.lines) & mie_;
  const bool for_m = mode_ != kModeM || status(kMie);
  const bool for_s = mode_ == kModeU || (mode_ == kModeS && status(kSie));
  for (const uint64_t reach : {for_m ? ~mideleg_ : 0, for_s ? mideleg_ : 0}) {
    for (const int cause : {11, 3, 7, 9, 1, 5}) {
      if ((ready & reach & bit(static_cast<unsigned>(cause))) != 0) return cause;
    }
  }
  return -1;
}

bool CsrReference::wakes(const CsrInputs& in) const {
  return ((software_pending_ | in.lines) & mie_) != 0;
}

bool CsrReference::counting() const {
  return std::ranges::any_of(event_, [](uint64_t event) { return event != 0; });
}

Mode CsrReference::data_mode() const {
  return status(kMprv) ? static_cast<Mode>(mstatus_ >> kMpp & 3) : mode_;
}

void CsrReference::set_status(unsigned n, bool value) {
  mstatus_ = (mstatus_ & ~bit(n)) | (value ? bit(n) : 0);
}

void CsrReference::write_status(uint64_t value, uint64_t mask) {
  if ((value >> kMpp & 3) == 2) mask &= ~(uint64_t{3} << kMpp);
  mstatus_ = (mstatus_ & ~mask) | (value & mask);
}

bool CsrReference::pmp_address_locked(unsigned entry) const {
  if ((pmp_cfg_[entry] & 0x80) != 0) return true;
  return entry + 1 < kPmpEntries && (pmp_cfg_[entry + 1] & 0x98) == 0x88;
}

void CsrReference::write_pmp(uint16_t addr, uint64_t value) {
  if (addr == 0x3a0) {
    for (unsigned i = 0; i < 8; i++) {
      if ((pmp_cfg_[i] & 0x80) != 0) continue;
      auto cfg = static_cast<uint8_t>(value >> 8 * i & 0x9f);
      if ((cfg & 3) == 2) cfg &= 0xfd;
      pmp_cfg_[i] = cfg;
    }
  } else if (within(addr, 0x3b0, 0x3b0 + kPmpEntries - 1) && !pmp_address_locked(addr - 0x3b0)) {
    pmp_addr_[addr - 0x3b0] = value & (bit(54) - 1);
  }
}

void CsrReference::write(uint16_t addr, uint64_t value) {
  switch (addr) {
    case 0x100:
      write_status(value, kSstatusWritable);
      return;
    case 0x300:
      write_status(value, kMstatusWritable);
      return;
    case 0x302:
      medeleg_ = value & 0xb3ff;
      return;
    case 0x303:
      mideleg_ = value & kSupervisorInterrupts;
      return;
    case 0x104:
      mie_ = (mie_ & ~mideleg_) | (value & mideleg_);
      return;
    case 0x304:
      mie_ = value & kInterrupts;
      return;
    case 0x144:
      software_pending_ ^= (software_pending_ ^ value) & mideleg_ & bit(1);
      return;
    case 0x344:
      software_pending_ = value & kSupervisorInterrupts;
      return;
    case 0x106:
      scounteren_ = value & 0xffff'ffff;
      return;
    case 0x306:
      mcounteren_ = value & 0xffff'ffff;
      return;
    case 0x10a:
      senvcfg_ = value & 1;
      return;
    case 0x30a:
      menvcfg_ = value & 1;
      return;
    case 0x180:
      if (value >> 60 == 0 || value >> 60 == 8) satp_ = value;
      return;
    case 0x320:
      mcountinhibit_ = value & (bit(3 + kHpmCounters) - 1) & ~bit(1);
      return;
    default:
      break;
  }
  if (within(addr, 0x323, 0x33f) && counts(addr & 31))
    event_[addr & 31] = value < kEvents ? value : 0;
  if (within(addr, 0xb00, 0xb1f) && counts(addr & 31)) counter_[addr & 31] = value;
  if (within(addr, 0x3a0, 0x3ef)) write_pmp(addr, value);
  if ((addr >> 8) == 1 && s_.at(addr) != nullptr) s_.write(addr, value);
  if ((addr >> 8) == 3 && m_.at(addr) != nullptr) m_.write(addr, value);
}

void CsrReference::count(const CsrInputs& in) {
  const auto runs = [&](unsigned n) { return (mcountinhibit_ >> n & 1) == 0; };
  if (runs(0)) counter_[0]++;
  if (runs(2)) counter_[2] += in.retire;
  for (unsigned i = 3; i < 3 + kHpmCounters; i++) {
    if (runs(i) && event_[i] != 0) counter_[i] += in.events >> event_[i] & 1;
  }
}

void CsrReference::trap(const CsrInputs& in) {
  const bool to_s = delegated(in);
  TrapRegisters& regs = to_s ? s_ : m_;
  regs.epc = in.pc;
  regs.cause = (in.interrupt ? bit(63) : 0) | in.cause;
  regs.tval = in.value;
  if (to_s) {
    set_status(kSpie, status(kSie));
    set_status(kSie, false);
    set_status(kSpp, mode_ == kModeS);
    mode_ = kModeS;
  } else {
    set_status(kMpie, status(kMie));
    set_status(kMie, false);
    write_status(uint64_t{mode_} << kMpp, uint64_t{3} << kMpp);
    mode_ = kModeM;
  }
}

void CsrReference::machine_return() {
  mode_ = static_cast<Mode>(mstatus_ >> kMpp & 3);
  set_status(kMie, status(kMpie));
  set_status(kMpie, true);
  write_status(uint64_t{kModeU} << kMpp, uint64_t{3} << kMpp);
  if (mode_ != kModeM) set_status(kMprv, false);
}

void CsrReference::supervisor_return() {
  mode_ = status(kSpp) ? kModeS : kModeU;
  set_status(kSie, status(kSpie));
  set_status(kSpie, true);
  set_status(kSpp, false);
  set_status(kMprv, false);
}

void CsrReference::step(const CsrInputs& in) {
  const bool writes = in.access && in.write && in.commit && !illegal(in);
  const uint64_t value = writes ? new_value(in) : 0;
  count(in);
  if (writes) write(in.addr, value);
  if (in.trap) trap(in);
  if (in.mret) machine_return();
  if (in.sret) supervisor_return();
}

}  // namespace zext::rtl_sim
