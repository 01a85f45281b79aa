#include "rtl_sim/model/reference.h"

#include <algorithm>
#include <cstdio>

#include "isa/rv64/semantics.h"

namespace zext::rtl_sim {
namespace {

using W = Bits<64>;
using rv64::Instruction;
using rv64::Kind;
using rv64::Op;

constexpr uint64_t kFetchAccess = 1, kIllegal = 2, kBreakpoint = 3, kLoadMisaligned = 4,
                   kLoadAccess = 5, kStoreMisaligned = 6, kStoreAccess = 7, kEcallU = 8;
constexpr uint64_t kSoftwareInterrupt = 3, kInterrupt = uint64_t{1} << 63;

// Not in the table, and of a mode that is not followed.
constexpr bool is_supervisors(uint32_t insn) {
  return insn == 0x10200073 || (insn & 0xfe007fff) == 0x12000073;  // sret, sfence.vma
}

uint8_t mask_of(unsigned bytes) { return static_cast<uint8_t>((1u << bytes) - 1); }

uint64_t low_bytes(uint64_t value, unsigned bytes) {
  return bytes == 8 ? value : value & ((uint64_t{1} << (8 * bytes)) - 1);
}

// Appends "name: expected x, got y" when they differ.
void compare(std::string& text, const char* name, uint64_t expected, uint64_t actual) {
  if (expected == actual) return;
  char line[128];
  std::snprintf(line, sizeof line, " %s: expected 0x%llx, got 0x%llx;", name,
                static_cast<unsigned long long>(expected), static_cast<unsigned long long>(actual));
  text += line;
}

std::string difference(const Retirement& expected, const Retirement& actual) {
  std::string text;
  compare(text, "order", expected.order, actual.order);
  compare(text, "pc", expected.pc, actual.pc);
  compare(text, "insn", expected.insn, actual.insn);
  compare(text, "interrupt", expected.interrupt, actual.interrupt);
  compare(text, "trap", expected.trap, actual.trap);
  compare(text, "cause", expected.cause, actual.cause);
  compare(text, "tval", expected.tval, actual.tval);
  compare(text, "next_pc", expected.next_pc, actual.next_pc);
  compare(text, "rd", expected.rd, actual.rd);
  compare(text, "rd_value", expected.rd_value, actual.rd_value);
  compare(text, "rmask", expected.mem_rmask, actual.mem_rmask);
  compare(text, "wmask", expected.mem_wmask, actual.mem_wmask);
  if (expected.mem_rmask != 0 || expected.mem_wmask != 0) {
    compare(text, "mem_addr", expected.mem_addr, actual.mem_addr);
  }
  compare(text, "rdata", expected.mem_rdata, actual.mem_rdata);
  compare(text, "wdata", expected.mem_wdata, actual.mem_wdata);
  return text;
}

}  // namespace

Reference::Reference(const Image& image, const MemoryRange& range)
    : range_(range), memory_(range.size), stored_(range.size), pc_(image.entry) {
  for (const Segment& segment : image.segments) {
    std::ranges::copy(segment.bytes, memory_.begin() + (segment.address - range.base));
  }
}

std::string Reference::check(const Retirement& actual) {
  const Retirement wanted = expected(actual);
  if (wanted.rd != 0) x_[wanted.rd] = wanted.rd_value;
  pc_ = wanted.next_pc;
  ++order_;
  const std::string text = difference(wanted, actual);
  if (text.empty()) return "";
  char where[96];
  std::snprintf(where, sizeof where, "instruction %llu at 0x%llx, bits 0x%x:",
                static_cast<unsigned long long>(actual.order),
                static_cast<unsigned long long>(actual.pc), actual.insn);
  return where + text;
}

// The retirement that should have been, with its effects on memory and CSRs done.
Retirement Reference::expected(const Retirement& actual) {
  Retirement r;
  // When it is taken is up to the core, as long as it may be.
  if (actual.interrupt && (mode_ == Mode::kUser || mie_)) interrupt(r);
  r.order = order_;
  r.pc = pc_;
  r.insn = actual.insn;
  if (mode_ == Mode::kUser || !range_.contains(pc_, 2)) {
    trap(r, kFetchAccess, pc_);
    return r;
  }
  const unsigned bytes = rv64::length_of(static_cast<uint16_t>(actual.insn)) == 2 ? 2 : 4;
  if (!range_.contains(pc_, bytes)) {
    trap(r, kFetchAccess, pc_ + 2);
    return r;
  }
  const uint64_t offset = pc_ - range_.base;
  bool changed = false;
  for (unsigned i = 0; i < bytes; ++i) changed |= stored_[offset + i];
  if (!changed) r.insn = static_cast<uint32_t>(load(pc_, bytes));

  // Fences ignore their reserved fields by the manual, where the table knows only zeros there.
  const bool fence = (actual.insn & 0x607f) == 0x000f;
  const auto decoded = rv64::decode(fence ? actual.insn & 0x707f : actual.insn);
  if (!decoded) {
    lost_ = is_supervisors(actual.insn);
    if (lost_) return actual;
    trap(r, kIllegal, actual.insn);
    return r;
  }
  r.next_pc = pc_ + decoded->bytes;
  if (decoded->insn.row().kind == Kind::kCsr) {
    access_csr(decoded->insn, actual, r);
  } else {
    execute(decoded->insn, r);
  }
  if (r.rd == 0) r.rd_value = 0;
  return r;
}

void Reference::execute(const Instruction<>& insn, Retirement& r) {
  const W rs1 = W::of(x_[insn.rs1]), rs2 = W::of(x_[insn.rs2]), pc = W::of(pc_);
  switch (insn.row().kind) {
    case Kind::kValue:
      r.rd = insn.rd;
      r.rd_value = rv64::compute(insn, rs1, rs2, pc).value();
      break;
    case Kind::kJump:
      r.rd = insn.rd;
      r.rd_value = r.next_pc;
      r.next_pc = rv64::target(insn, rs1, pc).value();
      break;
    case Kind::kBranch:
      if (rv64::taken(insn, rs1, rs2)) r.next_pc = rv64::target(insn, rs1, pc).value();
      break;
    case Kind::kLoad:
    case Kind::kStore:
    case Kind::kAmo:
    case Kind::kLoadReserved:
    case Kind::kStoreConditional:
      access_memory(insn, r);
      break;
    case Kind::kFence:
    case Kind::kCsr:
      break;
    case Kind::kEnvironment:
      if (insn.op == Op::kEcall) {
        trap(r, kEcallU + static_cast<uint64_t>(mode_), 0);
      } else {
        trap(r, kBreakpoint, r.pc);
      }
      break;
    case Kind::kPrivileged:
      if (insn.op == Op::kMret) {
        r.next_pc = mepc_;
        mode_ = mpp_;
        mpp_ = Mode::kUser;
        mie_ = mpie_;
        mpie_ = true;
        reservation_.reset();
      }
      break;
  }
}

void Reference::access_memory(const Instruction<>& insn, Retirement& r) {
  const Kind kind = insn.row().kind;
  const unsigned bytes = insn.row().bytes;
  const uint64_t address = rv64::effective_address(insn, W::of(x_[insn.rs1])).value();
  const bool reads_only = kind == Kind::kLoad || kind == Kind::kLoadReserved;
  if (kind != Kind::kLoad && kind != Kind::kStore && address % bytes != 0) {
    return trap(r, reads_only ? kLoadMisaligned : kStoreMisaligned, address);
  }
  if (!range_.contains(address, bytes)) {
    return trap(r, reads_only ? kLoadAccess : kStoreAccess, address);
  }
  const uint64_t source = x_[insn.rs2];
  const uint64_t old = load(address, bytes);
  r.mem_addr = address;
  if (kind != Kind::kStore) r.rd = insn.rd;
  if (kind != Kind::kStore && kind != Kind::kStoreConditional) {
    r.mem_rmask = mask_of(bytes);
    r.mem_rdata = old;
    r.rd_value = rv64::loaded(insn, W::of(old)).value();
  }
  if (kind == Kind::kLoadReserved) reservation_ = {address, bytes};
  if (reads_only) return;

  uint64_t value = source;
  if (kind == Kind::kAmo) value = rv64::amo(insn, W::of(old), W::of(source)).value();
  if (kind == Kind::kStoreConditional) {
    const bool holds = reservation_ && address >= reservation_->address &&
                       address + bytes <= reservation_->address + reservation_->bytes;
    reservation_.reset();
    r.rd_value = holds ? 0 : 1;
    if (!holds) return;
  }
  r.mem_wmask = mask_of(bytes);
  r.mem_wdata = low_bytes(value, bytes);
  store(address, bytes, value);
}

// The privileged manual's rules for the registers that random programs touch.
void Reference::access_csr(const Instruction<>& insn, const Retirement& actual, Retirement& r) {
  const uint64_t number = insn.imm.value() & 0xfff;
  uint64_t* const state = csr(number);
  if (state == nullptr) {
    lost_ = !actual.trap;
    if (actual.trap) trap(r, kIllegal, actual.insn);
    if (!actual.trap) r = actual;
    return;
  }
  r.rd = insn.rd;
  r.rd_value = *state;
  const bool always = insn.op == Op::kCsrrw || insn.op == Op::kCsrrwi;
  if (!always && insn.rs1 == 0) return;
  uint64_t value = rv64::csr_value(insn, W::of(*state), W::of(x_[insn.rs1])).value();
  if (number == 0x305 && (value & 2) != 0) value = mtvec_;
  if (number == 0x341) value &= ~uint64_t{1};
  if (number == 0x304) value &= 0xaaa;
  *state = value;
}

uint64_t* Reference::csr(uint64_t number) {
  switch (number) {
    case 0x304:
      return &mie_register_;
    case 0x305:
      return &mtvec_;
    case 0x340:
      return &mscratch_;
    case 0x341:
      return &mepc_;
    case 0x342:
      return &mcause_;
    case 0x343:
      return &mtval_;
    default:
      return nullptr;
  }
}

void Reference::trap(Retirement& r, uint64_t cause, uint64_t tval) {
  r.trap = true;
  r.cause = mcause_ = cause;
  r.tval = mtval_ = tval;
  r.next_pc = mtvec_ & ~uint64_t{3};
  enter_machine_mode();
}

void Reference::interrupt(Retirement& r) {
  r.interrupt = true;
  r.cause = mcause_ = kInterrupt | kSoftwareInterrupt;
  mtval_ = 0;
  enter_machine_mode();
  const bool vectored = (mtvec_ & 1) != 0;
  pc_ = (mtvec_ & ~uint64_t{3}) + (vectored ? 4 * kSoftwareInterrupt : 0);
}

void Reference::enter_machine_mode() {
  mepc_ = pc_;
  mpp_ = mode_;
  mode_ = Mode::kMachine;
  mpie_ = mie_;
  mie_ = false;
  reservation_.reset();
}

uint64_t Reference::load(uint64_t address, unsigned bytes) const {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    value |= uint64_t{memory_[address - range_.base + i]} << (8 * i);
  }
  return value;
}

void Reference::store(uint64_t address, unsigned bytes, uint64_t value) {
  for (unsigned i = 0; i < bytes; ++i) {
    memory_[address - range_.base + i] = static_cast<uint8_t>(value >> (8 * i));
    stored_[address - range_.base + i] = true;
  }
  // The core gives a reservation up by the words that a store touches.
  if (!reservation_) return;
  const uint64_t first = address & ~uint64_t{3}, last = (address + bytes - 1) & ~uint64_t{3};
  for (uint64_t word = first; word <= last; word += 4) {
    if (word >= reservation_->address && word < reservation_->address + reservation_->bytes) {
      reservation_.reset();
      return;
    }
  }
}

}  // namespace zext::rtl_sim
