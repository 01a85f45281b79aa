#include "rtl_sim/lockstep/privileged_program.h"

#include <array>
#include <cstdlib>

#include "rtl_sim/lockstep/privileged_body.h"
#include "rtl_sim/lockstep/privileged_handlers.h"
#include "rtl_sim/lockstep/privileged_layout.h"
#include "rtl_sim/lockstep/privileged_pmp.h"
#include "rtl_sim/lockstep/privileged_tables.h"

namespace zext::rtl_sim::lockstep {
namespace {

using rv64::Op;
using Bytes = std::vector<uint8_t>;

constexpr uint64_t kMtimecmp = 0x0200'4000, kMtime = 0x0200'bff8, kMsip = 0x0200'0000;
constexpr uint64_t kSsip = 1 << 1, kMtip = 1 << 7, kInterrupts = 0xaaa,
                   kSupervisorInterrupts = 0x222;

// Causes of traps.
constexpr uint64_t kFetchAccess = 1, kIllegal = 2, kEcallFromS = 9;

void add(Bytes& bytes, Op op, unsigned rd, unsigned rs1, unsigned rs2, uint64_t imm = 0) {
  RandomCode::append(bytes, RandomCode::make(op, rd, rs1, rs2, imm));
}

void set_csr(Bytes& bytes, uint16_t csr, uint64_t value) {
  RandomCode::load(bytes, rv64::kT5, value);
  add(bytes, Op::kCsrrw, rv64::kT6, rv64::kT5, 0, csr);
}

void store(Bytes& bytes, Op op, uint64_t address, uint64_t value) {
  RandomCode::load(bytes, rv64::kT5, address);
  RandomCode::load(bytes, rv64::kT6, value);
  add(bytes, op, 0, rv64::kT5, rv64::kT6, 0);
}

class Program {
 public:
  explicit Program(const PrivilegedOptions& options)
      : options_(options), random_(options.seed), tables_(random_), pmp_(random_) {}

  Image image();

 private:
  Bytes episode(unsigned number);
  void change_tables(Bytes& bytes);
  void raise_interrupts(Bytes& bytes);
  uint64_t delegated(uint64_t status);
  uint64_t place_body(const BodyOptions& body);
  Bytes data();
  Bytes last();

