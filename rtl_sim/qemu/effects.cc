#include "rtl_sim/qemu/effects.h"

#include "isa/rv64/decode.h"
#include "isa/rv64/insn.h"

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
  if (effects.kind == Effects::Kind::kCsr) effects.csr = insn.imm.value() & 0xfff;
  return effects;
}

}  // namespace zext::rtl_sim::qemu
