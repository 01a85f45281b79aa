#include "rtl_sim/qemu/effects.h"

#include "isa/rv64/decode.h"
#include "isa/rv64/insn.h"
#include "isa/rv64/semantics.h"

namespace zext::rtl_sim::qemu {
namespace {

Effects::Kind kind_of(rv64::Kind kind) {
  switch (kind) {
    case rv64::Kind::kLoad:
    case rv64::Kind::kStore:
      return Effects::Kind::kMemory;
    case rv64::Kind::kAmo:
    case rv64::Kind::kLoadReserved:
      return Effects::Kind::kAtomic;
    case rv64::Kind::kStoreConditional:
      return Effects::Kind::kStoreConditional;
    case rv64::Kind::kCsr:
      return Effects::Kind::kCsr;
    case rv64::Kind::kValue:
    case rv64::Kind::kJump:
    case rv64::Kind::kBranch:
    case rv64::Kind::kFence:
    case rv64::Kind::kEnvironment:
    case rv64::Kind::kPrivileged:
      return Effects::Kind::kPlain;
  }
  __builtin_unreachable();
}

// What isa/rv64 does not have, and yet is no illegal instruction: SRET, SFENCE.VMA, and fences
// whose reserved fields are not zero, which the manual wants ignored. None writes a register.
constexpr bool known_elsewhere(uint32_t bits) {
  constexpr uint32_t kSret = 0x1020'0073, kSfenceVma = 0x1200'0073, kOperands = 0x01ff'8000;
  const bool fence = (bits & 0x607f) == 0x000f;
  return bits == kSret || (bits & ~kOperands) == kSfenceVma || fence;
}

}  // namespace

Effects effects_of(uint32_t bits) {
  const auto decoded = rv64::decode(bits);
  if (!decoded) return {.known = known_elsewhere(bits)};
  const rv64::Instruction<>& insn = decoded->insn;
  const rv64::Row& row = insn.row();
  Effects effects{.known = true, .kind = kind_of(row.kind), .rd = insn.rd};
  effects.defective = insn.op == rv64::Op::kCtzw && insn.rd != 0;
  effects.rs1 = insn.rs1;
  if (insn.op == rv64::Op::kWfi) effects.kind = Effects::Kind::kWait;
  if (effects.kind == Effects::Kind::kAtomic || effects.kind == Effects::Kind::kStoreConditional) {
    effects.bytes = row.bytes;
    effects.reserves = row.kind == rv64::Kind::kLoadReserved;
  }
  if (effects.kind == Effects::Kind::kCsr) {
    effects.csr = insn.imm.value() & 0xfff;
    const bool always = insn.op == rv64::Op::kCsrrw || insn.op == rv64::Op::kCsrrwi;
    effects.csr_write = always || insn.rs1 != 0;
  }
  return effects;
}

uint64_t correct_result(uint32_t bits, uint64_t operand) {
  using W = Bits<64>;
  const auto decoded = rv64::decode(bits);
  if (!decoded) return 0;
  return rv64::compute(decoded->insn, W::of(operand), W::of(0), W::of(0)).value();
}

std::optional<Access> access_of(uint32_t bits, const uint64_t* gpr) {
  const auto decoded = rv64::decode(bits);
  if (!decoded) return std::nullopt;
  const rv64::Instruction<>& insn = decoded->insn;
  const rv64::Row& row = insn.row();
  if (row.kind != rv64::Kind::kLoad && row.kind != rv64::Kind::kStore) return std::nullopt;
  const uint64_t base = insn.rs1 == 0 ? 0 : gpr[insn.rs1];
  return Access{base + insn.imm.value(), row.bytes};
}

uint64_t store_value(uint32_t bits, const uint64_t* gpr) {
  const auto decoded = rv64::decode(bits);
  if (!decoded || decoded->insn.row().kind != rv64::Kind::kStore) return 0;
  const uint64_t value = decoded->insn.rs2 == 0 ? 0 : gpr[decoded->insn.rs2];
  return value & UINT64_MAX >> (64 - 8 * decoded->insn.row().bytes);
}

}  // namespace zext::rtl_sim::qemu
