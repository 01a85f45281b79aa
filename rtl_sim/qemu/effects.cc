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
    case rv64::Kind::kAmo:
    case rv64::Kind::kLoadReserved:
      return Effects::Kind::kMemory;
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

}  // namespace

Effects effects_of(uint32_t bits) {
  const auto decoded = rv64::decode(bits);
  if (!decoded) return {};
  const rv64::Instruction<>& insn = decoded->insn;
  Effects effects{.known = true, .kind = kind_of(insn.row().kind), .rd = insn.rd};
  effects.defective = insn.op == rv64::Op::kCtzw && insn.rd != 0;
  effects.rs1 = insn.rs1;
  if (effects.kind == Effects::Kind::kCsr) effects.csr = insn.imm.value() & 0xfff;
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

}  // namespace zext::rtl_sim::qemu
