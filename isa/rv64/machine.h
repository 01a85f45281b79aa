// Machine: an interpreter of user-level RV64 code, to run the JIT's output where no RISC-V is.
//
//   Machine machine(code, 0x10000, memory);       // e.g. an ebpf::Memory
//   machine.set(kA0, 0x2000);
//   machine.set(kRa, kReturnAddress);
//   machine.set_pc(0x10000);
//   const Stop stop = machine.run(1'000'000);
//   if (stop.kind == Stop::Kind::kLeftCode && stop.pc == kReturnAddress) use(machine.get(kA0));
//
// It executes the table's meanings. Whatever needs the world outside stops it, with pc at the
// instruction: ecall, ebreak, CSRs, a stray access. A jump out of the code stops it with pc at the
// target, so that a call of a host's function can be answered: set a0, set pc to ra, run on.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "isa/rv64/decode.h"
#include "isa/rv64/execute.h"
#include "isa/rv64/semantics.h"

namespace zext::rv64 {

// load gives the little-endian bytes zero-extended, or an empty result; store a result that is
// false if it did not happen. std::optional and std::expected will both do.
template <class M>
concept MachineMemory = requires(M memory, uint64_t address, unsigned bytes, uint64_t value) {
  { *memory.load(address, bytes) } -> std::convertible_to<uint64_t>;
  static_cast<bool>(memory.load(address, bytes));
  static_cast<bool>(memory.store(address, bytes, value));
};

// Why a run ended.
struct Stop {
  enum class Kind : uint8_t {
    kLeftCode,    // pc is outside the code
    kLimit,       // of instructions
    kEcall,       // pc at the ecall
    kEbreak,      // pc at the ebreak
    kIllegal,     // no instruction at pc
    kPrivileged,  // a CSR access, mret or wfi at pc
    kStrayLoad,   // `bytes` at `address` are not the memory's
    kStrayStore,  // likewise
    kMisaligned,  // an atomic access to an address that is no multiple of its size
    kOddPc,       // a jump to an odd address
  };
  Kind kind = Kind::kLeftCode;
  uint64_t pc = 0;
  uint64_t address = 0;
  unsigned bytes = 0;
};

template <MachineMemory Memory>
class Machine {
  using W = Bits<64>;

 public:
  // `code` lies at `code_address` (even) and does not change while the machine exists; `memory` is
  // what loads and stores see. Both outlive the machine.
  Machine(std::span<const uint8_t> code, uint64_t code_address, Memory& memory)
      : code_(code), code_address_(code_address), memory_(memory), cache_(code.size() / 2) {}

  uint64_t get(Reg reg) const { return x_[reg & 31].value(); }
  void set(Reg reg, uint64_t value) {
    if ((reg & 31) != kZero) x_[reg & 31] = W::of(value);
  }
  uint64_t pc() const { return pc_; }
  void set_pc(uint64_t pc) { pc_ = pc; }
  // Instructions executed so far.
  uint64_t instructions() const { return instructions_; }

  // Executes until something stops it, at most `max_instructions`.
  Stop run(uint64_t max_instructions) {
    for (uint64_t i = 0; i < max_instructions; ++i) {
      if (const std::optional<Stop> stop = step()) return *stop;
    }
    return at_pc(Stop::Kind::kLimit);
  }

  // Executes one instruction; a Stop if it could not, with nothing changed.
  std::optional<Stop> step() {
    const Entry* entry = fetch();
    if (entry == nullptr) return stopped_fetch();
    if (const std::optional<Stop> stop = execute_at_pc(*entry)) return stop;
    ++instructions_;
    return std::nullopt;
  }

 private:
  // A decoded instruction; bytes is 0 before it is decoded.
  struct Entry {
    Instruction<> insn;
    Kind kind = Kind::kValue;
    uint8_t bytes = 0;
  };

  Stop at_pc(Stop::Kind kind) const { return {.kind = kind, .pc = pc_}; }
  Stop access(Stop::Kind kind, uint64_t address, unsigned bytes) const {
    return {.kind = kind, .pc = pc_, .address = address, .bytes = bytes};
  }

  const Entry* fetch() {
    const uint64_t offset = pc_ - code_address_;
    if (offset / 2 >= cache_.size() || offset % 2 != 0) return nullptr;
    Entry& entry = cache_[offset / 2];
    if (entry.bytes != 0) return &entry;
    return decode_into(entry, offset) ? &entry : nullptr;
  }

