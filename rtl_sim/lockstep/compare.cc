#include "rtl_sim/lockstep/compare.h"

#include "isa/rv64/decode.h"

namespace zext::rtl_sim::lockstep {
namespace {

// Causes of the privileged manual, table 14.
constexpr uint64_t kFetchFault = 1;
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
  if (core.tval != qemu.tval) return Difference{Field::kTval, core.tval, qemu.tval};
  return std::nullopt;
}

std::optional<Difference> memory_difference(const Retirement& core, const Retirement& qemu) {
  const uint64_t kind = access_kind(core);
  if (kind != access_kind(qemu)) return Difference{Field::kMemoryKind, kind, access_kind(qemu)};
  if (kind == kNothing) return std::nullopt;
  if (core.mem_addr != qemu.mem_addr) {
    return Difference{Field::kMemoryAddr, core.mem_addr, qemu.mem_addr};
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

}  // namespace

std::optional<Difference> difference(const Retirement& core, const qemu::Retired& retired) {
  const Retirement& qemu = retired.retirement;
  if (core.pc != qemu.pc) return Difference{Field::kPc, core.pc, qemu.pc};
  if (trap_kind(core) != trap_kind(qemu)) {
    return Difference{Field::kTrap, trap_kind(core), trap_kind(qemu)};
  }
  const bool fetched = !core.trap || core.cause != kFetchFault;
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
  if (core.next_pc != qemu.next_pc) {
    return Difference{Field::kNextPc, core.next_pc, qemu.next_pc};
  }
  return std::nullopt;
}

uint64_t comparable_bits(uint16_t csr) {
  switch (csr) {
    case 0x300:
      return 1 << 3 | 1 << 7;  // mstatus: MIE, MPIE
    case 0x301:
      return UINT64_MAX;  // misa
    case 0x304:
      return 1 << 3 | 1 << 7 | 1 << 11;  // mie: machine mode's
    default:
      return 0;
  }
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
    return "QEMU's machine has a device at this address, the core has nothing there";
  }
  if (field == Field::kTrap && core.trap && core.cause == kIllegal && !qemu.trap && decoded &&
      decoded->insn.row().kind == rv64::Kind::kCsr) {
    return "QEMU 7.2 has CSRs of modes that are switched off, the core has not";
  }
  if (field == Field::kCause && decoded && decoded->insn.row().kind == rv64::Kind::kAmo) {
    return "QEMU 7.2 reports an atomic's fault as one of a load, against the manual";
  }
  return "";
}

}  // namespace zext::rtl_sim::lockstep
