#include "rtl_sim/lockstep/compare.h"

#include "isa/rv64/decode.h"

namespace zext::rtl_sim::lockstep {
namespace {

// Causes of the privileged manual, table 14.
constexpr uint64_t kFetchFault = 1;
constexpr uint64_t kFetchPageFault = 12;
constexpr uint64_t kIllegal = 2;
constexpr uint64_t kLoadFault = 5;
constexpr uint64_t kStoreFault = 7;

enum : uint64_t { kNoTrap, kTrapped, kInterrupted };
enum : uint64_t { kNothing, kRead, kWritten, kReadAndWritten };

uint64_t trap_kind(const Retirement& r) {
  if (r.trap) return kTrapped;
  return r.interrupt ? kInterrupted : kNoTrap;
}

uint64_t access_kind(const Retirement& r) {
  return (r.mem_rmask != 0 ? kRead : kNothing) | (r.mem_wmask != 0 ? kWritten : kNothing);
}

std::optional<Difference> trap_difference(const Retirement& core, const Retirement& qemu) {
  if (core.cause != qemu.cause) return Difference{Field::kCause, core.cause, qemu.cause};
  if (core.trap && core.tval != qemu.tval) return Difference{Field::kTval, core.tval, qemu.tval};
  return std::nullopt;
}

std::optional<Difference> memory_difference(const Retirement& core, const Retirement& qemu) {
  const uint64_t kind = access_kind(core);
  if (kind != access_kind(qemu)) return Difference{Field::kMemoryKind, kind, access_kind(qemu)};
  if (kind == kNothing) return std::nullopt;
  if (core.mem_addr != qemu.mem_addr) {
    return Difference{Field::kMemoryAddr, core.mem_addr, qemu.mem_addr};
  }
  if (core.mem_paddr != qemu.mem_paddr) {
    return Difference{Field::kMemoryPaddr, core.mem_paddr, qemu.mem_paddr};
  }
  if (core.mem_rmask != qemu.mem_rmask || core.mem_wmask != qemu.mem_wmask) {
    const auto bytes = [](const Retirement& r) {
      return static_cast<uint64_t>(__builtin_popcount(r.mem_rmask | r.mem_wmask));
    };
    return Difference{Field::kMemorySize, bytes(core), bytes(qemu)};
  }
  if (core.mem_rmask != 0 && core.mem_rdata != qemu.mem_rdata) {
    return Difference{Field::kMemoryRead, core.mem_rdata, qemu.mem_rdata};
  }
  if (core.mem_wmask != 0 && core.mem_wdata != qemu.mem_wdata) {
    return Difference{Field::kMemoryWrite, core.mem_wdata, qemu.mem_wdata};
  }
  return std::nullopt;
}

// QEMU shows no write of a register whose value implementations may choose.
std::optional<Difference> csr_difference(const Retirement& core, const Retirement& qemu) {
  if (!qemu.csr_write) return std::nullopt;
  if (!core.csr_write || core.csr != qemu.csr) {
    return Difference{Field::kCsrWrite, core.csr_write ? core.csr : uint64_t{0}, qemu.csr};
  }
  if (core.csr_value != qemu.csr_value) {
    return Difference{Field::kCsrValue, core.csr_value, qemu.csr_value};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Difference> difference(const Retirement& core, const qemu::Retired& retired) {
  const Retirement& qemu = retired.retirement;
  if (core.pc != qemu.pc) return Difference{Field::kPc, core.pc, qemu.pc};
  if (core.mode != qemu.mode) {
    return Difference{Field::kMode, static_cast<uint64_t>(core.mode),
                      static_cast<uint64_t>(qemu.mode)};
  }
  if (trap_kind(core) != trap_kind(qemu)) {
    return Difference{Field::kTrap, trap_kind(core), trap_kind(qemu)};
  }
  const bool fetched = !core.trap || (core.cause != kFetchFault && core.cause != kFetchPageFault);
  if (fetched && core.insn != qemu.insn) return Difference{Field::kInsn, core.insn, qemu.insn};
  if (retired.unknown) return Difference{Field::kUnknownInsn, core.insn, qemu.insn};
  if (core.trap || core.interrupt) {
    if (auto d = trap_difference(core, qemu)) return d;
  }
  if (core.rd != qemu.rd) return Difference{Field::kRd, core.rd, qemu.rd};
  if (core.rd_value != qemu.rd_value) {
    return Difference{Field::kRdValue, core.rd_value, qemu.rd_value};
  }
  if (auto d = memory_difference(core, qemu)) return d;
  if (auto d = csr_difference(core, qemu)) return d;
  if (core.next_pc != qemu.next_pc) {
    return Difference{Field::kNextPc, core.next_pc, qemu.next_pc};
  }
  return std::nullopt;
}

uint64_t comparable_bits(uint16_t csr) {
  constexpr uint16_t kMip = 0x344, kSip = 0x144;
  constexpr uint64_t kSsip = 1 << 1, kStip = 1 << 5;
  return csr == kMip || csr == kSip ? kSsip | kStip : 0;
}

std::string hint(Field field, const Retirement& core, const qemu::Retired& retired,
                 const MemoryRange& memory) {
  const Retirement& qemu = retired.retirement;
  if (field == Field::kUnknownInsn) {
    return "isa/rv64 does not have this instruction, but QEMU does";
  }
  const auto decoded = rv64::decode(core.insn);
  if (field == Field::kTrap && qemu.trap && qemu.cause == kIllegal && decoded &&
      decoded->insn.row().extension == rv64::Extension::kZicond) {
    return "QEMU 7.2 does not have Zicond; compile without it for lockstep";
  }
  const bool core_faulted = core.trap && (core.cause == kLoadFault || core.cause == kStoreFault);
  if (field == Field::kTrap && core_faulted && !qemu.trap && !memory.contains(core.tval, 1)) {
    return "the core has nothing at this address, or a device that refuses; QEMU has a device "
           "there";
  }
  return "";
}

}  // namespace zext::rtl_sim::lockstep