  bool decode_into(Entry& entry, uint64_t offset) {
    uint32_t bits = 0;
    const uint64_t available = code_.size() - offset < 4 ? 2 : 4;
    for (uint64_t i = 0; i < available; ++i) bits |= uint32_t{code_[offset + i]} << (8 * i);
    const auto decoded = decode(bits);
    if (!decoded || decoded->bytes > available) return false;
    entry = {decoded->insn, decoded->insn.row().kind, static_cast<uint8_t>(decoded->bytes)};
    return true;
  }

  Stop stopped_fetch() const {
    const uint64_t offset = pc_ - code_address_;
    if (offset / 2 >= cache_.size()) return at_pc(Stop::Kind::kLeftCode);
    return at_pc(offset % 2 != 0 ? Stop::Kind::kOddPc : Stop::Kind::kIllegal);
  }

  std::optional<Stop> execute_at_pc(const Entry& entry) {
    const Instruction<>& insn = entry.insn;
    const uint64_t next = pc_ + entry.bytes;
    switch (entry.kind) {
      case Kind::kValue:
        execute(insn, x_, W::of(pc_));
        break;
      case Kind::kJump: {
        const W to = target(insn, x_[insn.rs1], W::of(pc_));
        set(insn.rd, next);
        pc_ = to.value();
        return std::nullopt;
      }
      case Kind::kBranch:
        if (!taken(insn, x_[insn.rs1], x_[insn.rs2])) break;
        pc_ = target(insn, x_[insn.rs1], W::of(pc_)).value();
        return std::nullopt;
      case Kind::kLoad:
      case Kind::kStore:
      case Kind::kAmo:
      case Kind::kLoadReserved:
      case Kind::kStoreConditional:
        if (const std::optional<Stop> stop = access_memory(entry)) return stop;
        break;
      case Kind::kFence:
        break;  // one hart, and code that does not change
      case Kind::kEnvironment:
        return at_pc(insn.op == Op::kEcall ? Stop::Kind::kEcall : Stop::Kind::kEbreak);
      case Kind::kCsr:
      case Kind::kPrivileged:
        return at_pc(Stop::Kind::kPrivileged);
    }
    pc_ = next;
    return std::nullopt;
  }

  std::optional<Stop> access_memory(const Entry& entry) {
    const Instruction<>& insn = entry.insn;
    const unsigned bytes = insn.row().bytes;
    const uint64_t address = effective_address(insn, x_[insn.rs1]).value();
    const W source = x_[insn.rs2];
    const bool atomic = entry.kind != Kind::kLoad && entry.kind != Kind::kStore;
    if (atomic && address % bytes != 0) return access(Stop::Kind::kMisaligned, address, bytes);
    if (entry.kind == Kind::kStoreConditional) return store_conditional(insn, address, bytes);
    if (entry.kind == Kind::kStore) {
      if (memory_.store(address, bytes, source.value())) return std::nullopt;
      return access(Stop::Kind::kStrayStore, address, bytes);
    }
    const auto old = memory_.load(address, bytes);
    if (!old) return access(Stop::Kind::kStrayLoad, address, bytes);
    if (entry.kind == Kind::kAmo) {
      const W result = amo(insn, W::of(*old), source);
      if (!memory_.store(address, bytes, result.value())) {
        return access(Stop::Kind::kStrayStore, address, bytes);
      }
    }
    if (entry.kind == Kind::kLoadReserved) reserved_ = Reservation{address, bytes};
    set(insn.rd, loaded(insn, W::of(*old)).value());
    return std::nullopt;
  }

  // On one hart only another SC ends a reservation (manual, section 14.2).
  std::optional<Stop> store_conditional(const Instruction<>& insn, uint64_t address,
                                        unsigned bytes) {
    const bool holds = reserved_ && reserved_->address == address && reserved_->bytes == bytes;
    if (holds && !memory_.store(address, bytes, x_[insn.rs2].value())) {
      return access(Stop::Kind::kStrayStore, address, bytes);
    }
    reserved_.reset();
    set(insn.rd, holds ? 0 : 1);
    return std::nullopt;
  }

  struct Reservation {
    uint64_t address;
    unsigned bytes;
  };

  std::span<const uint8_t> code_;
  uint64_t code_address_;
  Memory& memory_;
  std::vector<Entry> cache_;  // an entry a halfword
  Registers<W> x_{};
  uint64_t pc_ = 0;
  uint64_t instructions_ = 0;
  std::optional<Reservation> reserved_;
};

}  // namespace zext::rv64