  PrivilegedOptions options_;
  RandomCode random_;
  PageTables tables_;
  PmpSetup pmp_;
  Bytes bodies_;
};

// Changes some leaves, and makes that seen: by an SFENCE.VMA for all, or one for the page.
void Program::change_tables(Bytes& bytes) {
  for (uint64_t i = random_.below(4); i > 0; --i) {
    const PageTables::Leaf& leaf = tables_.leaves()[random_.below(tables_.leaves().size())];
    store(bytes, Op::kSd, leaf.address, tables_.entry_for(leaf));
    if (leaf.level == 0 && random_.one_in(2)) {
      RandomCode::load(bytes, rv64::kT5, leaf.page + random_.below(kPage));
      RandomCode::append(bytes, sfence_bits(rv64::kT5, 0), 4);
    } else {
      RandomCode::append(bytes, sfence_bits(0, 0), 4);
    }
  }
}

// Bits of mip that software sets, a wait for one of them, and devices.
void Program::raise_interrupts(Bytes& bytes) {
  const bool devices = options_.interrupts && random_.one_in(2);
  set_csr(bytes, kMip, devices || random_.one_in(3) ? 0 : random_.bits() & kSupervisorInterrupts);
  if (random_.one_in(4)) {
    // Something is pending and enabled; it is not taken, since M mode's traps are off.
    RandomCode::load(bytes, rv64::kT5, kSsip);
    add(bytes, Op::kCsrrs, 0, rv64::kT5, 0, kMip);
    add(bytes, Op::kCsrrs, 0, rv64::kT5, 0, kMie);
    RandomCode::append(bytes, kWfiBits, 4);
    add(bytes, Op::kCsrrc, 0, rv64::kT5, 0, kMip);
  }
  set_csr(bytes, kMie, random_.bits() & kInterrupts);
  if (!options_.interrupts) return;
  store(bytes, Op::kSw, kMsip, devices && random_.one_in(4) ? 1 : 0);
  if (!devices || random_.one_in(4)) return store(bytes, Op::kSd, kMtimecmp, UINT64_MAX);
  RandomCode::load(bytes, rv64::kT5, kMtime);
  add(bytes, Op::kLd, rv64::kT6, rv64::kT5, 0, 0);
  add(bytes, Op::kAddi, rv64::kT6, rv64::kT6, 0, random_.below(400));
  RandomCode::load(bytes, rv64::kT5, kMtimecmp);
  add(bytes, Op::kSd, 0, rv64::kT5, rv64::kT6, 0);
  if (random_.one_in(4)) {
    // Waits for the timer.
    RandomCode::load(bytes, rv64::kT5, kMtip);
    add(bytes, Op::kCsrrs, 0, rv64::kT5, 0, kMie);
    RandomCode::append(bytes, kWfiBits, 4);
  }
}

// What S mode gets. Never what its handler itself may raise.
uint64_t Program::delegated(uint64_t status) {
  uint64_t causes = random_.one_in(3) ? UINT64_MAX : random_.bits();
  causes &= ~(uint64_t{1} << kEcallFromS);
  if ((status & kTsr) != 0) causes &= ~(uint64_t{1} << kIllegal);
  if (pmp_.denies_tables()) causes &= ~(uint64_t{1} << kFetchAccess);
  return causes;
}

// The next body's physical address.
uint64_t Program::place_body(const BodyOptions& body) {
  bodies_.resize(bodies_.size() + 2 * random_.below(128));
  const uint64_t at = kBodies + bodies_.size();
  const Bytes bytes = random_body(random_, tables_, body);
  bodies_.insert(bodies_.end(), bytes.begin(), bytes.end());
  if (bodies_.size() > kBodyPages * kPage) std::abort();  // too many episodes for the layout
  return at;
}

Bytes Program::episode(unsigned number) {
  Bytes bytes;
  RandomCode::load(bytes, kNextEpisode, kEpisodes + (number + 1) * kEpisodeSize);
  change_tables(bytes);
  pmp_.append(bytes);

  const std::array kModes = {kUser, kUser, kSupervisor, kSupervisor, kMachine};
  BodyOptions body;
  body.mode = random_.pick<uint64_t>(kModes);
  body.sv39 = random_.below(4) != 0;
  body.aligned = pmp_.cuts_data();
  uint64_t status = random_.bits() & (kMpie | kSpp | kSum | kMxr | kTvm | kTw | kTsr | 0x22);
  if (!random_.one_in(4)) status &= ~(kTvm | kTsr);
  body.may_wait = body.mode == kUser || (body.mode == kSupervisor && (status & kTw) != 0);
  const uint64_t physical = place_body(body);

  set_csr(bytes, kMedeleg, delegated(status));
  set_csr(bytes, kMideleg, random_.bits() & random_.bits());
  if (random_.one_in(2)) set_csr(bytes, kMcounteren, random_.bits());
  if (random_.one_in(2)) set_csr(bytes, kScounteren, random_.bits());
  const uint64_t vectored = random_.below(2);
  set_csr(bytes, kMtvec, kMachineCode + 4 + vectored);
  set_csr(bytes, kStvec, kSupervisorCode + random_.below(2));
  set_csr(bytes, kSatp, body.sv39 ? tables_.satp(random_.below(PageTables::kRoots)) : 0);
  raise_interrupts(bytes);
  status |= body.mode << kMppShift;
  set_csr(bytes, kMstatus, status);
  const bool alias = (body.mode == kUser && body.sv39) != random_.one_in(16);
  set_csr(bytes, kMepc, physical + (alias ? kUserOffset : 0));
  for (const rv64::Reg reg : kBases) {
    uint64_t address = tables_.data_address(body.mode == kUser);
    if (!body.sv39) address = kDataPage + kPage + address % (kDataPages / 2 * kPage);
    if (body.aligned) address &= ~uint64_t{7};
    RandomCode::load(bytes, reg, address);
  }
  for (int i = 0; i < 4; ++i) {
    RandomCode::load(bytes, rv64::kA0 + random_.below(5), random_.interesting());
  }
  RandomCode::append(bytes, kMretBits, 4);
  if (bytes.size() > kEpisodeSize) std::abort();  // more than the layout has room for
  return bytes;
}

// Behind the last episode: again from the first, or the end.
Bytes Program::last() {
  Bytes bytes;
  add(bytes, Op::kAddi, kRoundsLeft, kRoundsLeft, 0, -1);
  RandomCode::load(bytes, rv64::kT5, kEpisodes);
  add(bytes, Op::kBeq, 0, kRoundsLeft, 0, 8);
  add(bytes, Op::kJalr, 0, rv64::kT5, 0, 0);
  store(bytes, Op::kSd, kTohostPage, 1);
  add(bytes, Op::kJal, 0, 0, 0, 0);
  return bytes;
}

Bytes Program::data() {
  Bytes bytes;
  while (bytes.size() < kDataPages * kPage) {
    const uint64_t value = random_.interesting();
    RandomCode::append(bytes, static_cast<uint32_t>(value), 4);
    RandomCode::append(bytes, static_cast<uint32_t>(value >> 32), 4);
  }
  return bytes;
}

Image Program::image() {
  Image image;
  image.entry = kMachineCode;
  image.tohost = kTohostPage;
  auto place = [&image](uint64_t address, Bytes bytes, bool executable) {
    image.segments.push_back(
        {.address = address, .bytes = std::move(bytes), .size = 0, .executable = executable});
  };
  // Entry, then the handler; mtvec points to the latter.
  Bytes machine;
  const Bytes handler = machine_handler();
  add(machine, Op::kJal, 0, 0, 0, 4 + handler.size());
  machine.insert(machine.end(), handler.begin(), handler.end());
  RandomCode::load(machine, kRoundsLeft, options_.rounds);
  set_csr(machine, kMtvec, kMachineCode + 4);
  pmp_.append_first(machine);
  RandomCode::load(machine, rv64::kT5, kEpisodes);
  add(machine, Op::kJalr, 0, rv64::kT5, 0, 0);
  place(kMachineCode, machine, true);

  // As they are before an episode changes them.
  Bytes tables;
  for (const uint64_t word : tables_.words()) {
    RandomCode::append(tables, static_cast<uint32_t>(word), 4);
    RandomCode::append(tables, static_cast<uint32_t>(word >> 32), 4);
  }
  for (unsigned i = 0; i < options_.episodes; ++i) {
    place(kEpisodes + i * kEpisodeSize, episode(i), true);
  }
  place(kEpisodes + options_.episodes * kEpisodeSize, last(), true);
  place(kSupervisorCode, supervisor_handler(), true);
  place(kBodies, bodies_, true);
  place(kDataPage, data(), false);
  place(kTables, tables, false);
  return image;
}

}  // namespace

Image privileged_program(const PrivilegedOptions& options) { return Program(options).image(); }

MemoryRange privileged_memory() { return {.base = kMachineCode, .size = kMemorySize}; }

}  // namespace zext::rtl_sim::lockstep
